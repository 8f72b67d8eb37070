"""Alerts and the rota as JSON."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts, alerts
from tests.fakes import START, FakeClock
from tests.services.duties import a_duty, a_plain_case

Api = Callable[[str], Callable[..., tuple[int, dict[str, Any]]]]


@pytest.fixture
def raised(app: Flask, clock: FakeClock) -> None:
    """One duty with 6 hours left."""
    with app.app_context():
        a_duty(db.session(), a_plain_case(db.session()))
        alerts.raise_due(db.session(), now=clock.move(hours=66))


def _user_id(app: Flask, who: str) -> int:
    with app.app_context():
        user = accounts.find(db.session(), f"{who}@example.org")
        assert user is not None
        return int(user.id)


def test_running_alerts_are_listed_and_read_with_everybody_who_is_paged(raised: None, api_for: Api) -> None:
    call = api_for("oncall_person")

    _, listed = call("GET", "/alerts")
    (alert,) = listed["running"]
    status, one = call("GET", f"/alerts/{alert['id']}")

    assert (alert["case"], alert["words"], alert["state"]) == ("BR-2026-021", "6 h left", "raised")
    assert [item["state"] for item in listed["over"]] == ["superseded"] * 3
    assert status == 200
    assert one["critical"]
    assert one["note"].endswith("Nobody was on call.")
    assert {(item["name"], item["channel"], item["state"]) for item in one["paged"]} >= {
        ("Ada Approver", "telegram", "skipped"), ("Ada Approver", "email", "planned"),
    }
    assert one["next"]["name"] == "Ada Approver"


def test_an_alert_is_acknowledged_taken_and_escalated(raised: None, api_for: Api, clock: FakeClock) -> None:
    call = api_for("oncall_person")
    number = call("GET", "/alerts")[1]["running"][0]["id"]

    status, acked = call("POST", f"/alerts/{number}/acknowledge")
    assert (status, acked["acknowledged_by"]) == (200, "Ola Oncall")
    assert acked["expires_at"] == (clock.now() + timedelta(minutes=30)).isoformat()
    assert api_for("responder")("POST", f"/alerts/{number}/take")[0] == 409
    assert call("POST", f"/alerts/{number}/take")[0] == 200
    assert call("POST", f"/alerts/{number}/escalate")[1]["state"] == "raised"


def test_who_may_not_is_refused_and_what_is_not_there_is_not_found(raised: None, api_for: Api) -> None:
    number = api_for("auditor")("GET", "/alerts")[1]["running"][0]["id"]

    assert api_for("auditor")("POST", f"/alerts/{number}/acknowledge")[0] == 403
    assert api_for("reporter")("GET", "/alerts")[0] == 403
    assert api_for("responder")("POST", "/alerts/4711/take")[0] == 404
    assert api_for("responder")("GET", "/alerts/4711")[0] == 404


def test_a_demo_alert_is_made_for_oneself(api_for: Api) -> None:
    status, made = api_for("responder")("POST", "/alerts/demo")

    assert (status, made["kind"], made["case"]) == (201, "demo", None)


def test_the_rota_is_read_filled_and_emptied(app: Flask, api_for: Api) -> None:
    call, number = api_for("responder"), _user_id(app, "oncall_person")
    assert call("GET", "/rota")[1]["on_call"] is None

    status, shift = call("POST", "/rota/shifts", {"user_id": number, "starts_at": START.isoformat(),
                                                  "ends_at": (START + timedelta(days=1)).isoformat()})
    assert status == 201
    call("POST", "/rota/shifts", {"user_id": _user_id(app, "approver"),
                                  "starts_at": (START + timedelta(days=1)).isoformat(),
                                  "ends_at": (START + timedelta(days=2)).isoformat()})
    _, read = call("GET", "/rota")
    assert (read["on_call"], read["next"]["name"], len(read["shifts"]), len(read["gaps"])) == (
        "Ola Oncall", "Ada Approver", 2, 1,
    )
    assert call("DELETE", f"/rota/shifts/{shift['id']}")[0] == 204
    assert call("DELETE", f"/rota/shifts/{shift['id']}")[0] == 404


@pytest.mark.parametrize(
    "facts",
    [{"user_id": "1"}, {"starts_at": "2026-11-24T08:00"}, {"colour": "red"}, {"ends_at": "2026-11-01T00:00:00Z"}],
)
def test_a_bad_shift_is_refused_in_words(app: Flask, api_for: Api, facts: dict[str, object]) -> None:
    given = {"user_id": _user_id(app, "oncall_person"), "starts_at": "2026-11-24T08:00:00Z",
             "ends_at": "2026-11-24T20:00:00Z"}

    status, answer = api_for("responder")("POST", "/rota/shifts", given | facts)

    assert status == 422
    assert set(answer["problems"]) <= {*facts, "ends_at"}
