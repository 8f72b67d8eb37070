"""The ladder: when a deadline warns, whom each step wakes, by what ways, and how long an acknowledgement keeps quiet.

Every organisation has its own, one per kind of clock; what is not set is as ``guarantees.md`` §4 has it: 48, 24, 12, 6,
4, 2 and 1 hours left of 72, the same shares of any other term, the due moment itself, and every 6 hours after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from incident_app.domain.alerts.states import CHANNELS
from incident_app.domain.alerts.words import span
from incident_app.domain.refusals import Refused

TERM_HOURS = 72
CRITICAL_UNDER = timedelta(hours=12)
MOST_STEPS, MOST_THRESHOLDS = 8, 20
LAST_WARNING = 4
"""At least one warning comes with so few of 72 hours left: nobody can set the ladder to be silent until it is too late."""


class ClockKind(StrEnum):
    """What kind of clock a ladder is for."""

    AUTHORITY = "authority"
    PEOPLE = "people"
    OTHER = "other"
    ACTIONS = "actions"
    SYSTEM = "system"


ABOUT_ACTIONS = "actions"
"""The kind of an alert about somebody's overdue actions."""
ABOUT_RECEIPTS = "receipts"
"""The kind of an alert about controllers who were told and say nothing."""
_FOR_OWNERS = frozenset({ABOUT_ACTIONS, ABOUT_RECEIPTS})

KIND_WORDS = {
    ClockKind.AUTHORITY: "Filings to authorities",
    ClockKind.PEOPLE: "Notices to people",
    ClockKind.OTHER: "Contracts, controllers and others",
    ClockKind.ACTIONS: "Overdue actions, reviews, receipts",
    ClockKind.SYSTEM: "incident-app itself",
}


def kind_of(recipient_type: str | None, alert_kind: str = "") -> ClockKind:
    """Return whose ladder a duty is on; ``None`` is an alert about something else than a duty, of ``alert_kind``."""
    if recipient_type is None:
        return ClockKind.ACTIONS if alert_kind in _FOR_OWNERS else ClockKind.SYSTEM
    return {"authority": ClockKind.AUTHORITY, "data_subjects": ClockKind.PEOPLE}.get(recipient_type, ClockKind.OTHER)


class Who(StrEnum):
    """Whom a step of the ladder wakes. The owner is that of the actions an alert is about, else that of the case."""

    ON_CALL = "whoever is on call"
    OWNER = "the owner"
    NEXT = "the next person"
    APPROVERS = "every approver"
    EVERYONE = "everybody who answers"


ALWAYS_SOMEBODY = (Who.APPROVERS, Who.EVERYONE)
_FORMER = {"leads": Who.APPROVERS}
"""What ladders that were kept earlier call it: "leads" were the administrators too, who see no case and cannot answer."""


class Ways(StrEnum):
    """By what ways a step reaches people, in which order."""

    TELEGRAM_FIRST = "Telegram, then email"
    EMAIL_FIRST = "email, then Telegram"
    BOTH = "Telegram and email"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``after`` the alert was raised, wake ``who`` by ``ways``."""

    after: timedelta
    who: Who
    ways: Ways = Ways.TELEGRAM_FIRST

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the channels in their order."""
        return tuple(reversed(CHANNELS)) if self.ways is Ways.EMAIL_FIRST else CHANNELS

    @property
    def both(self) -> bool:
        """Whether every channel is used at once."""
        return self.ways is Ways.BOTH


@dataclass(frozen=True, slots=True)
class Ladder:
    """``hours_left`` are of a term of 72; ``repeat`` after the last step begins the ladder again while nobody answers.

    ``kept_since`` is when it was last changed: thresholds that had passed by then are not warned about afterwards.
    """

    hours_left: tuple[int, ...] = (48, 24, 12, 6, 4, 2, 1)
    overdue_every: timedelta = timedelta(hours=6)
    ack_lasts: timedelta = timedelta(minutes=30)
    next_channel: timedelta = timedelta(minutes=2)
    repeat: timedelta = timedelta(minutes=30)
    steps: tuple[Step, ...] = (
        Step(timedelta(0), Who.ON_CALL),
        Step(timedelta(minutes=10), Who.NEXT),
        Step(timedelta(minutes=20), Who.APPROVERS, Ways.BOTH),
    )
    kept_since: datetime | None = None


