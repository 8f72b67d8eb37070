"""What a breach is: its states, its counts, its moments; allowed moves, and the reasons for a refusal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from incident_app.domain.numbers import THIN
from incident_app.domain.refusals import Refused


class CaseState(StrEnum):
    """How far a case has come."""

    LOGGED = "logged"
    ASSESSED = "assessed"
    DECIDED = "decided"
    NOTIFIED = "notified"
    REVIEWED = "reviewed"
    CLOSED = "closed"


class Certainty(StrEnum):
    """How well a number is known."""

    EXACT = "exact"
    ABOUT = "about"
    RANGE = "range"
    UNKNOWN = "unknown"


class PeopleData(StrEnum):
    """Are data of people involved?"""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class ControllerRole(StrEnum):
    """GDPR 4(7) and 4(8)."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"


class BreachKind(StrEnum):
    """The three kinds of breach; one event may be all of them."""

    CONFIDENTIALITY = "confidentiality"
    INTEGRITY = "integrity"
    AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people or records and how well it is known. Raises ``Refused`` for what makes no sense.

    exact and about: ``low`` is the number and ``high`` is ``None``; range: both; unknown: neither.
    """

    certainty: Certainty
    low: int | None = None
    high: int | None = None

    def __post_init__(self) -> None:
        """Refuse a count that contradicts itself."""
        problems = _count_problems(self)
        if problems:
            raise Refused("The number does not make sense.", problems)

    @classmethod
    def unknown(cls) -> "Count":
        """Nobody knows yet: neither zero nor none."""
        return cls(Certainty.UNKNOWN)

    @classmethod
    def exact(cls, number: int) -> "Count":
        """Counted."""
        return cls(Certainty.EXACT, number)

    @classmethod
    def about(cls, number: int) -> "Count":
        """Estimated."""
        return cls(Certainty.ABOUT, number)

    @classmethod
    def between(cls, low: int, high: int) -> "Count":
        """Between two numbers, both included."""
        return cls(Certainty.RANGE, low, high)

    @property
    def at_most(self) -> int | None:
        """The largest number it may stand for; ``None`` where nobody can say (an estimate may be too low)."""
        match self.certainty:
            case Certainty.EXACT:
                return self.low
            case Certainty.RANGE:
                return self.high
            case _:
                return None

    @property
    def at_least(self) -> int:
        """The smallest number it may stand for; nobody vouches for an estimate."""
        return self.low or 0 if self.certainty in (Certainty.EXACT, Certainty.RANGE) else 0

    def words(self, between: str = THIN) -> str:
        """Return it in words: ``10 000``, ``about 10 000``, ``1 000 to 5 000``, ``unknown``; ``between`` stands between
        thousands."""
        low, high = (f"{number or 0:,}".replace(",", between) for number in (self.low, self.high))
        match self.certainty:
            case Certainty.EXACT:
                return low
            case Certainty.ABOUT:
                return f"about {low}"
            case Certainty.RANGE:
                return f"{low} to {high}"
            case _:
                return "unknown"

    def to_json(self) -> dict[str, object]:
        """Return ``{"certainty", "low", "high"}``."""
        return {"certainty": self.certainty.value, "low": self.low, "high": self.high}

    @classmethod
    def from_json(cls, plain: Mapping[str, object] | None) -> "Count":
        """Read what :meth:`to_json` wrote; nothing at all means unknown. Raises ``Refused`` for anything else."""
        if not plain:
            return cls.unknown()
        odd = sorted(set(plain) - {"certainty", "low", "high"})
        if odd:
            raise Refused("The number does not make sense.", dict.fromkeys(odd, "There is no such field."))
        certainty = plain.get("certainty")
        if not isinstance(certainty, str) or certainty not in set(Certainty):
            words = "Choose exact, about, range or unknown."
            raise Refused("The number does not make sense.", {"certainty": words})
        low, high = plain.get("low"), plain.get("high")
        return cls(Certainty(certainty), _whole("low", low), _whole("high", high))


def _whole(name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused("The number does not make sense.", {name: "Give a whole number."})
    return value


def _count_problems(count: Count) -> dict[str, str]:
    low, high = count.low, count.high
    if any(number is not None and number < 0 for number in (low, high)):
        return {"low": "A number of people or records cannot be below zero."}
    match count.certainty:
        case Certainty.UNKNOWN:
            bad = low is not None or high is not None
            return {"low": "Leave the number empty where it is not known."} if bad else {}
        case Certainty.RANGE:
            if low is None or high is None:
                return {"high": "A range needs both its ends."}
            return {"high": "The upper end is below the lower one."} if high < low else {}
        case _:
            if low is None:
                return {"low": "Give the number, or choose unknown."}
            return {} if high is None else {"high": "Only a range has an upper end."}


# A later state may be left for "assessed" again: new facts mean a new assessment. Closed is the end.
_AFTER_DECISION = frozenset({CaseState.ASSESSED, CaseState.DECIDED, CaseState.NOTIFIED, CaseState.REVIEWED,
                             CaseState.CLOSED})
MOVES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.LOGGED: frozenset({CaseState.ASSESSED, CaseState.DECIDED}),
    CaseState.ASSESSED: frozenset({CaseState.ASSESSED, CaseState.DECIDED}),
    CaseState.DECIDED: _AFTER_DECISION,
    CaseState.NOTIFIED: _AFTER_DECISION,
    CaseState.REVIEWED: _AFTER_DECISION,
    CaseState.CLOSED: frozenset(),
}


def move_refusal(state: CaseState, to: CaseState) -> str | None:
    """Return ``None`` where a case may move from ``state`` to ``to``, otherwise the reason in words."""
    if to in MOVES[state]:
        return None
    if state is CaseState.CLOSED:
        return "This case is closed. Nothing was changed."
    if to is CaseState.LOGGED:
        return "A case is logged once; it does not go back there."
    return "It has not been decided yet who must be told."


def check_moments(
    occurred_at: datetime | None, first_signal_at: datetime | None, detected_at: datetime | None,
    aware_at: datetime | None, now: datetime,
) -> dict[str, str]:
    """Return problems by field: happened ≤ first hint ≤ seen ≤ sure ≤ now. All moments are aware."""
    chain = (
        ("occurred_at", "it happened", occurred_at), ("first_signal_at", "the first hint", first_signal_at),
        ("detected_at", "detection", detected_at), ("aware_at", "awareness", aware_at),
    )
    problems: dict[str, str] = {}
    before: tuple[str, datetime] | None = None
    for name, words, moment in chain:
        if moment is None:
            continue
        if moment > now:
            problems[name] = f"This moment is still to come: {words} cannot lie in the future."
        elif before is not None and moment < before[1]:
            problems[name] = f"This is before {before[0]}; {words} cannot come first."
        before = (words if name != "occurred_at" else "the moment it happened", moment)
    return problems


FIRST_YEAR, LAST_YEAR = 1900, 2200
"""No case is about an earlier or a later moment: it was mistyped."""
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)


def zone_of(name: str, *, field: str = "zone") -> ZoneInfo:
    """Return the IANA zone, or raise ``Refused`` with a problem on ``field``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        words = f"There is no time zone “{name}”. Use a name such as Europe/Berlin."
        raise Refused("The time zone is not known.", {field: words}) from None


