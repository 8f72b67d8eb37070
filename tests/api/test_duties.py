"""Duties as JSON: the same use cases, the same refusals."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.organisation import Organisation
from tests.conftest import ApiClient
from tests.fakes import START, FakeClock

Speak = Callable[[str], ApiClient]
BASE = "/cases/BR-2026-001"
PROOF = base64.b64encode(b"receipt").decode()
BREACH = {"title": "Export open", "aware_at": START.isoformat(), "zone": "Europe/Berlin", "aware_source": "SOC call",
          "people_data": "yes", "countries": ["DE", "RU"]}


@pytest.fixture
def filed(app: Flask, api_for: Speak, clock: FakeClock) -> ApiClient:
    """A responder of a financial business who filed a breach two hours ago, with people in Germany and Russia."""
    with app.app_context():
        db.session.scalars(select(Organisation)).one().sectors = ["financial"]
        db.session.commit()
    responder = api_for("responder")
    assert responder("POST", "/cases", BREACH)[0] == 201
    clock.move(hours=2)
    return responder


def read(client: ApiClient) -> dict[str, Any]:
    status, found = client("GET", f"{BASE}/duties")
    assert status == 200, found
    return found


def duty_of(client: ApiClient, provision: str) -> dict[str, Any]:
    return next(one for one in read(client)["duties"] if one["provision"] == provision)


def test_every_duty_is_read_with_all_its_terms(filed: ApiClient) -> None:
    found = read(filed)
    duty = duty_of(filed, "Art 33(1)")

    assert (duty["law"], duty["due_at"], duty["leads"]) == ("EU GDPR", "2026-11-26T09:40:00+00:00", False)
    assert (duty["value"], duty["unit"], duty["threshold_id"], duty["state"]) == (72, "hours", "risk", "undecided")
    assert duty["disputed_two_working_days"]["touched_at"] == duty["legal_latest_at"]
    assert [one["provision"] for one in found["records"]] == ["Art 33(5)"]
    assert "is at home in Germany" in duty["why"], duty["why"]
    in_short = filed("GET", BASE)[1]["obligations"]
    assert duty["why"] in [one["why"] for one in in_short]  # type: ignore[attr-defined]  # JSON
    assert "a proposal" in " ".join(one["why"] for one in found["not_owed"])
    assert (found["moments"], found["no_longer_apply"]) == ([], [])


def test_one_duty_is_decided_with_a_reason(filed: ApiClient, api_for: Speak) -> None:
    number, approver = duty_of(filed, "Art 19(12)-(13)")["id"], api_for("approver")
    path = f"{BASE}/duties/{number}/decision"

    assert approver("POST", path, {"owed": False, "reason": ""})[0] == 422
    assert filed("POST", path, {"owed": False, "reason": "Because"})[0] == 403
    assert approver("POST", f"{BASE}/duties/999/decision", {"owed": False, "reason": "Because"})[0] == 404
    status, duty = approver("POST", path, {"owed": False, "reason": "Everybody was phoned"})

    assert (status, duty["state"], duty["state_reason"]) == (200, "excused", "Everybody was phoned")


def test_a_moment_starts_a_clock_and_the_earlier_version_is_read_too(filed: ApiClient) -> None:
    body = {"anchor": "classified_major", "at": "2026-11-23T10:30:00Z", "reason": "Crisis team"}

    assert filed("POST", f"{BASE}/moments", body | {"anchor": "aware"})[0] == 422
    status, moment = filed("POST", f"{BASE}/moments", body)

    assert (status, moment["anchor"]) == (201, "classified_major")
    duty = duty_of(filed, "Art 5(1)(a)")
    assert duty["due_at"] == "2026-11-23T14:30:00+00:00"
    assert [one["state_reason"] for one in duty["earlier_versions"]] == ["The moment it counts from changed."]
    assert [one["reason"] for one in read(filed)["moments"]] == ["Crisis team"]


def test_told_is_recorded_with_its_proof_only(filed: ApiClient, api_for: Speak) -> None:
    path, approver = f"{BASE}/duties/{duty_of(filed, 'Art 19(12)-(13)')['id']}/done", api_for("approver")
    body = {"at": "2026-11-23T11:00:00Z", "how": "portal", "reference": "77", "proof_name": "r.pdf", "proof_base64": PROOF}

    assert approver("POST", path, body | {"proof_base64": "%"})[0] == 422
    assert approver("POST", path, body | {"how": "pigeon"})[1]["problems"] == {
        "how": "Choose one of portal, email, phone, post, notice, public."}
    assert approver("POST", path, body | {"how": "public"})[1]["problems"] == {
        "how": "Only people may be told in public (Art 34(3)(c))."}
    status, duty = approver("POST", path, body)

    assert (status, duty["state"], duty["receipt_reference"]) == (200, "discharged", "77")
    assert approver("POST", path, body)[0] == 409


def test_what_if_is_looked_at_and_nothing_is_saved(filed: ApiClient) -> None:
    status, found = filed("GET", f"{BASE}/what-if?aware_at=2026-11-23T08:40:00Z&proposal=")
    moved: dict[str, Any] = {one["now"]["provision"]: one["moved_seconds"] for one in found["duties"]}  # type: ignore[attr-defined]  # JSON

    assert (status, moved["Art 33(1)"], moved["Art 34(1)"]) == (200, -3600, None)
    assert duty_of(filed, "Art 33(1)")["due_at"] == "2026-11-26T09:40:00+00:00"
    assert found["proposals"] == [{"id": "EU-GDPR-OMNIBUS", "name": "EU GDPR as proposed in the Digital Omnibus"}]
    assert filed("GET", f"{BASE}/what-if?proposal=EU-GDPR-OMNIBUS")[0] == 200
    assert filed("GET", f"{BASE}/what-if?aware_at=soon")[0] == 422
    assert filed("GET", f"{BASE}/what-if?aware_at=2027-01-01T00:00:00Z")[0] == 422
