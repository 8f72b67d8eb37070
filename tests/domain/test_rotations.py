"""People who take turns, across the nights on which clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.refusals import Refused
from incident_app.domain.rota import Slot
from incident_app.domain.rotations import Replaced, Rotation, handover, replaced, turns

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
MADRID = "Europe/Madrid"
ANA, BEN, CLEO = 1, 2, 3
WEEKLY = Rotation((ANA, BEN, CLEO), 7, 0, time(9), MADRID, date(2026, 11, 30), 4)


def test_three_people_take_turns_of_a_week_on_mondays_at_nine() -> None:
    made = turns(WEEKLY, NOW)

    assert [turn.user_id for turn in made] == [ANA, BEN, CLEO, ANA]
    local = [turn.starts_at.astimezone(ZoneInfo(MADRID)) for turn in made]
    assert [f"{at:%a %d %b %H:%M}" for at in local] == [
        "Mon 30 Nov 09:00", "Mon 07 Dec 09:00", "Mon 14 Dec 09:00", "Mon 21 Dec 09:00",
    ]


def test_the_first_turn_is_shorter_where_it_begins_between_two_handovers() -> None:
    made = turns(replace(WEEKLY, first=date(2026, 11, 26)), NOW)

    assert made[0].ends_at - made[0].starts_at == timedelta(days=4)
    assert {turn.ends_at - turn.starts_at for turn in made[1:]} == {timedelta(days=7)}


@pytest.mark.parametrize(("days", "lasts"), [(1, 1), (7, 7), (14, 14)])
def test_turns_last_a_day_a_week_or_two(days: int, lasts: int) -> None:
    made = turns(replace(WEEKLY, days=days), NOW)

    assert {turn.ends_at - turn.starts_at for turn in made} == {timedelta(days=lasts)}


def test_a_rotation_from_today_begins_now() -> None:
    made = turns(replace(WEEKLY, first=date(2026, 11, 23), days=1), NOW)

    assert made[0].starts_at == NOW
    assert made[1].starts_at == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "hours"), [(date(2027, 3, 27), [23, 24]), (date(2026, 10, 24), [25, 24])],
)
def test_the_nights_on_which_clocks_change_last_23_and_25_hours(first: date, hours: list[int]) -> None:
    made = turns(replace(WEEKLY, days=1, first=first, turns=2), datetime(2026, 10, 20, tzinfo=UTC))

    assert [(turn.ends_at - turn.starts_at) / timedelta(hours=1) for turn in made] == hours


def test_a_handover_at_a_time_that_does_not_exist_is_when_the_clocks_land() -> None:
    at, note = handover(date(2027, 3, 28), time(2, 30), MADRID)

    assert at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert note == "02:30 does not exist on 28 Mar 2027 in Europe/Madrid: hand-over at 03:30."


def test_a_handover_at_a_time_that_happens_twice_is_the_first() -> None:
    at, note = handover(date(2026, 10, 25), time(2, 30), MADRID)

    assert at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert note == "02:30 happens twice on 25 Oct 2026 in Europe/Madrid: hand-over the first time (CEST)."


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"people": ()}, "people", "Choose at least one person."),
        ({"days": 3}, "days", "A turn lasts 1 day, 1 week or 2 weeks."),
        ({"weekday": 7}, "weekday", "Choose a day of the week."),
        ({"turns": 0}, "turns", "Between 1 and 120 turns."),
        ({"turns": 121}, "turns", "Between 1 and 120 turns."),
        ({"first": date(2026, 11, 22)}, "first", "This day is over already."),
        ({"first": date(2028, 1, 1)}, "first", "Begin within a year from now."),
        ({"zone": "Mars/Olympus"}, "zone", "There is no time zone “Mars/Olympus”. Use a name such as Europe/Berlin."),
    ],
)
def test_a_rotation_that_makes_no_sense_is_refused_on_its_field(facts: dict[str, object], field: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        turns(replace(WEEKLY, **facts), NOW)  # type: ignore[arg-type]  # the facts are named above

    assert refused.value.problems == {field: words}


def test_what_is_replaced_is_counted() -> None:
    made = turns(WEEKLY, NOW)
    start, end, hour = made[0].starts_at, made[-1].ends_at, timedelta(hours=1)
    slots = [
        Slot(ANA, start - hour, start, 1, 1), Slot(ANA, start - hour, start + hour, 2, 2),
        Slot(BEN, start + hour, start + 2 * hour, 3, 3, covers=ANA), Slot(BEN, end, end + hour, 4, 4),
    ]

    assert replaced(slots, made) == Replaced(whole=1, cut=1, covers=1)


@given(
    days=st.sampled_from([1, 7, 14]), weekday=st.integers(0, 6), at=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    zone=st.sampled_from([MADRID, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC"]),
    ahead=st.integers(0, 300), number=st.integers(1, 60),
)
def test_turns_follow_each_other_without_a_hole(
    days: int, weekday: int, at: time, zone: str, ahead: int, number: int
) -> None:
    first = NOW.astimezone(ZoneInfo(zone)).date() + timedelta(days=ahead)

    made = turns(Rotation((ANA, BEN), days, weekday, at, zone, first, number), NOW)

    assert len(made) == number
    assert all(NOW <= turn.starts_at < turn.ends_at for turn in made)
    assert all(one.ends_at == following.starts_at for one, following in pairwise(made))