DEFAULT = Ladder()
_DEFAULTS = {
    ClockKind.ACTIONS: Ladder(repeat=timedelta(hours=2), steps=(
        Step(timedelta(0), Who.OWNER),
        Step(timedelta(hours=4), Who.ON_CALL),
        Step(timedelta(hours=8), Who.NEXT),
        Step(timedelta(hours=24), Who.APPROVERS, Ways.BOTH),
    )),
}


def default_of(kind: ClockKind) -> Ladder:
    """Return the ladder of a kind of clock that nobody changed: overdue actions reach their owner first, and calmly."""
    return _DEFAULTS.get(kind, DEFAULT)


def is_critical(due_at: datetime | None, now: datetime) -> bool:
    """Tell whether fewer than 12 hours are left: such an alert is never muted."""
    return due_at is not None and due_at - now < CRITICAL_UNDER


LASTING = frozenset({"health", "evaluation_failed", "duties_failed", "notice_stopped", "bot_stolen", "bot_unheard", *_FOR_OWNERS})
"""Kinds of alerts without a deadline that end by themselves once what they are about is well again."""


_QUIET_FOR = {ABOUT_ACTIONS: timedelta(days=1), ABOUT_RECEIPTS: timedelta(days=3)}


def quiet_for(ladder: Ladder, kind: str) -> timedelta:
    """Return how long an acknowledgement of this kind of alert keeps quiet: whoever owns overdue actions has a day,
    whoever waits for controllers three."""
    return _QUIET_FOR.get(kind, ladder.ack_lasts)


def ack_expires(ladder: Ladder, due_at: datetime | None, now: datetime, *, kind: str = "") -> datetime | None:
    """Return until when an acknowledgement keeps quiet; ``None``: until the next rung, or for good where there is none.

    ``kind``: of the alert; some are about something that goes on until it is mended.
    """
    return now + quiet_for(ladder, kind) if kind in LASTING or is_critical(due_at, now) else None


def quiet_words(ladder: Ladder, due_at: datetime | None, now: datetime, *, kind: str = "") -> str:
    """Return what acknowledging now would do: "quiet for 5 min", as :func:`ack_expires` has it."""
    if ack_expires(ladder, due_at, now, kind=kind) is not None:
        return f"quiet for {span(quiet_for(ladder, kind))}"
    return "quiet until the next threshold" if due_at is not None else "nobody else is paged"


@dataclass(frozen=True, slots=True)
class _Limit:
    name: str
    fewest: int
    most: int
    words: str


_MINUTES = (
    _Limit("ack_minutes", 5, 120, "An acknowledgement lasts between 5 and 120 minutes."),
    _Limit("next_channel_minutes", 1, 10, "The next way is tried after 1 to 10 minutes."),
    _Limit("repeat_minutes", 5, 120, "The ladder begins again after 5 to 120 minutes."),
)
_OVERDUE = _Limit("overdue_hours", 1, 24, "Once overdue, a warning comes every 1 to 24 hours.")
MOST_MINUTES = 24 * 60
"""A step comes at most so many minutes after the start."""


def bounds(name: str) -> dict[str, int]:
    """Return the least and the most of one of the paces."""
    limit = next(one for one in (*_MINUTES, _OVERDUE) if one.name == name)
    return {"least": limit.fewest, "most": limit.most}


