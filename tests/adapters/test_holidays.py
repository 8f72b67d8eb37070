"""Working days, from the real package."""

from datetime import date

import pytest

from incident_app.adapters.holidays import HolidayCalendar
from incident_app.domain.refusals import Refused

CALENDAR = HolidayCalendar()


@pytest.mark.parametrize(("country", "subdivision", "day", "works"), [
    ("DE", "BY", date(2027, 1, 6), False),
    ("DE", "DE-BY", date(2027, 1, 6), False),
    ("DE", "BE", date(2027, 1, 6), True),
    ("DE", None, date(2026, 11, 24), True),
    ("DE", None, date(2026, 11, 22), False),
    ("BR", None, date(2026, 11, 20), False),
    ("BR", None, date(2026, 11, 19), True),
    ("BR", None, date(2026, 11, 21), False),
    ("RU", None, date(2026, 11, 28), False),
    ("RU", None, date(2026, 11, 4), False),
    ("PL", None, date(2026, 12, 24), False),
    ("PL", None, date(2024, 12, 24), True),
])
def test_weekends_and_public_holidays_are_those_of_the_place_and_the_year(
    country: str, subdivision: str | None, day: date, works: bool,
) -> None:
    assert CALENDAR.is_working_day(country, subdivision, day) is works


@pytest.mark.parametrize(("country", "subdivision", "field"), [
    ("XX", None, "country"), ("de", None, "country"), ("DE", "XX", "subdivision"), ("LI", "BY", "subdivision"),
])
def test_a_place_without_a_calendar_is_refused_by_field(country: str, subdivision: str | None, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        CALENDAR.is_working_day(country, subdivision, date(2026, 11, 24))
    assert list(refusal.value.problems) == [field]
