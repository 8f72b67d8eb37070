"""Where nobody outside may be told."""

import pytest

from incident_app.domain.deliveries import canary_verdict, failures_in_row
from incident_app.domain.ports import Rejected
from incident_app.domain.trials import DRILL, FULL, KEPT_IN, TRIAL, kept_to_team, team_words, why_kept


@pytest.mark.parametrize(("mode", "drill", "why"), [
    ("simulate", False, ""), ("simulate", True, ""), ("live", False, ""), ("live", True, DRILL), ("trial", False, TRIAL),
    ("trial", True, DRILL),
])
def test_messages_stay_with_the_team_in_a_drill_and_in_trial_mode_unless_none_leaves_anyway(mode: str, drill: bool, why: str) -> None:
    assert kept_to_team(mode, drill=drill) == why


def test_whom_we_did_not_write_to_says_nothing_about_the_channel() -> None:
    kept = [Rejected(reason, permanent=True) for reason in (DRILL, TRIAL, FULL)] * 10

    assert failures_in_row(3, kept) == 3
    assert canary_verdict(one.reason for one in kept) is None
    assert failures_in_row(3, [Rejected("Unknown.", permanent=True)]) == 4
    assert {DRILL, TRIAL, FULL} == KEPT_IN


@pytest.mark.parametrize(("within", "said"), [
    (4, "4 of the 8 people have an account here: only they get it."), (1, "1 of the 8 people has an account here: only they get it."),
    (0, "None of the 8 people has an account here: nobody gets it."),
    (None, "Whoever of the 8 people has an account here gets it, nobody else."),
])
def test_how_many_get_it_is_said(within: int | None, said: str) -> None:
    assert team_words(within, 8, "people") == said


@pytest.mark.parametrize(("cause", "mode", "drill", "why"), [
    (TRIAL, "trial", False, "Trial mode is on, so trying again reaches none of them. Two administrators end it under Health, Trial mode."),
    (DRILL, "live", True, "A drill stays with the team, so trying again reaches none of them."),
    (TRIAL, "live", False, ""), (DRILL, "simulate", True, ""), (FULL, "trial", False, ""), ("The mailbox is full", "trial", False, ""),
])
def test_whom_trial_mode_or_a_drill_kept_in_is_kept_in_again_as_long_as_it_lasts(cause: str, mode: str, drill: bool, why: str) -> None:
    assert why_kept(cause, mode, drill=drill) == why
