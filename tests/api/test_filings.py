"""Filings, files and reports as JSON: the same use cases, the same refusals."""

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.models.filings import Filing
from incident_app.services import filings
from incident_app.tasks import papers as tasks
from tests.conftest import ApiClient
from tests.fakes import FakeClock
from tests.services.filing_steps import all_answered, an_owed_case
from tests.web.walk import hired

Speak = Callable[[str], ApiClient]
BASE = "/cases/BR-2026-001"
PROOF = base64.b64encode(b"receipt").decode()


@pytest.fixture
def duty(app: Flask, clock: FakeClock) -> int:
    """The id of a duty to an authority that is owed."""
    clock.move(hours=2)
    with app.app_context():
        case = an_owed_case(db.session(), hired())
        return filings.duties_to_authorities(db.session(), case.id)[0].id


def field_of(filing: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for section in filing["sections"] for one in section["fields"] if one["id"] == name)


def asked(app: Flask, responder: ApiClient, duty: int) -> dict[str, Any]:
    assert responder("POST", f"{BASE}/filings", {"obligation_id": duty})[0] == 201
    with app.app_context():
        answers = all_answered(db.session().get_one(Filing, 1))
    status, filing = responder("PATCH", f"{BASE}/filings/1", {"version": 1, "answers": answers})
    assert status == 200, filing
    status, filing = responder("POST", f"{BASE}/filings/1/ask-approval", {"version": 2})
    assert status == 200, filing
    return filing


def test_a_filing_goes_from_draft_to_filed(app: Flask, api_for: Speak, duty: int) -> None:
    responder, approver = api_for("responder"), api_for("approver")
    filing: dict[str, Any] = asked(app, responder, duty)
    assert (filing["state"], filing["complete"], filing["recipient"] != "") == ("in_review", False, True)

    status, filing = approver("POST", f"{BASE}/filings/1/approve", {"version": 3})
    assert (status, filing["state"]) == (200, "approved")
    assert tasks.make() == 1
    status, filing = approver("POST", f"{BASE}/filings/1/submitted", {
        "submitted_at": "2026-11-23T12:00:00+01:00", "how": "portal", "reference": "AZ-1", "proof_name": "r.pdf",
        "proof_base64": PROOF,
    })

    assert (status, filing["state"], filing["reference"]) == (200, "submitted", "AZ-1")
    assert responder("GET", f"{BASE}/filings")[1]["filings"][0]["submitted_at"] == "2026-11-23T11:00:00+00:00"  # type: ignore[index]  # JSON
    assert len(responder("GET", f"{BASE}/documents")[1]["documents"]) == 2  # type: ignore[arg-type]  # JSON


def test_a_draft_says_what_the_case_says_and_what_is_missing(api_for: Speak, duty: int) -> None:
    responder = api_for("responder")

    filing: dict[str, Any] = responder("POST", f"{BASE}/filings", {"obligation_id": duty})[1]

    assert field_of(filing, "people_count")["words"] == "about 10\u202f000"
    assert "Art. 33(3)(c)" in " ".join(gap["words"] for gap in filing["missing"])
    status, filing = responder("PATCH", f"{BASE}/filings/1", {"version": 1, "answers": {"cause": {"value": "Typed"}}})
    assert (status, field_of(filing, "cause")["case_says"]) == (200, "A debug export was left in open storage.")
    status, filing = responder("POST", f"{BASE}/filings/1/use", {"version": 2, "fields": ["cause"]})
    assert (status, field_of(filing, "cause")["source"]) == (200, "case")
    assert responder("GET", f"{BASE}/filings/1")[1]["version"] == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/filings", {"obligation_id": 999}, 404), ("POST", "/filings", {"obligation_id": "1"}, 422),
        ("POST", "/filings", {"odd": 1}, 422), ("PATCH", "/filings/1", {"version": 9, "answers": {}}, 409),
        ("PATCH", "/filings/1", {"version": 1, "answers": {"odd": {"value": 1}}}, 422),
        ("PATCH", "/filings/1", {"version": 1, "answers": {"cause": {"value": "x"}}, "phase": "initial"}, 422),
        ("PATCH", "/filings/1", {"version": 1, "phase": "final"}, 422),
        ("POST", "/filings/1/ask-approval", {"version": 1}, 422), ("GET", "/filings/7", None, 404),
    ],
)
def test_what_cannot_be_is_answered_in_words(
    api_for: Speak, duty: int, method: str, path: str, body: object, status: int
) -> None:
    responder = api_for("responder")
    responder("POST", f"{BASE}/filings", {"obligation_id": duty})

    found, answer = responder(method, f"{BASE}{path}", body)

    assert found == status
    assert answer["error"]


