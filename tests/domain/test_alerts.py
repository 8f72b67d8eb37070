from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import alerts

AWARE = datetime(2026, 11, 21, 8, 10, tzinfo=UTC)
DUE = AWARE + timedelta(hours=72)


def _keys(now: datetime, known_at: datetime | None = None) -> list[str]:
    return [rung.key for rung in alerts.due_rungs(AWARE, DUE, now, known_at=known_at)]


def test_the_ladder_of_72_hours_has_its_seven_thresholds_the_due_moment_and_every_six_hours_after() -> None:
    rungs = alerts.due_rungs(AWARE, DUE, DUE + timedelta(hours=13))

    assert [rung.words for rung in rungs] == [
        "48 h left", "24 h left", "12 h left", "6 h left", "4 h left", "2 h left", "1 h left", "due now",
        "6 h overdue", "12 h overdue",
    ]


def test_another_term_has_the_same_shares() -> None:
    rungs = alerts.due_rungs(AWARE, AWARE + timedelta(hours=24), AWARE + timedelta(hours=24))

    assert [rung.words for rung in rungs][:3] == ["16 h left", "8 h left", "4 h left"]
    assert rungs[-2].words == "20 min left"


def test_a_term_of_no_length_has_only_what_follows_it() -> None:
    assert [rung.key for rung in alerts.due_rungs(AWARE, AWARE, AWARE)] == ["due"]
    assert alerts.next_rung(AWARE, AWARE, AWARE - timedelta(minutes=1)).key == "due"


def test_nothing_is_due_before_the_first_threshold() -> None:
    assert _keys(AWARE + timedelta(hours=23)) == []


def test_thresholds_that_passed_before_the_duty_was_known_count_as_one() -> None:
    known = DUE - timedelta(hours=10)

    assert _keys(known, known_at=known) == ["12/72"]
    assert _keys(DUE, known_at=known) == ["12/72", "6/72", "4/72", "2/72", "1/72", "due"]


def test_a_duty_known_long_after_it_was_due_starts_at_the_last_rung() -> None:
    known = DUE + timedelta(hours=100)

    assert _keys(known, known_at=known) == ["over 96 h"]


@given(st.integers(min_value=-80 * 60, max_value=400 * 60))
def test_the_next_rung_is_always_ahead_and_the_reached_ones_behind(minutes: int) -> None:
    now = DUE + timedelta(minutes=minutes)

    reached = alerts.due_rungs(AWARE, DUE, now)
    coming = alerts.next_rung(AWARE, DUE, now)

    assert all(rung.at <= now for rung in reached)
    assert coming.at > now
    assert coming.key not in {rung.key for rung in reached}
    assert alerts.due_rungs(AWARE, DUE, coming.at) == [*reached, coming]


def test_what_was_missed_is_said_with_its_times() -> None:
    rungs = alerts.due_rungs(AWARE, DUE, DUE - timedelta(hours=6))

    names = [rung.words for rung in rungs[:-1]]

    words = alerts.missed_words(names, rungs[0].at, DUE - timedelta(hours=5), "Europe/Berlin")

    assert words == (
        "Nothing was evaluated from Sun 22 Nov 2026 09:10 CET to Tue 24 Nov 2026 04:10 CET: "
        "the thresholds “48 h left”, “24 h left” and “12 h left” were passed over meanwhile."
    )
    assert alerts.passed_over(names[:1]) == "the threshold “48 h left” was passed over meanwhile"
    assert not alerts.missed_words([], AWARE, DUE, "UTC")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=5), "5 min"), (timedelta(hours=11, minutes=24), "11 h 24 min"), (timedelta(hours=6), "6 h"),
        (timedelta(days=20), "20 d"), (timedelta(days=3, hours=2), "3 d 2 h"), (timedelta(days=2, hours=2), "50 h"),
    ],
)
def test_a_length_of_time_is_said_in_words(length: timedelta, words: str) -> None:
    assert alerts.span(length) == words


def test_an_acknowledgement_expires_after_half_an_hour_when_less_than_twelve_hours_are_left() -> None:
    late = DUE - timedelta(hours=6)

    assert alerts.ack_expires(alerts.DEFAULT, DUE, late) == late + timedelta(minutes=30)
    assert alerts.ack_expires(alerts.DEFAULT, DUE, DUE - timedelta(hours=13)) is None
    assert alerts.ack_expires(alerts.DEFAULT, None, late) is None
    assert alerts.is_critical(DUE, late)


def test_the_message_says_what_is_needed_and_marks_a_repeat() -> None:
    head = alerts.headline("BR-2026-021", "AEPD", "6 h left", drill=True)

    words = alerts.text(head, ["Due Tue 24 Nov 2026 09:10 CET.", ""], "https://x/alerts/1", repeat=True)

    assert words.splitlines() == [
        "DRILL · BR-2026-021 · AEPD · 6 h left (repeat)", "Due Tue 24 Nov 2026 09:10 CET.", "https://x/alerts/1",
    ]
    assert alerts.headline("incident-app", "", "demo") == "incident-app · demo"


def test_a_refused_message_waits_longer_each_time_and_then_gives_up() -> None:
    assert alerts.after_try(1, retry_after=None) == timedelta(seconds=30)
    assert alerts.after_try(3, retry_after=None) == timedelta(seconds=120)
    assert alerts.after_try(1, retry_after=7) == timedelta(seconds=7)
    assert alerts.after_try(6, retry_after=7) is None


def test_a_moment_is_told_in_the_zone_of_the_reader() -> None:
    assert alerts.moment(DUE, "Europe/Madrid") == "Tue 24 Nov 2026 09:10 CET"
    assert alerts.clock_time(DUE, "UTC") == "08:10 UTC"
    assert alerts.clock_time(DUE, "UTC", DUE - timedelta(hours=8)) == "08:10 UTC"
    assert alerts.clock_time(DUE, "UTC", DUE - timedelta(hours=9)) == f"{DUE:%a} {DUE.day} {DUE:%b} 08:10 UTC"


def test_a_button_has_room_for_two_names() -> None:
    assert alerts.some_names(["Ada"]) == "Ada"
    assert alerts.some_names(["Ada", "Sam"]) == "Ada and Sam"
    assert alerts.some_names(["Ada", "Sam", "Rene", "Ola"]) == "Ada, Sam and 2 more"