def read(body: Mapping[str, object], *, kept_since: datetime | None = None) -> Ladder:
    """Return the ladder that plain values describe (see :func:`plain`); raises ``Refused`` with everything that is wrong.

    ``body``: ``hours_left`` [hours of 72], ``overdue_hours``, ``ack_minutes``, ``next_channel_minutes``,
    ``repeat_minutes``, ``steps`` [{``after_minutes``, ``who``, ``ways``}]; what is missing is as by default.
    """
    given = {**plain(DEFAULT), **body}
    problems = dict[str, str]()
    hours = _hours(given["hours_left"], problems)
    steps = _steps(given["steps"], problems)
    ack, channel, repeat = (_number(given, limit, problems) for limit in _MINUTES)
    overdue = _number(given, _OVERDUE, problems)
    if problems:
        raise Refused("The ladder was not saved.", problems)
    return Ladder(
        hours_left=hours, overdue_every=timedelta(hours=overdue), ack_lasts=timedelta(minutes=ack),
        next_channel=timedelta(minutes=channel), repeat=timedelta(minutes=repeat), steps=steps, kept_since=kept_since,
    )


def plain(ladder: Ladder) -> dict[str, object]:
    """Return the ladder as plain values, to keep and to show."""
    return {
        "hours_left": list(ladder.hours_left),
        "overdue_hours": int(ladder.overdue_every / timedelta(hours=1)),
        "ack_minutes": _minutes(ladder.ack_lasts),
        "next_channel_minutes": _minutes(ladder.next_channel),
        "repeat_minutes": _minutes(ladder.repeat),
        "steps": [
            {"after_minutes": _minutes(step.after), "who": step.who.name.lower(), "ways": step.ways.name.lower()}
            for step in ladder.steps
        ],
    }


def _minutes(length: timedelta) -> int:
    return int(length / timedelta(minutes=1))


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(given: Mapping[str, object], limit: _Limit, problems: dict[str, str]) -> int:
    number = _whole(given[limit.name])
    if number is None or not limit.fewest <= number <= limit.most:
        problems[limit.name] = limit.words
        return limit.fewest
    return number


def _hours(value: object, problems: dict[str, str]) -> tuple[int, ...]:
    given = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    found = {hours for hours in map(_whole, given) if hours is not None and 0 < hours < TERM_HOURS}
    if not found or len(found) != len(given) or len(found) > MOST_THRESHOLDS:
        problems["hours_left"] = (
            f"Give the hours left of {TERM_HOURS} at which to warn: whole numbers from 1 to {TERM_HOURS - 1}, each once, at "
            f"most {MOST_THRESHOLDS}."
        )
    elif min(found) > LAST_WARNING:
        problems["hours_left"] = f"At least one warning must come with {LAST_WARNING} hours or fewer of {TERM_HOURS} left."
    return tuple(sorted(found, reverse=True))


def _steps(value: object, problems: dict[str, str]) -> tuple[Step, ...]:
    given = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    steps = [step for number, raw in enumerate(given, 1) if (step := _step(raw, number, problems)) is not None]
    if not 1 <= len(given) <= MOST_STEPS:
        problems["steps"] = f"A ladder has between one and {MOST_STEPS} steps."
    elif len(steps) == len(given):
        _fit_together(steps, problems)
    return tuple(steps)


def _step(raw: object, number: int, problems: dict[str, str]) -> Step | None:
    fields = raw if isinstance(raw, Mapping) else {}
    after, named, ways = _whole(fields.get("after_minutes")), str(fields.get("who")), str(fields.get("ways"))
    who = _FORMER.get(named) or Who.__members__.get(named.upper())
    if after is None or not 0 <= after <= MOST_MINUTES:
        problems["steps"] = f"Step {number}: say after how many minutes it comes (0 to {MOST_MINUTES})."
    elif who is None:
        problems["steps"] = f"Step {number}: choose whom it wakes."
    elif ways.upper() not in Ways.__members__:
        problems["steps"] = f"Step {number}: choose by what ways."
    else:
        return Step(timedelta(minutes=after), who, Ways[ways.upper()])
    return None


def _fit_together(steps: Sequence[Step], problems: dict[str, str]) -> None:
    if steps[0].after:
        problems["steps"] = "The first step comes at once: after 0 minutes."
    elif any(later.after <= earlier.after for earlier, later in pairwise(steps)):
        problems["steps"] = "Each step comes later than the one before."
    elif not any(step.who in ALWAYS_SOMEBODY for step in steps):
        problems["steps"] = (
            "If nobody is on call, nobody would be woken. Add a step for every approver, or for everybody who answers."
        )
