"""Elapsed hours over every change of clocks, in every zone of the time-zone database, from 2026 to 2030."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from incident_app.domain.deadlines import due
from tests.domain.laws import a_rule
from tests.fakes import FakeCalendar

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
STEP, EXACT = timedelta(days=9), timedelta(minutes=15)
TERM = timedelta(hours=72)
BEFORE = (timedelta(hours=72, minutes=17), timedelta(hours=40), timedelta(minutes=17))
RULE, CALENDAR = a_rule(hour_rule=True), FakeCalendar()


def changes(where: ZoneInfo) -> Iterator[datetime]:
    """Find the moments at which the clocks there change."""
    at = FIRST
    while at < LAST:
        low, high = at, at + STEP
        if low.astimezone(where).utcoffset() != high.astimezone(where).utcoffset():
            while high - low > EXACT:
                middle = low + (high - low) / 2
                same = low.astimezone(where).utcoffset() == middle.astimezone(where).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield high.replace(second=0, microsecond=0)
        at += STEP


def test_seventy_two_hours_are_seventy_two_hours_whatever_the_clocks_do() -> None:
    seen = 0
    for name in sorted(available_timezones()):
        where = ZoneInfo(name)
        for change in changes(where):
            for before in BEFORE:
                begun = change - before
                moments = due(RULE, begun.astimezone(where), name, CALENDAR, "XX", None)
                assert moments.due_at is not None, name
                assert moments.legal_latest_at is not None, name
                assert moments.due_at - begun == TERM, (name, begun)
                first_hour = (moments.legal_latest_at - TERM).astimezone(where)
                assert timedelta(0) < moments.legal_latest_at - moments.due_at <= timedelta(hours=1), (name, begun)
                assert (first_hour.minute % 15, first_hour.second) == (0, 0), (name, begun)
                seen += 1
    assert seen > 1000
