"""A responder asks, an approver answers: closing a case, recording a filing."""

import re
from collections.abc import Callable
from io import BytesIO

from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.services import remediation
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock, FakeVault
from tests.services.filing_steps import an_approved_filing, an_owed_case
from tests.web.posting import post
from tests.web.walk import hired

SignIn = Callable[[str], FlaskClient]
CASE = "/cases/BR-2026-001"
WHY = "A false alarm: the file held no personal data."


def test_a_responder_asks_to_close_and_an_approver_answers(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    # Given a case in which nothing is open
    with app.app_context():
        people, session = hired(), db.session()
        case = a_case(session, people.responder, people_data="no", kind="other")
        for action in remediation.open_actions(session, case.id):
            remediation.not_needed(session, action.id, "A false alarm.", by=people.responder, now=clock.now())
        for action in remediation.open_mandatory(session, case):
            remediation.check(session, action.id, agreed=True, by=people.approver, now=clock.now())
        case.state = "decided"
        session.commit()
    responder, approver = client_for("responder"), client_for("approver")

    # When a responder asks
    assert "Ask an approver to close it" in responder.get(f"{CASE}/close").text
    assert post(responder, f"{CASE}/close", {"version": "1", "reason": WHY}).status_code == 302

    # Then every page of the case says so, and who asked cannot answer
    assert "asks to close this breach" in approver.get(CASE).text
    assert "You asked for this" in responder.get(f"{CASE}/close").text
    (at,) = re.findall(rf"{CASE}/close/[0-9a-f-]{{36}}", approver.get(f"{CASE}/close").text)
    assert post(responder, at, {"answer": "agree"}).status_code == 403
    assert post(approver, at, {"answer": "refuse", "reason": "Wait for the report."}).status_code == 302
    assert "asks to close this breach" not in approver.get(CASE).text

    # And after another request the approver closes it by one press
    post(responder, f"{CASE}/close", {"version": "1", "reason": WHY})
    (at,) = re.findall(rf"{CASE}/close/[0-9a-f-]{{36}}", approver.get(f"{CASE}/close").text)
    assert post(approver, at, {"answer": "agree"}).status_code == 302
    assert "Closed" in approver.get(CASE).text


def test_a_responder_says_what_was_filed_and_an_approver_records_it(
    app: Flask, client_for: SignIn, clock: FakeClock, test_ports: Ports
) -> None:
    # Given an approved filing that a responder sent through the portal
    clock.move(hours=2)
    vault = test_ports.vault
    assert isinstance(vault, FakeVault)
    with app.app_context():
        people = hired()
        an_approved_filing(db.session(), people, vault, case=an_owed_case(db.session(), people))
    responder, approver, at = client_for("responder"), client_for("approver"), f"{CASE}/filings/1"
    sent = {"version": "4", "submitted_at": "2026-11-23T12:00", "how": "portal", "reference": "AZ-88213",
            "proof": (BytesIO(b"receipt"), "receipt.pdf")}
    assert "Ask an approver to record it" in responder.get(f"{at}/submitted").text

    # When they say so with the proof
    assert post(responder, f"{at}/submitted", sent).status_code == 302

    # Then the clock runs until an approver has recorded it
    page = approver.get(at).text
    assert "It was filed by portal, reference AZ-88213." in page
    assert "Mark as filed…" not in page
    (answer,) = re.findall(rf"{at}/submitted/[0-9a-f-]{{36}}", page)
    assert post(approver, answer, {"answer": "agree"}).status_code == 302
    assert "reference AZ-88213" in approver.get(at).text
    assert post(approver, answer, {"answer": "refuse", "reason": "Not that one, I think."}).status_code == 409
