"""What a human may decide beside the proposal: the words, the grounds of Art 34(3) with their proof, the second person."""

from dataclasses import dataclass
from enum import StrEnum

REQUIRED, NOT_REQUIRED, NEED_MORE_FACTS = "required", "not_required", "need_more_facts"
OUTCOMES = (REQUIRED, NOT_REQUIRED, NEED_MORE_FACTS)
PEOPLE = "people"
SUBJECTS = ("authority", PEOPLE)
SHORTEST_REASON = 10


class Exemption(StrEnum):
    """Why people need not be told one by one though high risk is likely (GDPR Art 34(3)(a) to (c))."""

    UNINTELLIGIBLE = "unintelligible"
    RISK_REMOVED = "risk_removed"
    PUBLIC_NOTICE = "public_notice"

    @property
    def article(self) -> str:
        """Where the law says so."""
        return {"unintelligible": "Art 34(3)(a)", "risk_removed": "Art 34(3)(b)", "public_notice": "Art 34(3)(c)"}[
            self.value]

    @property
    def words(self) -> str:
        """The ground in plain words."""
        return {
            "unintelligible": "Nobody could read the data",
            "risk_removed": "What was done since took the high risk away",
            "public_notice": "Telling each one would take too much: a public notice instead",
        }[self.value]

    @property
    def proof(self) -> str:
        """What has to be shown for it."""
        return {
            "unintelligible": "Which protection was in place at the time, and what shows that the key is safe?",
            "risk_removed": "What was done, when, and what shows that high risk is no longer likely?",
            "public_notice": "What would telling each one take, and where does the public notice stand?",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What somebody decides about telling ``subject`` (authority | people), with the reason.

    ``exemption`` is one of :class:`Exemption`, or empty; it asks for ``proof`` in words, and ``document`` may name a
    file of the case (its public id) besides.
    """

    subject: str
    outcome: str
    reason: str
    exemption: str = ""
    proof: str = ""
    document: str = ""


def problems_of(ruling: Ruling) -> dict[str, str]:
    """Return what is wrong with a decision, by field."""
    found = {}
    if ruling.subject not in SUBJECTS:
        found["subject"] = "Choose authority or people."
    if ruling.outcome not in OUTCOMES:
        found["outcome"] = "Choose required, not required, or need more facts."
    if len(ruling.reason.strip()) < SHORTEST_REASON:
        found["reason"] = f"Say why, in at least {SHORTEST_REASON} characters: the record must show it (Art 33(5))."
    return found | _exemption_problems(ruling)


def _exemption_problems(ruling: Ruling) -> dict[str, str]:
    if not ruling.exemption:
        return {name: "Proof belongs to a ground of Art 34(3): choose one." for name in ("proof", "document")
               if getattr(ruling, name).strip()}
    if ruling.exemption not in set(Exemption):
        return {"exemption": f"Choose one of {', '.join(Exemption)}, or none."}
    if ruling.subject != PEOPLE or ruling.outcome != NOT_REQUIRED:
        return {"exemption": "Art 34(3) is a ground for not telling the people, and for nothing else."}
    if len(ruling.proof.strip()) < SHORTEST_REASON:
        return {"proof": Exemption(ruling.exemption).proof}
    return {}


def ground(exemption: str, proof: str) -> str:
    """Return the ground of Art 34(3) with its proof as one sentence; empty where there is none."""
    if not exemption:
        return ""
    chosen = Exemption(exemption)
    return f"{chosen.article}: {chosen.words[0].lower()}{chosen.words[1:]}. Proof: {proof}"


YOURSELF = "You decided this yourself: it takes another person to confirm it or to send it back."


def confirm_refusal(*, waits: bool, newest: bool, rescored: bool) -> str | None:
    """Say why a decision can no longer be answered by a second person; ``None`` where it can."""
    if not waits:
        return "This decision does not wait for anybody. Nothing was changed."
    if not newest:
        return "Another decision was made since. Nothing was changed."
    if rescored:
        return "The severity was scored again since: decide anew. Nothing was changed."
    return None
