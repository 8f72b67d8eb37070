"""May a case be closed: what is still open, each gap by its kind, with what it is about and in words."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import Refused


class GapKind(StrEnum):
    """What may keep a case open."""

    RISK = "risk_undecided"
    SECTOR = "sector_unanswered"
    UNDECIDED = "duty_undecided"
    OWED = "duty_owed"
    LATE = "late_without_reason"
    UNPROVED = "filing_unproved"
    SENDING = "send_unfinished"
    UNEVEN = "sum_uneven"
    UNCERTAIN = "messages_uncertain"
    ACTION = "action_open"
    UNCHECKED = "action_unchecked"
    EFFECT = "effect_unknown"
    REVIEW = "review_missing"


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing. ``subject`` is the id of the duty or action, or the number of the filing or notice."""

    kind: GapKind
    subject: str
    words: str

    @property
    def name(self) -> str:
        """What the record says of it: no words of a person."""
        return f"{self.kind.value} {self.subject}".strip()

    def to_json(self) -> dict[str, str]:
        """Return ``{"kind", "subject", "words"}``."""
        return {"kind": self.kind.value, "subject": self.subject, "words": self.words}


@dataclass(frozen=True, slots=True)
class ReviewStanding:
    """How far the review of a case has come. ``owed``: not of an event without data of people."""

    owed: bool = True
    written: bool = True
    signed_count: int = 2
    voided: bool = False


Named = tuple[tuple[str, str], ...]
"""(What it is in the record, its name as a person knows it)."""


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """What may keep a case open. ``uncertain``: (number of a notice, how many messages may or may not have gone out)."""

    decided: bool = True
    sector_duty_count: int = 0
    undecided_duties: Named = ()
    owed_duties: Named = ()
    late_without_reason: Named = ()
    unproved_filings: Named = ()
    running_sends: Named = ()
    uneven_sums: Named = ()
    uncertain: tuple[tuple[str, int], ...] = ()
    open_actions: Named = ()
    unchecked_actions: Named = ()
    due_reviews: Named = ()
    review: ReviewStanding = ReviewStanding()


_WORDS = (
    ("undecided_duties", GapKind.UNDECIDED, "Not decided yet, owed or not: {}."),
    ("owed_duties", GapKind.OWED, "Still owed: {}."),
    ("late_without_reason", GapKind.LATE, "Told late, and the reason is not recorded: {}."),
    ("unproved_filings", GapKind.UNPROVED, "Not proved: {}."),
    ("running_sends", GapKind.SENDING, "Still being sent: {}."),
    ("uneven_sums", GapKind.UNEVEN, "The sum does not add up: {}."),
    ("open_actions", GapKind.ACTION, "Still to be done: {}."),
    ("unchecked_actions", GapKind.UNCHECKED, "Nobody else has checked it: {}."),
    ("due_reviews", GapKind.EFFECT, "Nobody has looked yet whether it works: {}."),
)


def closing_gaps(facts: ClosingFacts) -> tuple[Gap, ...]:
    """Return everything that is still open; empty means the case may be closed."""
    gaps = [] if facts.decided else [
        Gap(GapKind.RISK, "", "Nobody has decided yet whether the authority and the people must be told.")]
    if facts.sector_duty_count:
        gaps.append(Gap(GapKind.SECTOR, str(facts.sector_duty_count),
                        f"{grouped(facts.sector_duty_count)} duties hang on what the organisation is: answer it under Law."))
    for name, kind, words in _WORDS:
        gaps += [Gap(kind, subject, words.format(called)) for subject, called in getattr(facts, name)]
    gaps += [Gap(GapKind.UNCERTAIN, number, _uncertain(number, count)) for number, count in facts.uncertain]
    missing = _review(facts.review)
    return (*gaps, Gap(GapKind.REVIEW, "", missing)) if missing else tuple(gaps)


def _uncertain(number: str, count: int) -> str:
    noun = "message may or may not have gone out" if count == 1 else "messages may or may not have gone out"
    return f"{grouped(count)} {noun} (notice {number}): decide what to do about it."


def _review(standing: ReviewStanding) -> str:
    if not standing.owed or standing.signed_count >= 2:
        return ""
    if standing.signed_count == 1:
        return "The review is signed by one person; a second one has to sign it."
    if standing.voided:
        return "The review changed after it was signed: two people have to sign it again."
    return "The review is not signed: two people sign it." if standing.written else "The review is not written and not signed."


def content_of(gaps: Sequence[Mapping[str, str]]) -> bytes:
    """Return gaps as they are agreed about; each is a :meth:`Gap.to_json`."""
    plain = json.dumps(list(gaps), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return plain.encode(errors="surrogatepass")


def hash_of(gaps: Sequence[Gap]) -> str:
    """Return the SHA-256 of exactly these gaps: who agrees to close over them binds it."""
    return hashlib.sha256(content_of([one.to_json() for one in gaps])).hexdigest()


class StillOpen(Refused):
    """A case cannot be closed: ``gaps`` say why, one by one."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        """Say all of them in words."""
        super().__init__("This case cannot be closed yet. " + " ".join(one.words for one in gaps),
                         {f"gap_{number}": one.words for number, one in enumerate(gaps, 1)})
        self.gaps = tuple(gaps)
