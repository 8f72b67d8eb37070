"""Anchor + rule + calendar → due moment and legal latest moment; on time or late, by how much; where a clock stands.

Hours are elapsed hours in UTC, whatever the wall clock does meanwhile. Days and months begin after the day the clock
starts on, and end at 24:00 local time: the due moment is the 00:00 that follows, and submitting at it is on time.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from incident_app.domain.ports import Calendar
from incident_app.domain.regimes import Rule, Unit

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """The moment that drives alarms, safe under every reading, and the latest one that can be argued in a dispute."""

    due_at: datetime | None
    legal_latest_at: datetime | None


def due(
    rule: Rule, anchor_at: datetime | None, zone: str, calendar: Calendar, country: str, subdivision: str | None,
) -> Due:
    """Return both moments in UTC, ``None`` where the clock has not started or the law names no date.

    ``legal_latest_at`` is there only for rules in hours under Reg. 1182/71 Art 3(1) and 3(2)(a).
    """
    if anchor_at is None or rule.value is None:
        return Due(None, None)
    begun, value, where = anchor_at.astimezone(UTC), rule.value, ZoneInfo(zone)
    match rule.unit:
        case Unit.HOURS:
            latest = hour_rule(begun, value, where) if rule.hour_rule else None
            return Due(begun + value * _HOUR, latest)
        case Unit.CALENDAR_DAYS:
            return Due(_end_of(_local_day(begun, where) + value * _DAY, where), None)
        case Unit.BUSINESS_DAYS:
            day = _local_day(begun, where)
            for _ in range(value):
                day = _next_working_day(calendar, country, subdivision, day)
            return Due(_end_of(day, where), None)
        case Unit.MONTHS:
            return Due(_end_of(_months_on(_local_day(begun, where), value), where), None)
        case _:
            return Due(None, None)


def hour_rule(begun: datetime, hours: int, where: ZoneInfo) -> datetime:
    """Return the end of a term in hours whose first, broken hour is not counted (Reg. 1182/71 Art 3(1), 3(2)(a)).

    The hour is the local one: where a zone is off by 30 or 45 minutes it begins elsewhere than in UTC.
    """
    local = begun.astimezone(where)
    into_the_hour = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return begun.astimezone(UTC) - into_the_hour + (1 + hours) * _HOUR


def earlier(own: Due, begun: datetime | None, limit: Due) -> Due:
    """Return the earlier of two limits (DORA: 4 h from classification, 24 h from awareness).

    A clock that started only after the other limit had passed keeps its own; one that has not started has the other's.
    """
    if limit.due_at is None or (begun is not None and begun > limit.due_at):
        return own
    return limit if own.due_at is None or limit.due_at < own.due_at else own


def target_at(rule: Rule, anchor_at: datetime | None) -> datetime | None:
    """Return the house's own target where the law has words only. Never shown as a legal deadline."""
    if anchor_at is None or rule.target_hours is None:
        return None
    return anchor_at.astimezone(UTC) + rule.target_hours * _HOUR


def _local_day(moment: datetime, where: ZoneInfo) -> date:
    return moment.astimezone(where).date()


def _end_of(day: date, where: ZoneInfo) -> datetime:
    return datetime.combine(day + _DAY, time(), where).astimezone(UTC)


def _next_working_day(calendar: Calendar, country: str, subdivision: str | None, day: date) -> date:
    day += _DAY
    while not calendar.is_working_day(country, subdivision, day):
        day += _DAY
    return day


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Lateness:
    """Whether it was on time, and by how much it was early or late (never negative)."""

    on_time: bool
    by: timedelta

    @property
    def late_by(self) -> timedelta | None:
        """How late it was; ``None`` when on time."""
        return None if self.on_time else self.by


def lateness(due_at: datetime | None, submitted_at: datetime) -> Lateness:
    """Compare evidence of submission with the due moment; where the law names no date nothing is late."""
    if due_at is None:
        return Lateness(True, timedelta(0))
    return Lateness(submitted_at <= due_at, abs(due_at - submitted_at))


class Stand(StrEnum):
    """Where a clock stands, as its tile shows it."""

    WAITING = "waiting"
    RUNNING = "running"
    SOON = "soon"
    CRITICAL = "critical"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Standing:
    """``left``: until due (or how early it was done); ``over``: since due (or how late it was done); ``since``: from the
    anchor until now (or until done); ``share_gone``: part of the term used up, 0…1. ``None`` where it has no meaning."""

    state: Stand
    left: timedelta | None = None
    over: timedelta | None = None
    since: timedelta | None = None
    share_gone: float | None = None


_SOON = 1 / 3
_CRITICAL_SHARE = 1 / 10
_CRITICAL_TIME = timedelta(hours=6)
_CRITICAL_AT_MOST = 1 / 4


def critical_from(term: timedelta) -> timedelta:
    """Return how long before due a clock turns critical: 6 h or the last tenth, whichever comes first; of a short term
    no more than the last quarter, so that bands stay relative to the term."""
    return max(min(_CRITICAL_TIME, term * _CRITICAL_AT_MOST), term * _CRITICAL_SHARE)


def standing(
    anchor_at: datetime | None, due_at: datetime | None, now: datetime, submitted_at: datetime | None = None,
) -> Standing:
    """Tell where a clock stands. It is stopped only by evidence of submission; then lateness is frozen."""
    until = submitted_at or now
    since = None if anchor_at is None else max(until - anchor_at, timedelta(0))
    if submitted_at is not None:
        return _stopped(anchor_at, due_at, submitted_at, since)
    if anchor_at is None:
        return Standing(Stand.WAITING)
    if due_at is None:
        return Standing(Stand.OPEN, since=since)
    if now > due_at:
        return Standing(Stand.OVERDUE, over=now - due_at, since=since, share_gone=1.0)
    term, left = due_at - anchor_at, due_at - now
    if left <= critical_from(term):
        state = Stand.CRITICAL
    elif left <= term * _SOON:
        state = Stand.SOON
    else:
        state = Stand.RUNNING
    return Standing(state, left=left, since=since, share_gone=_share(anchor_at, due_at, now))


def _stopped(
    anchor_at: datetime | None, due_at: datetime | None, submitted_at: datetime, since: timedelta | None,
) -> Standing:
    gone = None if anchor_at is None or due_at is None else _share(anchor_at, due_at, submitted_at)
    if due_at is None:
        return Standing(Stand.DONE, since=since)
    found = lateness(due_at, submitted_at)
    if found.on_time:
        return Standing(Stand.DONE, left=found.by, since=since, share_gone=gone)
    return Standing(Stand.LATE, over=found.by, since=since, share_gone=gone)


def _share(anchor_at: datetime, due_at: datetime, moment: datetime) -> float:
    term = (due_at - anchor_at).total_seconds()
    return 1.0 if term <= 0 else min(max((moment - anchor_at).total_seconds() / term, 0.0), 1.0)
