"""What a breach is: states, counts, moments; and what keeps a case open."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_app.domain.cases import (
    CaseState,
    Certainty,
    Count,
    check_moments,
    local_moment,
    move_refusal,
    zone_of,
)
from incident_app.domain.refusals import Refused

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)


@pytest.mark.parametrize(("count", "words", "at_most"), [
    (Count.exact(10_000), "10\u202f000", 10_000),
    (Count.about(10_000), "about 10\u202f000", None),
    (Count.between(1000, 5000), "1\u202f000 to 5\u202f000", 5000),
    (Count.unknown(), "unknown", None),
    (Count.exact(0), "0", 0),
])
def test_a_count_says_how_well_it_is_known(count: Count, words: str, at_most: int | None) -> None:
    assert count.words() == words
    assert count.at_most == at_most
    assert Count.from_json(count.to_json()) == count


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_count_at_all_is_unknown_and_not_zero(nothing: dict[str, object] | None) -> None:
    assert Count.from_json(nothing) == Count.unknown()


@pytest.mark.parametrize(("plain", "field"), [
    ({"certainty": "exact"}, "low"),
    ({"certainty": "about"}, "low"),
    ({"certainty": "exact", "low": -1}, "low"),
    ({"certainty": "exact", "low": 1, "high": 2}, "high"),
    ({"certainty": "range", "low": 1}, "high"),
    ({"certainty": "range", "high": 1}, "high"),
    ({"certainty": "range", "low": 2, "high": 1}, "high"),
    ({"certainty": "range", "low": 2, "high": -1}, "low"),
    ({"certainty": "unknown", "low": 0}, "low"),
    ({"certainty": "unknown", "high": 0}, "low"),
    ({"certainty": "roughly", "low": 1}, "certainty"),
    ({"certainty": 7, "low": 1}, "certainty"),
    ({"certainty": "exact", "low": True}, "low"),
    ({"certainty": "exact", "low": "12"}, "low"),
    ({"certainty": "exact", "low": 1.0}, "low"),
    ({"certainty": "exact", "low": 1, "number": 1}, "number"),
])
def test_a_count_that_makes_no_sense_is_refused_by_field(plain: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        Count.from_json(plain)
    assert list(refusal.value.problems) == [field]


def test_a_case_goes_forward_and_back_to_a_new_assessment_but_never_out_of_closed() -> None:
    assert move_refusal(CaseState.LOGGED, CaseState.ASSESSED) is None
    assert move_refusal(CaseState.DECIDED, CaseState.CLOSED) is None
    assert move_refusal(CaseState.REVIEWED, CaseState.ASSESSED) is None
    assert "decided" in (move_refusal(CaseState.LOGGED, CaseState.CLOSED) or "")
    assert "decided" in (move_refusal(CaseState.ASSESSED, CaseState.NOTIFIED) or "")
    assert "logged once" in (move_refusal(CaseState.NOTIFIED, CaseState.LOGGED) or "")
    for state in CaseState:
        assert "closed" in (move_refusal(CaseState.CLOSED, state) or "")


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def test_moments_in_their_order_are_fine_and_may_be_missing_or_equal() -> None:
    assert check_moments(hours_ago(4), hours_ago(3), hours_ago(2), hours_ago(1), NOW) == {}
    assert check_moments(None, None, None, None, NOW) == {}
    assert check_moments(NOW, None, NOW, NOW, NOW) == {}


def test_awareness_cannot_lie_in_the_future() -> None:
    problems = check_moments(None, None, hours_ago(1), NOW + timedelta(seconds=1), NOW)

    assert list(problems) == ["aware_at"]
    assert "still to come" in problems["aware_at"]


def test_awareness_cannot_come_before_detection() -> None:
    problems = check_moments(None, None, hours_ago(1), hours_ago(2), NOW)

    assert problems == {"aware_at": "This is before detection; awareness cannot come first."}


def test_nothing_is_seen_before_it_happened() -> None:
    problems = check_moments(hours_ago(1), None, hours_ago(2), hours_ago(1), NOW)

    assert problems == {"detected_at": "This is before the moment it happened; detection cannot come first."}


@pytest.mark.parametrize(("text", "zone", "fold", "utc"), [
    ("2026-11-24T09:40", "Europe/Berlin", None, "2026-11-24T08:40"),
    ("2026-11-24T09:40:30", "Europe/Berlin", None, "2026-11-24T08:40:30"),
    ("2026-11-24T09:40", "Asia/Kathmandu", None, "2026-11-24T03:55"),
    ("2026-10-25T02:30", "Europe/Berlin", 0, "2026-10-25T00:30"),
    ("2026-10-25T02:30", "Europe/Berlin", 1, "2026-10-25T01:30"),
    ("2026-11-24T09:40", "Europe/Berlin", 1, "2026-11-24T08:40"),
])
def test_local_times_become_moments(text: str, zone: str, fold: int | None, utc: str) -> None:
    assert local_moment(text, zone, fold) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("fold", [None, 0, 1])
def test_a_local_time_skipped_in_spring_is_refused(fold: int | None) -> None:
    with pytest.raises(Refused) as refusal:
        local_moment("2026-03-29T02:30", "Europe/Berlin", fold)
    words = refusal.value.problems["aware_at"]
    assert words.startswith("02:30 on 29 Mar 2026 does not exist in Europe/Berlin")
    assert "Did you mean 03:30?" in words


def test_a_local_time_that_happened_twice_asks_which() -> None:
    with pytest.raises(Refused) as refusal:
        local_moment("2026-10-25T02:30", "Europe/Berlin", field="detected_at")
    assert "choose the first (CEST) or the second (CET)" in refusal.value.problems["detected_at"]


@pytest.mark.parametrize("text", [
    "", "yesterday", "2026-11-24", "2026-11-24T9:40", "2026-13-01T00:00", "2026-02-30T00:00", "2026-11-24T09:40Z",
    "2026-11-24T24:00", "0001-01-01T00:00", "٢٠٢٦-11-24T09:40",
])
def test_what_is_no_local_time_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        local_moment(text, "Europe/Berlin")
    assert "aware_at" in refusal.value.problems


@pytest.mark.parametrize("text", ["1850-01-01T09:00", "1899-12-31T00:00", "2201-01-01T00:00", "2999-01-01T09:00"])
def test_a_year_nobody_means_is_refused_in_words(text: str) -> None:
    with pytest.raises(Refused) as refused:
        local_moment(text, "Europe/Berlin")
    assert "Between the years" in refused.value.problems["aware_at"]


@pytest.mark.parametrize("zone", ["", "Mars/Base", "Europe", "../etc/passwd", "/etc/passwd", "a\0b"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(Refused) as refusal:
        local_moment("2026-11-24T09:40", zone)
    assert "zone" in refusal.value.problems
    with pytest.raises(Refused) as of_field:
        zone_of(zone, field="home_zone")
    assert "home_zone" in of_field.value.problems


@settings(max_examples=60, deadline=None)
@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)), st.sampled_from([
    "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe"]), st.sampled_from([0, 1]))
def test_a_moment_shown_locally_and_read_back_is_the_same_moment(wall: datetime, zone: str, fold: int) -> None:
    minute = wall.replace(second=0, microsecond=0, tzinfo=zone_of(zone), fold=fold).astimezone(UTC)
    shown = minute.astimezone(zone_of(zone))

    assert local_moment(f"{shown:%Y-%m-%dT%H:%M}", zone, shown.fold) == minute


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=30, deadline=None)
def test_a_range_never_has_its_ends_the_wrong_way_round(one: int, other: int) -> None:
    count = Count.between(min(one, other), max(one, other))

    assert count.certainty is Certainty.RANGE
    assert Count.from_json(count.to_json()) == count


@pytest.mark.parametrize(("count", "least"), [
    (Count.exact(5), 5), (Count.between(3, 9), 3), (Count.about(9), 0), (Count.unknown(), 0),
])
def test_nobody_vouches_for_the_lower_end_of_an_estimate(count: Count, least: int) -> None:
    assert count.at_least == least
