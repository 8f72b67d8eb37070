"""The facts that decide EDPB Guidelines 01/2021, each as a question; what is not known counts as the worse case."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from incident_app.domain.cases import Count, PeopleData
from incident_app.domain.refusals import Refused
from incident_app.domain.risk.severity import KNOWN_OR_TEMPORARY, Answers, Category


class Effect(StrEnum):
    """What loss or change of data did to people."""

    NONE = "none"
    MINOR = "minor"
    SERIOUS = "serious"

    @property
    def words(self) -> str:
        """The effect in plain words."""
        return {"none": "Nobody felt it", "minor": "Delay or bother", "serious": "Serious harm"}[self.value]


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What decides. ``None`` means not known yet; :data:`QUESTIONS` say what each one asks.

    ``restored_in_hours``: hours until the data were back; ``None`` also where they are not back. Raises ``Refused`` for
    a negative one.
    """

    people_data: PeopleData = PeopleData.UNSURE
    people: Count = field(default_factory=Count.unknown)
    confidentiality: bool | None = None
    integrity: bool | None = None
    availability: bool | None = None
    malicious: bool | None = None
    exfiltration_excluded: bool | None = None
    unintelligible: bool | None = None
    recipients_known: bool | None = None
    recipient_trusted: bool | None = None
    recipient_bound: bool | None = None
    deletion_confirmed: bool | None = None
    backup_electronic: bool | None = None
    backup_tested: bool | None = None
    restored_in_hours: int | None = None
    effect_on_people: Effect | None = None
    identity_theft: bool | None = None
    birth_date: bool | None = None
    basic_contact_only: bool | None = None
    special_data: bool | None = None
    special_hint_only: bool | None = None
    vulnerable_people: bool | None = None

    def __post_init__(self) -> None:
        """Refuse hours below zero."""
        if self.restored_in_hours is not None and self.restored_in_hours < 0:
            raise Refused("The facts do not make sense.", {"restored_in_hours": "Give hours from 0 on."})

    def changed(self, name: str, value: object) -> "RiskFacts":
        """Return these facts with another answer to one question."""
        other: dict[str, Any] = {name: value}
        return replace(self, **other)

    @property
    def unread(self) -> bool:
        """Whether it is shown that nobody could read the data."""
        return self.confidentiality is False or self.exfiltration_excluded is True or self.unintelligible is True

    @property
    def entrusted(self) -> bool:
        """Whether everybody who got the data is known, trusted, bound, and confirmed deletion (each shown)."""
        return all(one is True for one in (self.recipients_known, self.recipient_trusted, self.recipient_bound,
                                           self.deletion_confirmed))

    @property
    def unfelt(self) -> bool:
        """Whether it is shown that nobody felt the gap: an electronic copy was at hand, or all was back in a day."""
        in_a_day = self.restored_in_hours is not None and self.restored_in_hours <= A_DAY
        return self.effect_on_people is Effect.NONE and (self.backup_electronic is True or in_a_day)

    @property
    def ordinary(self) -> bool:
        """Whether no special data are hit, or no more than a hint at them."""
        return self.special_data is False or self.special_hint_only is True


@dataclass(frozen=True, slots=True)
class Question:
    """One deciding factor: what is asked, and why it decides (with the cases of the guidelines it decided)."""

    name: str
    group: str
    words: str
    why: str


