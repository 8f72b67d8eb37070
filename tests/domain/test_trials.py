"""Where nobody outside may be told."""

import pytest

from incident_app.domain.deliveries import canary_verdict, failures_in_row
from incident_app.domain.ports import Rejected
from incident_app.domain.trials import DRILL, FULL, KEPT_IN, TRIAL, kept_to_team


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
