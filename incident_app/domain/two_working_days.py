"""The disputed argument that 72 hours hold at least two working days (Reg. 1182/71 Art 3(5)). A note, never a clock.

Some authors say that a period of two days or more includes two working days, whatever it is expressed in; the
authorities of Bavaria and North Rhine-Westphalia say that hours are hours. No court has ruled.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from incident_app.domain.deadlines import hour_rule
from incident_app.domain.ports import Calendar

_DAY = timedelta(days=1)
WANTED = 2
FURTHEST = 40


@dataclass(frozen=True, slots=True)
class Readings:
    """Where the term would end if a touched working day counts, and if only whole ones do. UTC."""

    touched_at: datetime
    whole_at: datetime


def readings(
    begun: datetime, hours: int, zone: str, calendar: Calendar, country: str, subdivision: str | None,
) -> Readings:
    """Return both readings of a term in hours; where the term holds its two days they equal the hour rule."""
    where = ZoneInfo(zone)
    end = hour_rule(begun, hours, where)
    start = end - timedelta(hours=hours)
    first = start.astimezone(where).date()
    days = [first + number * _DAY for number in range(FURTHEST)]
    working = [day for day in days if calendar.is_working_day(country, subdivision, day)]
    whole = [day for day in working if _midnight(day, where) >= start]
    touched_count = sum(_midnight(day, where) < end for day in working)
    whole_count = sum(_midnight(day + _DAY, where) <= end for day in whole)
    return Readings(
        end if touched_count >= WANTED else _midnight(working[WANTED - 1] + _DAY, where),
        end if whole_count >= WANTED else _midnight(whole[WANTED - 1] + _DAY, where),
    )


def _midnight(day: date, where: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), where).astimezone(UTC)