def local_moment(text: str, zone: str, fold: int | None = None, *, field: str = "aware_at") -> datetime:
    """Return the UTC moment of a local wall time ``YYYY-MM-DDTHH:MM`` (seconds allowed).

    Raises ``Refused`` with a problem on ``field`` for a time that does not exist (the clocks went forward), one that
    happened twice (the clocks went back) unless ``fold`` says which (0 first, 1 second), or text of another shape.
    """
    where = zone_of(zone)
    if not _LOCAL.fullmatch(text):
        raise Refused("The time was not understood.", {field: "Give date and time as 2026-11-24T09:40."})
    try:
        wall = datetime.fromisoformat(text)
        first, second = (wall.replace(tzinfo=where, fold=which) for which in (0, 1))
        moment = (second if fold == 1 else first).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("The time was not understood.", {field: "There is no such date or time."}) from None
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise Refused("The time was not understood.", {field: f"Between the years {FIRST_YEAR} and {LAST_YEAR}."})
    shown = wall.strftime("%H:%M on %d %b %Y").replace(" 0", " ")
    landed = moment.astimezone(where)
    if landed.replace(tzinfo=None, fold=0) != wall:
        other = first.astimezone(UTC).astimezone(where)
        words = (f"{shown} does not exist in {zone}: the clocks go forward over it. "
                 f"Did you mean {other:%H:%M}?")
        raise Refused("This local time does not exist.", {field: words})
    if fold is None and first.utcoffset() != second.utcoffset():
        words = (f"{shown} happened twice in {zone}: choose the first ({first.tzname()}) "
                 f"or the second ({second.tzname()}).")
        raise Refused("This local time is ambiguous.", {field: words})
    return moment
