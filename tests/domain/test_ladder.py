"""The ladder as an organisation writes it: what is read, what is refused, and what a change means for what has passed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import alerts
from incident_app.domain.alerts import ClockKind, Ladder, Ways, Who
from incident_app.domain.refusals import Refused

AWARE = datetime(2026, 11, 21, 8, 10, tzinfo=UTC)
DUE = AWARE + timedelta(hours=72)
FIRST = {"after_minutes": 0, "who": "on_call", "ways": "telegram_first"}
LAST = {"after_minutes": 5, "who": "everyone", "ways": "both"}


def _problems(**body: Any) -> dict[str, str]:
    with pytest.raises(Refused) as caught:
        alerts.read(body)
    return dict(caught.value.problems)


def test_what_was_written_is_read_back() -> None:
    ladder = alerts.read({
        "hours_left": [4, 36, 1], "overdue_hours": 3, "ack_minutes": 20, "next_channel_minutes": 1, "repeat_minutes": 15,
        "steps": [FIRST, {"after_minutes": 3, "who": "owner", "ways": "email_first"}, LAST],
    })

    assert ladder.hours_left == (36, 4, 1)
    assert [(step.who, step.channels, step.both) for step in ladder.steps] == [
        (Who.ON_CALL, ("telegram", "email"), False), (Who.OWNER, ("email", "telegram"), False),
        (Who.EVERYONE, ("telegram", "email"), True),
    ]
    assert alerts.read(alerts.plain(ladder)) == ladder


def test_what_is_not_said_is_as_by_default() -> None:
    assert alerts.read({}) == alerts.DEFAULT == Ladder()


@pytest.mark.parametrize("hours", [[], "48", None, [0], [72], [5.5], [4, 4], [True], list(range(1, 22))])
def test_thresholds_are_whole_hours_of_seventy_two_each_once(hours: object) -> None:
    assert _problems(hours_left=hours)["hours_left"].startswith("Give the hours left of 72")


def test_a_ladder_cannot_be_silent_until_it_is_too_late() -> None:
    assert _problems(hours_left=[48, 12])["hours_left"] == "At least one warning must come with 4 hours or fewer of 72 left."


@pytest.mark.parametrize(
    ("name", "value"),
    [("ack_minutes", 4), ("ack_minutes", "30"), ("next_channel_minutes", 11), ("repeat_minutes", 0), ("overdue_hours", 25)],
)
def test_each_length_has_its_bounds(name: str, value: object) -> None:
    assert "between" in _problems(**{name: value})[name] or "to" in _problems(**{name: value})[name]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "between one and 8 steps"),
        (None, "between one and 8 steps"),
        ([FIRST] * 9, "between one and 8 steps"),
        (["x"], "Step 1: say after how many minutes"),
        ([FIRST, {**LAST, "after_minutes": 1441}], "Step 2: say after how many minutes"),
        ([{**FIRST, "who": "nobody"}], "Step 1: choose whom it wakes"),
        ([{**FIRST, "ways": "pigeon"}], "Step 1: choose by what ways"),
        ([LAST], "The first step comes at once"),
        ([FIRST, {**LAST, "after_minutes": 0}], "Each step comes later"),
        ([FIRST], "If nobody is on call, nobody would be woken"),
    ],
)
def test_steps_that_do_not_fit_together_are_refused_in_words(steps: object, words: str) -> None:
    assert words in _problems(steps=steps)["steps"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert set(_problems(hours_left=[], ack_minutes=0, overdue_hours=0, steps=[])) == {
        "hours_left", "ack_minutes", "overdue_hours", "steps",
    }


def test_each_duty_is_on_the_ladder_of_its_kind() -> None:
    assert alerts.kind_of("authority") is ClockKind.AUTHORITY
    assert alerts.kind_of("data_subjects") is ClockKind.PEOPLE
    assert alerts.kind_of("controller") is ClockKind.OTHER
    assert alerts.kind_of(None) is ClockKind.SYSTEM
    assert alerts.kind_of(None, "actions") is ClockKind.ACTIONS


def test_overdue_actions_have_a_calmer_ladder_of_their_own() -> None:
    ladder = alerts.default_of(ClockKind.ACTIONS)

    assert [step.who for step in ladder.steps] == [Who.OWNER, Who.ON_CALL, Who.NEXT, Who.APPROVERS]
    assert alerts.read(alerts.plain(ladder)) == ladder, "it can be saved as it is"
    assert alerts.default_of(ClockKind.SYSTEM) == alerts.DEFAULT
    assert alerts.ack_expires(ladder, None, DUE, kind="actions") == DUE + timedelta(days=1)
    assert alerts.ack_expires(ladder, None, DUE, kind="health") == DUE + timedelta(minutes=30)
    assert alerts.ack_expires(ladder, None, DUE) is None


def test_a_kept_ladder_that_woke_administrators_too_wakes_the_approvers_alone() -> None:
    kept = {"steps": [FIRST, {**LAST, "who": "leads"}]}

    ladder = alerts.read(kept)

    assert [step.who for step in ladder.steps] == [Who.ON_CALL, Who.APPROVERS]
    assert "leads" not in str(alerts.plain(ladder)), "it is kept in today's words once it is saved again"


def test_a_ladder_of_ones_own_moves_the_thresholds_and_the_pace_once_overdue() -> None:
    ladder = alerts.read({"hours_left": [36, 3], "overdue_hours": 2})

    rungs = alerts.due_rungs(AWARE, DUE, DUE + timedelta(hours=4), ladder=ladder)

    assert [rung.words for rung in rungs] == ["36 h left", "3 h left", "due now", "2 h overdue", "4 h overdue"]
    assert [rung.key for rung in rungs] == ["36/72", "3/72", "due", "over 2 h", "over 4 h"]
    assert alerts.next_rung(AWARE, DUE, DUE, ladder).key == "over 2 h"


def test_what_had_passed_when_the_ladder_was_changed_is_not_warned_about_afterwards() -> None:
    changed = AWARE + timedelta(hours=40)
    ladder = alerts.read({"hours_left": [36, 4]}, kept_since=changed)
    passed, coming = alerts.due_rungs(AWARE, DUE, DUE - timedelta(hours=4), ladder=ladder)

    assert not alerts.worth_raising(passed, ladder, AWARE)
    assert alerts.worth_raising(coming, ladder, AWARE)
    assert alerts.worth_raising(passed, ladder, changed), "nobody knew the duty while the old ladder held"
    assert alerts.worth_raising(passed, alerts.DEFAULT, AWARE)


def test_the_duty_that_is_due_first_leads_and_of_two_due_at_once_the_later_threshold() -> None:
    early, late = alerts.due_rungs(AWARE, DUE, DUE - timedelta(hours=24))

    assert alerts.furthest([(early, DUE), (late, DUE), (late, DUE + timedelta(hours=1))]) == 1


@given(st.integers(0, 40), st.integers(0, 40))
def test_more_than_five_alerts_in_five_minutes_become_one_message(due: int, lately: int) -> None:
    assert alerts.is_digest(due, lately) is (due + lately > 5)
    held = alerts.digest_at(AWARE, lately, AWARE + timedelta(seconds=10))
    assert held == AWARE + timedelta(seconds=60 if lately >= 5 else 10)
    assert alerts.digest_at(None, lately, AWARE) == AWARE


def test_a_digest_shows_ten_and_counts_the_rest() -> None:
    assert alerts.digest_lines([str(number) for number in range(12)])[-2:] == ["9", "and 2 more"]
    assert alerts.digest_lines(["one"]) == ["one"]
    assert Ways.BOTH.value == "Telegram and email"
