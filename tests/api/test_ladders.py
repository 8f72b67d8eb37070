"""The ladders as JSON."""

from collections.abc import Callable
from typing import Any

Api = Callable[[str], Callable[..., tuple[int, dict[str, Any]]]]
STEPS = [
    {"after_minutes": 0, "who": "on_call", "ways": "both"}, {"after_minutes": 5, "who": "everyone", "ways": "both"},
]


def test_a_ladder_is_read_changed_and_refused_in_words(api_for: Api) -> None:
    call = api_for("approver")

    _, listed = call("GET", "/ladders")
    assert [one["kind"] for one in listed["ladders"]] == ["authority", "people", "other", "actions", "system"]
    assert listed["ladders"][0]["if_it_started_now"][1]["names"] == ["Ada Approver"]

    status, made = call("PUT", "/ladders/people", {"version": 0, "steps": STEPS, "ack_minutes": 15})
    assert (status, made["own"], made["version"], made["ack_minutes"]) == (200, True, 1, 15)
    assert made["hours_left"] == [48, 24, 12, 6, 4, 2, 1]

    status, _ = call("PUT", "/ladders/people", {"version": 0, "steps": STEPS})
    assert status == 409
    status, wrong = call("PUT", "/ladders/people", {"version": 1, "steps": STEPS[:1]})
    assert status == 422
    assert "nobody would be woken" in str(wrong)
    assert api_for("responder")("PUT", "/ladders/people", {"version": 1})[0] == 403


def test_everything_that_runs_is_acknowledged_at_once(api_for: Api) -> None:
    assert api_for("oncall_person")("POST", "/alerts/acknowledge-all") == (200, {"acknowledged": 0})
    assert api_for("auditor")("POST", "/alerts/acknowledge-all")[0] == 403
