"""The 72 hours and other terms, to the second; and where a clock stands."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_app.domain.deadlines import (
    Due,
    Stand,
    Standing,
    critical_from,
    due,
    hour_rule,
    lateness,
    standing,
    target_at,
)
from incident_app.domain.regimes import Mode, Rule, Unit
from tests.domain.laws import a_rule
from tests.fakes import FakeCalendar

EU = a_rule(hour_rule=True)
UK = a_rule(hour_rule=False)
ZONES = ("Europe/Berlin", "Europe/Lisbon", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "UTC")


def term(value: int | None, unit: Unit) -> Rule:
    return a_rule(value=value, unit=unit, mode=Mode.NONE)


def due_of(rule: Rule, anchor_at: datetime | None, zone: str = "Europe/Berlin", *holidays: date) -> Due:
    return due(rule, anchor_at, zone, FakeCalendar(*holidays), "DE", None)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# Where, aware (local), 72 elapsed hours (UTC), hour rule of Reg. 1182/71 (UTC).
VECTORS = [
    ("ordinary Tuesday", "Europe/Berlin", "2026-06-09T10:20:00+02:00", "2026-06-12T08:20Z", "2026-06-12T09:00Z"),
    ("a full hour is not counted", "Europe/Berlin", "2026-06-09T10:00:00+02:00", "2026-06-12T08:00Z",
     "2026-06-12T09:00Z"),
    ("published example, Christmas", "Europe/Berlin", "2020-12-22T12:17:00+01:00", "2020-12-25T11:17Z",
     "2020-12-25T12:00Z"),
    ("Friday evening", "Europe/Paris", "2026-06-12T18:45:00+02:00", "2026-06-15T16:45Z", "2026-06-15T17:00Z"),
    ("Whit Monday", "Europe/Berlin", "2026-05-22T16:30:00+02:00", "2026-05-25T14:30Z", "2026-05-25T15:00Z"),
    ("Easter", "Europe/Berlin", "2026-04-02T17:05:00+02:00", "2026-04-05T15:05Z", "2026-04-05T16:00Z"),
    ("Orthodox Easter", "Europe/Athens", "2026-04-09T16:10:00+03:00", "2026-04-12T13:10Z", "2026-04-12T14:00Z"),
    ("clocks go forward", "Europe/Amsterdam", "2026-03-27T17:30:00+01:00", "2026-03-30T16:30Z",
     "2026-03-30T17:00Z"),
    ("clocks go back", "Europe/Rome", "2026-10-23T17:30:00+02:00", "2026-10-26T16:30+01:00", "2026-10-26T16:00Z"),
    ("ends in the skipped hour", "Europe/Berlin", "2026-03-26T02:30:00+01:00", "2026-03-29T01:30Z",
     "2026-03-29T02:00Z"),
    ("last second of the year", "Europe/Lisbon", "2026-12-31T23:59:59+00:00", "2027-01-03T23:59:59Z",
     "2027-01-04T00:00Z"),
    ("leap day", "Europe/Brussels", "2028-02-29T11:11:00+01:00", "2028-03-03T10:11Z", "2028-03-03T11:00Z"),
    ("Saturday night", "Europe/Rome", "2026-11-21T03:00:00+01:00", "2026-11-24T02:00Z", "2026-11-24T03:00Z"),
    ("Norway before Easter", "Europe/Oslo", "2026-04-01T15:30:00+02:00", "2026-04-04T13:30Z", "2026-04-04T14:00Z"),
    ("the repeated hour, first time", "Europe/Berlin", "2026-10-25T02:30:00+02:00", "2026-10-28T00:30Z",
     "2026-10-28T01:00Z"),
    ("the repeated hour, second time", "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-28T01:30Z",
     "2026-10-28T02:00Z"),
    ("a zone off by 45 minutes", "Asia/Kathmandu", "2026-06-09T10:20:00+05:45", "2026-06-12T04:35Z",
     "2026-06-12T05:15Z"),
    ("a zone off by 30 minutes", "Asia/Kolkata", "2026-06-09T10:20:00+05:30", "2026-06-12T04:50Z",
     "2026-06-12T05:30Z"),
]


@pytest.mark.parametrize(("why", "zone", "aware", "strict", "latest"), VECTORS, ids=[row[0] for row in VECTORS])
def test_the_72_hours_run_in_elapsed_time_and_the_hour_rule_gives_the_latest_moment(
    why: str, zone: str, aware: str, strict: str, latest: str,
) -> None:
    found = due_of(EU, datetime.fromisoformat(aware), zone)

    assert found == Due(utc(strict), utc(latest))


def test_the_united_kingdom_counts_plain_hours_only() -> None:
    found = due_of(UK, datetime.fromisoformat("2026-08-28T18:00:00+01:00"), "Europe/London")

    assert found == Due(utc("2026-08-31T17:00Z"), None)


def test_no_anchor_or_no_number_gives_no_date() -> None:
    aware = utc("2026-06-09T10:20Z")

    assert due_of(EU, None) == Due(None, None)
    assert due_of(term(None, Unit.NONE), aware) == Due(None, None)
    assert due_of(term(3, Unit.NONE), aware) == Due(None, None)


def test_business_days_leave_out_the_first_day_weekends_and_holidays_and_end_at_midnight() -> None:
    rule = term(3, Unit.BUSINESS_DAYS)
    zone = "America/Sao_Paulo"

    # Wednesday 08:00: Thursday, Friday, Monday.
    assert due_of(rule, utc("2026-11-18T08:00-03:00"), zone).due_at == utc("2026-11-24T00:00-03:00")
    # Friday is a holiday: Thursday, Monday, Tuesday.
    holiday = date(2026, 11, 20)
    assert due_of(rule, utc("2026-11-18T08:00-03:00"), zone, holiday).due_at == utc("2026-11-25T00:00-03:00")
    # It is the local day that counts: 01:00 UTC on Thursday is still Wednesday there.
    assert due_of(rule, utc("2026-11-19T01:00Z"), zone).due_at == utc("2026-11-24T00:00-03:00")
    # From a Saturday: Monday, Tuesday, Wednesday.
    assert due_of(rule, utc("2026-11-21T10:00-03:00"), zone).due_at == utc("2026-11-26T00:00-03:00")
    assert due_of(rule, utc("2026-11-18T08:00-03:00"), zone).legal_latest_at is None


def test_calendar_days_end_at_local_midnight_whatever_the_clocks_do() -> None:
    rule = term(3, Unit.CALENDAR_DAYS)

    assert due_of(rule, utc("2026-03-27T17:30+01:00")).due_at == utc("2026-03-31T00:00+02:00")
    assert due_of(rule, utc("2026-10-23T17:30+02:00")).due_at == utc("2026-10-27T00:00+01:00")


def test_months_end_on_the_same_day_or_the_last_one_there_is() -> None:
    rule = term(1, Unit.MONTHS)

    assert due_of(rule, utc("2026-01-31T12:00+01:00")).due_at == utc("2026-03-01T00:00+01:00")
    assert due_of(rule, utc("2026-12-15T12:00+01:00")).due_at == utc("2027-01-16T00:00+01:00")
    assert due_of(term(25, Unit.MONTHS), utc("2026-01-31T12:00+01:00")).due_at == utc("2028-03-01T00:00+01:00")


def test_a_house_target_is_kept_apart_from_the_law() -> None:
    rule = a_rule(value=None, unit=Unit.NONE, mode=Mode.UNDUE_DELAY, target_hours=48)
    aware = utc("2026-06-09T10:20Z")

    assert due_of(rule, aware) == Due(None, None)
    assert target_at(rule, aware) == utc("2026-06-11T10:20Z")
    assert target_at(rule, None) is None
    assert target_at(EU, aware) is None


def test_lateness_is_counted_from_the_due_moment_and_being_on_it_is_on_time() -> None:
    at = utc("2026-06-12T08:20Z")

    assert lateness(at, at).on_time
    assert lateness(at, at - timedelta(hours=6)).by == timedelta(hours=6)
    assert lateness(at, at - timedelta(hours=6)).late_by is None
    assert lateness(at, at + timedelta(seconds=1)).late_by == timedelta(seconds=1)
    assert lateness(None, at).on_time


START = utc("2026-11-20T09:40Z")
END = START + timedelta(hours=72)


@pytest.mark.parametrize(("hours", "state"), [
    (0, Stand.RUNNING), (47.9, Stand.RUNNING), (48, Stand.SOON), (61, Stand.SOON), (64.7, Stand.SOON),
    (64.8, Stand.CRITICAL), (66, Stand.CRITICAL), (72, Stand.CRITICAL), (72.001, Stand.OVERDUE), (100, Stand.OVERDUE),
])
def test_a_clock_of_72_hours_turns_in_its_last_third_and_its_last_tenth(hours: float, state: Stand) -> None:
    assert standing(START, END, START + timedelta(hours=hours)).state is state


def test_bands_follow_the_length_of_the_term() -> None:
    assert critical_from(timedelta(hours=4)) == timedelta(hours=1)
    assert critical_from(timedelta(hours=24)) == timedelta(hours=6)
    assert critical_from(timedelta(hours=48)) == timedelta(hours=6)
    assert critical_from(timedelta(hours=72)) == timedelta(hours=7.2)
    assert critical_from(timedelta(days=30)) == timedelta(days=3)


def test_time_left_and_time_over_are_never_negative() -> None:
    left = standing(START, END, START + timedelta(hours=61))
    over = standing(START, END, END + timedelta(hours=3))

    assert (left.left, left.over) == (timedelta(hours=11), None)
    assert left.share_gone == pytest.approx(61 / 72)
    assert (over.left, over.over, over.share_gone) == (None, timedelta(hours=3), 1.0)


def test_a_clock_is_stopped_by_submission_only_and_lateness_is_frozen() -> None:
    much_later = END + timedelta(days=9)

    early = standing(START, END, much_later, END - timedelta(hours=6))
    late = standing(START, END, much_later, END + timedelta(hours=2))

    assert (early.state, early.left, early.over) == (Stand.DONE, timedelta(hours=6), None)
    assert early.share_gone == pytest.approx(66 / 72)
    assert (late.state, late.left, late.over) == (Stand.LATE, None, timedelta(hours=2))
    assert late.since == timedelta(hours=74)


def test_without_a_date_in_law_a_clock_shows_the_time_since() -> None:
    now = START + timedelta(hours=60)

    assert standing(START, None, now) == Standing(Stand.OPEN, since=timedelta(hours=60))
    assert standing(START, None, now, START + timedelta(hours=5)) == Standing(Stand.DONE, since=timedelta(hours=5))


def test_a_clock_waits_until_something_starts_it() -> None:
    assert standing(None, None, START) == Standing(Stand.WAITING)
    assert standing(None, END, START, START).share_gone is None


def test_a_term_of_no_length_is_used_up_at_once() -> None:
    assert standing(START, START, START).share_gone == 1.0


moments = st.datetimes(datetime(2001, 1, 1), datetime(2039, 1, 1), timezones=st.just(UTC))


@settings(max_examples=80, deadline=None)
@given(moments, st.sampled_from(ZONES))
def test_the_operational_deadline_is_72_hours_in_utc_always(aware: datetime, zone: str) -> None:
    found = due_of(EU, aware.astimezone(ZoneInfo(zone)), zone)

    assert found.due_at == aware + timedelta(hours=72)
    assert found.legal_latest_at is not None
    assert timedelta(0) < found.legal_latest_at - found.due_at <= timedelta(hours=1)


@settings(max_examples=80, deadline=None)
@given(moments, moments, st.sampled_from(ZONES), st.sampled_from([
    EU, term(3, Unit.BUSINESS_DAYS), term(3, Unit.CALENDAR_DAYS), term(1, Unit.MONTHS)]))
def test_a_later_start_never_gives_an_earlier_end(one: datetime, other: datetime, zone: str, rule: Rule) -> None:
    first, second = (due_of(rule, moment, zone) for moment in sorted((one, other)))

    assert first.due_at is not None
    assert second.due_at is not None
    assert first.due_at <= second.due_at
    assert hour_rule(min(one, other), 72, ZoneInfo(zone)) <= hour_rule(max(one, other), 72, ZoneInfo(zone))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 2000), st.integers(0, 3000), st.integers(0, 3000))
def test_a_clock_only_ever_becomes_more_urgent(hours: int, one: int, other: int) -> None:
    order = [Stand.RUNNING, Stand.SOON, Stand.CRITICAL, Stand.OVERDUE]
    end = START + timedelta(hours=hours)
    first, second = (standing(START, end, START + timedelta(hours=at)) for at in sorted((one, other)))

    assert order.index(first.state) <= order.index(second.state)
    assert (first.share_gone or 0) <= (second.share_gone or 0)
