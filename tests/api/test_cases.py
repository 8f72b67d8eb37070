"""Cases, severity and decisions as JSON."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import ApiClient

Api = Callable[[str], ApiClient]
BREACH: dict[str, object] = {
    "title": "Export open", "aware_at": "2026-11-23T10:00:00+01:00", "zone": "Europe/Berlin", "aware_source": "SOC call",
    "kind": "leaked-ai-prompts", "people_data": "yes", "people": {"certainty": "about", "low": 10000},
    "countries": ["DE", "RU"], "data_categories": ["ai_prompts"],
}
ANSWERS: dict[str, object] = {
    "classes": [{"class": "sensitive"}], "ei": "0.75", "confidentiality": "0.5", "integrity": "0", "availability": "0",
    "malicious": True, "extra": {"recipients_known": False},
}


def test_a_case_goes_from_filed_to_decided(api_for: Api) -> None:
    responder, approver = api_for("responder"), api_for("approver")

    # Given a filed breach
    status, case = responder("POST", "/cases", BREACH)
    assert status == 201
    assert case["ref"] == "BR-2026-001"
    assert {duty["regime"] for duty in case["obligations"]} == {"EU-GDPR", "RU-152FZ"}  # type: ignore[attr-defined]  # JSON

    # When facts, awareness and a note are added
    status, case = responder("PATCH", "/cases/BR-2026-001", {"version": 1, "people": {"certainty": "exact", "low": 9998},
                                                            "countries": ["DE"], "cause": "A debug switch"})
    assert (status, case["version"]) == (200, 2)
    status, case = responder("POST", "/cases/BR-2026-001/awareness", {
        "version": 2, "aware_at": "2026-11-23T09:00:00+01:00", "zone": "Europe/Berlin", "source": "Log",
        "reason": "The log shows it"})
    assert (status, case["aware_version"]) == (200, 2)
    assert responder("POST", "/cases/BR-2026-001/notes", {"text": "Called the processor."})[0] == 201

    # And it is scored and decided
    status, scored = responder("POST", "/cases/BR-2026-001/assessments", ANSWERS)
    assert (status, scored["se"]) == (201, "4")
    decision = {"subject": "people", "outcome": "required", "reason": "High risk is likely."}
    assert responder("POST", "/cases/BR-2026-001/decisions", decision)[0] == 403
    assert approver("POST", "/cases/BR-2026-001/decisions", decision)[0] == 201

    # Then the record shows it, and closing names every gap
    assert responder("GET", "/cases")[1]["cases"]
    assert len(responder("GET", "/cases/BR-2026-001/assessments")[1]["decisions"]) == 1  # type: ignore[arg-type]  # JSON
    actions = {entry["action"] for entry in responder("GET", "/cases/BR-2026-001/timeline")[1]["entries"]}  # type: ignore[attr-defined]  # JSON
    assert {"case.filed", "case.edited", "case.awareness_changed", "case.noted", "risk.decided"} <= actions
    status, refusal = approver("POST", "/cases/BR-2026-001/close", {"version": 3, "reason": "Done"})
    assert status == 422
    assert refusal["problems"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/cases", BREACH | {"state": "closed"}, "state"),
        ("/cases", BREACH | {"aware_at": "2026-11-23T10:00:00"}, "aware_at"),
        ("/cases", BREACH | {"aware_at": "2027-11-23T10:00:00+01:00"}, "aware_at"),
        ("/cases", BREACH | {"countries": ["DE", "XX"]}, "countries"),
        ("/cases", BREACH | {"people": {"certainty": "about", "low": "10"}}, "people.low"),
        ("/cases/BR-2026-001/assessments", ANSWERS | {"ei": "much"}, "ei"),
        ("/cases/BR-2026-001/assessments", ANSWERS | {"classes": [{"class": "secret"}]}, "classes"),
        ("/cases/BR-2026-001/assessments", ANSWERS | {"extra": {"mood": True}}, "extra.mood"),
    ],
)
def test_bad_input_is_named_by_field(api_for: Api, path: str, body: dict[str, object], field: str) -> None:
    responder = api_for("responder")
    responder("POST", "/cases", BREACH)

    status, refusal = responder("POST", path, body)

    assert status == 422
    assert field in refusal["problems"]  # type: ignore[operator]  # JSON


def test_without_a_live_token_nobody_comes_in(app: Flask, api_for: Api) -> None:
    client = app.test_client()
    assert client.get("/api/v1/cases").status_code == 401
    assert client.get("/api/v1/cases", headers={"Authorization": "Bearer guess"}).status_code == 401
    assert api_for("auditor").client.get("/api/v1/openapi.json").get_json()["openapi"] == "3.1.0"


def test_a_stale_version_is_a_conflict(api_for: Api) -> None:
    responder = api_for("responder")
    responder("POST", "/cases", BREACH)

    assert responder("PATCH", "/cases/BR-2026-001", {"version": 9, "cause": "x"})[0] == 409
    assert responder("GET", "/cases/BR-1999-001")[0] == 404