A_DAY = 24
CASE, LEFT, GAP, DATA = "The breach", "If others may have the data", "If data were lost or changed", "Whose data, and which"
QUESTIONS = (
    Question("confidentiality", CASE, "Could somebody see what they should not?",
             "A breach of confidentiality is judged by who has the data."),
    Question("integrity", CASE, "Were data changed?", "A breach of integrity is judged by what the wrong data did."),
    Question("availability", CASE, "Were data lost or out of reach?",
             "A breach of availability is judged by what the gap did to people."),
    Question("malicious", CASE, "Was it done on purpose?",
             "Whoever takes data on purpose means to use them (cases 05, 08, 17, 18)."),
    Question("unintelligible", CASE, "Were the data unreadable at the time, and is the key safe?",
             "What nobody can read harms nobody, as long as the key is safe (01, 06, 10 against 11)."),
    Question("exfiltration_excluded", LEFT, "Do logs or an expert exclude that data were read or taken?",
             "Excluded by evidence; not seen is not excluded (01, 02, 03 against 04)."),
    Question("recipients_known", LEFT, "Is everybody known who got the data?",
             "What unknown people do with data cannot be told (09, 13 against 14)."),
    Question("recipient_trusted", LEFT, "Is there a reason of its own to trust each recipient?",
             "Trust is shown for this recipient, not for recipients as such (09)."),
    Question("recipient_bound", LEFT, "Are they bound to secrecy by law, profession or contract?",
             "Who is bound has something to lose (09)."),
    Question("deletion_confirmed", LEFT, "Have they confirmed that all is deleted or given back?",
             "A request to delete cannot be relied on, a confirmation can (09 against 14)."),
    Question("backup_electronic", GAP, "Was an electronic copy of the data at hand?",
             "Paper takes days, an electronic copy hours (01 against 02)."),
    Question("backup_tested", GAP, "Had restoring from it been tested?",
             "As long as the data are not back, only a tested copy says that they will be."),
    Question("effect_on_people", GAP, "What did the gap or the change do to people?",
             "A late parcel is not a late operation (02 against 03)."),
    Question("identity_theft", DATA, "Are the data enough for identity theft or fraud?",
             "A name with a tax, social security or identity number, a way to pay, or a way into an account (07, 14, 17)."),
    Question("birth_date", DATA, "Do they hold birth dates with names?",
             "Half of what identity theft takes; in wrong hands or for many, enough (11 against 16)."),
    Question("basic_contact_only", DATA, "Are they no more than names and basic contact details?",
             "With these one can write or call, not much more (08 against 05)."),
    Question("special_data", DATA, "Are special data hit, or data as telling?",
             "Health, beliefs, politics, sex life, biometrics, crimes (Art 9, 10); private messages, trails (03, 12)."),
    Question("special_hint_only", DATA, "Is it no more than a hint at special data?",
             "That somebody avoids lactose says little (15)."),
    Question("vulnerable_people", DATA, "Are children, patients or other vulnerable people among them?",
             "Who cannot protect themselves is hit harder (03, 10, 12)."),
)
RESTORED = Question("restored_in_hours", GAP, "After how many hours was everything back?",
                    "Hours harmed nobody, five working days did (01 against 02).")
_BY_NAME = {one.name: one for one in QUESTIONS}


def question(name: str) -> Question | None:
    """Return the question about a fact, if it is answered by choosing."""
    return _BY_NAME.get(name)


def from_categories(facts: RiskFacts, categories: Sequence[Category]) -> RiskFacts:
    """Fill in what the categories of data say where nobody answered. No category named leaves it unknown."""
    if not categories:
        return facts
    said = {
        "special_data": any(one.special for one in categories),
        "identity_theft": any(one.identity and not one.birth_date for one in categories),
        "birth_date": any(one.birth_date for one in categories),
        "basic_contact_only": all(one.basic for one in categories),
        "vulnerable_people": any(one.vulnerable for one in categories),
    }
    found = facts
    for name, value in said.items():
        if getattr(facts, name) is None:
            found = found.changed(name, value)
    return found


def worse_of(facts: RiskFacts, answers: Answers) -> RiskFacts:
    """Return the facts where they and the answers of a scoring contradict each other: the worse of both counts."""
    found = facts
    if answers.confidentiality > 0:
        found = replace(found, confidentiality=True, exfiltration_excluded=None)
    if answers.confidentiality > KNOWN_OR_TEMPORARY:
        found = replace(found, recipients_known=False)
    if answers.integrity > 0:
        found = replace(found, integrity=True)
    if answers.availability > 0:
        found = replace(found, availability=True)
    if max(answers.integrity, answers.availability) > KNOWN_OR_TEMPORARY:
        found = replace(found, backup_electronic=False, restored_in_hours=None)
    if answers.malicious or found.malicious is None:
        found = replace(found, malicious=answers.malicious)
    return found
