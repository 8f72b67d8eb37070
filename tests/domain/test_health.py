"""What is well, since when it is not, and whom that wakes."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from incident_app.domain import alerts, health
from incident_app.domain.health import Check, Disk, Expected, Facts, Part, Seen, Standing
from tests.fakes import START
from tests.machines import FakeMachine

MINUTE = timedelta(minutes=1)
BERLIN = "Europe/Berlin"


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_part_is_well_while_its_sign_of_life_is_fresh() -> None:
    part = Part("wakes the workers")

    assert health.life("scheduler", part, Seen(START), START + MINUTE).ok
    late = health.life("scheduler", part, Seen(START), START + 3 * MINUTE)
    assert (late.ok, late.words) == (False, "wakes the workers; seen 3 min ago")
    assert late.began == START + MINUTE
    assert health.life("scheduler", part, None, START).words.endswith("has not been seen yet")


def test_bad_news_of_a_case_are_told_by_the_alert_of_that_case() -> None:
    part = health.PARTS["alerts"]
    news = Seen(START, ok=False, detail="1 deadlines could not be evaluated")

    fresh = health.life("alerts", part, news, START)
    late = health.life("alerts", part, news, START + 4 * MINUTE)

    assert (fresh.ok, fresh.told, late.told) == (False, True, False)
    assert fresh.words.endswith("seen 0 s ago: 1 deadlines could not be evaluated")


def test_a_worker_that_reads_a_long_list_lives_as_long_as_its_lease() -> None:
    signs = {name: Seen(START) for name in health.PARTS}
    later = START + timedelta(hours=1)

    assert by_name(health.lives(Facts(signs, reading=True), later))["worker documents"].ok
    assert not by_name(health.lives(Facts(signs), later))["worker documents"].ok
    assert not by_name(health.lives(Facts({}, reading=True), later))["worker documents"].ok


def test_bot_and_monitor_are_looked_for_only_where_they_are_set_up_and_were_seen() -> None:
    signs = {"staff bot": Seen(START, ok=True, detail="14"), "outside monitor": Seen(START, ok=False, detail="it answered 404")}

    assert "staff bot" not in by_name(health.lives(Facts(signs), START))
    found = by_name(health.lives(Facts(signs), START, Expected(staff_bot=True, monitor=True)))
    assert (found["staff bot"].ok, found["outside monitor"].ok) == (True, False)
    assert "14" not in found["staff bot"].words
    assert found["outside monitor"].words.endswith("it answered 404")
    assert "staff bot" not in by_name(health.lives(Facts({}), START, Expected(staff_bot=True)))


def test_work_that_nobody_takes_up_is_said_after_a_while() -> None:
    facts = Facts({}, oldest={"alert messages": START, "receipts": START})

    found = by_name(health.waits(facts, START + 6 * MINUTE))

    assert found["receipts"].ok
    assert found["receipts"].words == "nothing waits too long"
    facts = replace(facts, last_receipt_at=START + MINUTE)
    assert by_name(health.waits(facts, START + 6 * MINUTE))["receipts"].words.endswith("; the last came 5 min ago")
    assert found["lists"].words == "nothing waits too long"
    late = found["alert messages"]
    assert (late.ok, late.words, late.began) == (False, "due, and nobody has got one for 6 min", START + 5 * MINUTE)


def test_backups_count_only_where_the_app_makes_them_and_go_stale_after_three_days() -> None:
    assert health.kept(Facts({}), START) == []
    (fresh,) = health.kept(Facts({"backup": Seen(START)}), START + timedelta(days=2))
    assert (fresh.ok, fresh.words, fresh.began) == (True, "the last one was made 48 h ago", None)
    (late,) = health.kept(Facts({"backup": Seen(START)}), START + timedelta(days=4))
    assert (late.ok, late.words, late.began) == (False, "the last one was made 4 d ago", START + timedelta(days=3))


def test_a_self_test_nobody_acknowledged_for_eight_days_is_not_well() -> None:
    facts = Facts({}, self_test_since=START, self_test_words="not acknowledged")

    assert health.kept(facts, START + timedelta(days=8))[0].ok
    assert not health.kept(facts, START + timedelta(days=8, seconds=1))[0].ok
    assert health.kept(Facts({}, self_test_words="the next one comes"), START)[0].ok


def test_a_slow_database_is_not_well() -> None:
    assert health.database(timedelta(microseconds=300)).words == "answers"
    assert health.database(timedelta(milliseconds=12)).words == "answers in 12 ms"
    assert not health.database(timedelta(seconds=3)).ok


@pytest.mark.parametrize(
    ("free", "total", "ok"),
    [(50, 100, True), (4, 100, False), (0.9, 10, False), (5, 100, True), (0, 0, False)],
)
def test_a_disk_needs_a_gigabyte_and_a_twentieth(free: float, total: float, ok: bool) -> None:
    machine = FakeMachine(room=Disk(int(free * 10**9), int(total * 10**9)))

    (found,) = health.machine(machine)

    assert (found.name, found.ok) == ("disk of host1", ok)


def test_a_clock_five_seconds_off_and_a_broker_that_is_away_are_said() -> None:
    machine = FakeMachine(offset=timedelta(seconds=-6), broker_says="does not answer (ConnectionRefusedError)")

    _, clock, broker = health.machine(machine)

    assert (clock.ok, clock.words) == (False, "6.0 s behind the database's")
    assert (broker.ok, broker.words) == (False, "does not answer (ConnectionRefusedError)")
    _, clock, broker = health.machine(FakeMachine(offset=timedelta(seconds=3), broker_says=""))
    assert (clock.ok, clock.words, broker.words) == (True, "3.0 s ahead of the database's", "answers")
    _, clock = health.machine(FakeMachine(offset=timedelta(milliseconds=3)))
    assert clock.words == "as the database's"


def test_since_when_is_counted_from_the_first_look_and_never_before_the_last_good_one() -> None:
    bad = Check("scheduler", ok=False, words="", began=START - MINUTE)
    good = Check("scheduler", ok=True, words="")

    assert health.since(None, bad, START) == START
    assert health.since(Standing(True, START - 60 * MINUTE, START - 2 * MINUTE), bad, START) == START - MINUTE
    assert health.since(Standing(True, START - 60 * MINUTE, START - MINUTE / 2), bad, START) == START - MINUTE / 2
    undated = Check("disk", ok=False, words="")
    assert health.since(Standing(True, START - 60 * MINUTE, START - MINUTE), undated, START) == START
    assert health.since(Standing(False, START - 9 * MINUTE, START - MINUTE), bad, START) == START - 9 * MINUTE
    assert health.since(Standing(False, START - 9 * MINUTE, START - MINUTE), good, START) == START
    assert health.since(Standing(True, START - 9 * MINUTE, START - MINUTE), good, START) == START - 9 * MINUTE


def test_after_a_night_in_which_all_was_stopped_nobody_is_woken_by_old_signs() -> None:
    bad = Check("scheduler", ok=False, words="", began=START - 8 * 60 * MINUTE)
    night = START - 8 * 60 * MINUTE

    assert health.since(Standing(True, night, night), bad, START) == START
    assert health.since(Standing(False, night, night), bad, START) == START
    assert health.since(Standing(False, night, night, alerted=True), bad, START) == night


def test_what_lasts_two_minutes_wakes_somebody_unless_something_below_explains_it() -> None:
    worker = Check("worker bulk", ok=False, words="")

    assert not health.wakes(worker, START, START + MINUTE, ())
    assert health.wakes(worker, START, START + 2 * MINUTE, ("worker bulk",))
    assert not health.wakes(worker, START, START + 2 * MINUTE, ("worker bulk", "scheduler"))
    assert not health.wakes(Check("alerts", ok=False, words="", told=True), START, START + 9 * MINUTE, ())
    assert not health.wakes(Check("disk", ok=True, words=""), START, START + 9 * MINUTE, ())
    assert health.stands_on("sending") >= {"scheduler", "worker bulk"}
    assert health.stands_on("disk of host1") == frozenset()
    assert health.stands_on("outside monitor") == {"watchdog"}


def test_an_alert_says_since_when_in_the_zone_of_the_house_and_fits_its_row() -> None:
    words = health.alert_words(Check("scheduler", ok=False, words="x" * 400), START, BERLIN)

    assert words.startswith("scheduler not well since 10:40 CET: x")
    assert len(words) == 300


def test_one_of_two_evaluators_is_enough() -> None:
    never = health.full_pass({}, START)
    assert (never.ok, never.words) == (False, "no deadline has been evaluated yet")
    signs = {"alerts": Seen(START - 10 * MINUTE), "watchdog": Seen(START - MINUTE)}
    assert health.full_pass(signs, START).words == "all evaluated 60 s ago"
    stale = health.full_pass(signs, START + 5 * MINUTE)
    assert (stale.ok, stale.words) == (False, "no deadline was evaluated for 6 min")
    failed = health.full_pass({"alerts": Seen(START, ok=False, detail="1 deadlines could not be evaluated")}, START)
    assert (failed.ok, failed.words) == (False, "1 deadlines could not be evaluated")


def test_the_monitor_is_pinged_only_when_all_was_evaluated_and_sent() -> None:
    late = Check("alert messages", ok=False, words="due, and nobody has got one for 6 min")

    assert health.why_not_ping(0, [Check("disk", ok=False, words="full")]) == ""
    assert health.why_not_ping(2, []) == "2 deadlines could not be evaluated"
    assert health.why_not_ping(0, [late]) == "alert messages: due, and nobody has got one for 6 min"


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23T09:59", "2026-11-23T10:00"), ("2026-11-23T10:00", "2026-11-30T10:00"),
        ("2026-11-24T03:00", "2026-11-30T10:00"), ("2026-11-22T23:30", "2026-11-23T10:00"),
        ("2026-03-27T12:00", "2026-03-30T10:00"),
    ],
)
def test_the_self_test_comes_on_monday_at_ten_where_the_house_stands(now: str, due: str) -> None:
    here = ZoneInfo(BERLIN)

    found = health.next_self_test(datetime.fromisoformat(now).replace(tzinfo=here), BERLIN)

    assert found.astimezone(here) == datetime.fromisoformat(due).replace(tzinfo=here)
    assert found.utcoffset() == timedelta()


def test_a_week_has_the_number_of_its_thursday() -> None:
    assert health.week_of(datetime(2026, 12, 31, 23, 30, tzinfo=ZoneInfo("UTC")), "Asia/Tokyo") == "2026-W53"


def test_people_are_told_in_their_own_zone_and_in_utc_where_theirs_is_unknown() -> None:
    assert "has not answered since 10:40 CET." in health.away_words(START, BERLIN)
    assert "09:40 UTC" in health.away_words(START, "Mars/Olympus")
    assert "away from 10:40 CET" in health.back_words(START, START + MINUTE, BERLIN)
    assert alerts.known_zone("../etc") == "UTC"


def test_a_key_shows_no_more_than_tells_it_from_another() -> None:
    assert [health.masked(one) for one in (None, "short", "SG.abcdefghijklmnopqrstuvwxyz")] == ["", "set", "…wxyz"]


def test_seconds_turn_into_minutes_hours_and_days() -> None:
    assert [health.ago(timedelta(seconds=one)) for one in (-3, 61, 119, 120, 3 * 3600)] == [
        "0 s ago", "61 s ago", "119 s ago", "2 min ago", "3 h ago"]