def test_an_author_cannot_approve_and_a_second_person_may_send_back(app: Flask, api_for: Speak, duty: int) -> None:
    responder, approver = api_for("responder"), api_for("approver")
    asked(app, responder, duty)

    assert responder("POST", f"{BASE}/filings/1/approve", {"version": 3})[0] == 403
    status, filing = approver("POST", f"{BASE}/filings/1/send-back", {"version": 3, "reason": "Say which storage."})
    assert (status, filing["sent_back_reason"]) == (200, "Say which storage.")
    assert responder("PATCH", f"{BASE}/filings/1", {"version": 4, "phase": "initial"})[0] == 200


def test_a_proof_that_is_not_base64_is_refused(api_for: Speak, duty: int) -> None:
    approver = api_for("approver")
    approver("POST", f"{BASE}/filings", {"obligation_id": duty})

    status, answer = approver("POST", f"{BASE}/filings/1/submitted", {
        "submitted_at": "2026-11-23T12:00:00+01:00", "how": "portal", "reference": "AZ-1", "proof_name": "r.pdf",
        "proof_base64": "***",
    })

    assert (status, answer["problems"]) == (422, {"proof_base64": "Give the file as base64."})


def test_a_file_goes_in_comes_out_and_is_verified(api_for: Speak, duty: int) -> None:
    responder = api_for("responder")

    answer = responder.client.post(
        f"/api/v1{BASE}/documents?kind=proof", headers=responder.headers, data={"file": (BytesIO(b"log"), "../log.txt")}
    )
    kept = answer.get_json()
    path = f"{BASE}/documents/{kept['id']}"
    content = responder.client.get(f"/api/v1{path}/content", headers=responder.headers)

    assert (answer.status_code, kept["name"], kept["kind"]) == (201, "log.txt", "proof")
    assert content.data == b"log"
    assert content.headers["Content-Disposition"] == 'attachment; filename="log.txt"'
    assert responder("POST", f"{path}/verify")[1]["matches"] is True


def test_the_register_the_statistics_and_the_exports_are_there(api_for: Speak, duty: int) -> None:
    auditor = api_for("auditor")

    register: dict[str, Any] = auditor("GET", "/register?filter=running")[1]
    year = auditor("GET", "/statistics")[1]

    assert register["counts"]["all"] == 1
    assert register["rows"][0]["authority"] == "To file"
    assert (year["year"], year["breach_count"]) == (2026, 1)
    assert auditor("GET", "/register?odd=1")[0] == 422
    for path, start in (("/register.csv", b"\xef\xbb\xbf"), ("/register.pdf", b"%PDF"), (f"{BASE}/report.pdf", b"%PDF")):
        answer = auditor.client.get(f"/api/v1{path}", headers=auditor.headers)
        assert answer.data.startswith(start)


def test_who_may_not_is_refused(api_for: Speak, duty: int) -> None:
    reporter = api_for("reporter")

    for path in ("/statistics", "/register.csv", f"{BASE}/filings", f"{BASE}/documents"):
        assert reporter("GET", path)[0] == 403
    assert reporter("GET", "/register")[0] == 200


def test_the_authoritys_form_and_its_language_are_chosen(api_for: Speak, duty: int) -> None:
    responder = api_for("responder")
    assert responder("POST", f"{BASE}/filings", {"obligation_id": duty})[1]["form_id"] == "de-land-1"

    status, filing = responder("PATCH", f"{BASE}/filings/1", {"version": 1, "form_id": "ico-1", "language": "fr"})

    assert (status, filing["form_id"], filing["language"], filing["answer_anew"]) == (200, "ico-1", "fr", [])
    assert field_of(filing, "staff_training")["to_check"] is False
    status, refused = responder("PATCH", f"{BASE}/filings/1", {"version": 2, "form_id": "ico-1", "phase": "final"})
    assert status == 422
    assert "one after the other" in str(refused)
