"""Alerts as JSON."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import alerts
from tests.fakes import FakeClock
from tests.services.duties import a_duty, a_plain_case

Api = Callable[[str], Callable[..., tuple[int, dict[str, Any]]]]


@pytest.fixture
def raised(app: Flask, clock: FakeClock) -> None:
    """One duty with 6 hours left."""
    with app.app_context():
        a_duty(db.session(), a_plain_case(db.session()))
        alerts.raise_due(db.session(), now=clock.move(hours=66))


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
