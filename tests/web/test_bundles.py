"""The evidence bundle in the browser: made by an approver or auditor, listed with its seal, verified by its own program."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.bundle_verifier import verify
from incident_app.extensions import db
from incident_app.services import accounts, bundles
from tests import documented
from tests.builders import a_case
from tests.conftest import ApiClient
from tests.web.posting import post

PAGE = "/cases/BR-2026-001/bundle"


@pytest.fixture
def case_id(app: Flask) -> int:
    """A case."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        return a_case(db.session(), user.actor).id


def seal_in_the_record(app: Flask, case_id: int) -> str:
    with app.app_context():
        return str(bundles.made_before(db.session(), case_id)[0].details["seal"])


def test_an_auditor_takes_the_bundle_and_holds_it_against_the_seal_on_the_page(
    app: Flask, client_for: Callable[[str], FlaskClient], case_id: int, tmp_path: Path
) -> None:
    # Given an auditor, who finds the page beside the evidence
    auditor = client_for("auditor")
    assert PAGE in auditor.get("/cases/BR-2026-001/evidence").text
    assert "None yet" in auditor.get(PAGE).text

    # When they make a bundle
    answer = post(auditor, PAGE, {})

    # Then it is a file to be saved, complete against the seal that the page shows by now
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert "BR-2026-001-bundle-" in answer.headers["Content-Disposition"]
    file = tmp_path / "bundle.zip"
    file.write_bytes(answer.data)
    seal = seal_in_the_record(app, case_id)
    assert seal in auditor.get(PAGE).text
    assert verify(str(file), seal).startswith("complete: ")

    # And a responder neither sees the page nor gets one
    responder = client_for("responder")
    assert PAGE not in responder.get("/cases/BR-2026-001/evidence").text
    assert post(responder, PAGE, {}).status_code == 403


def test_a_script_takes_it_with_its_seal(app: Flask, api_for: Callable[[str], ApiClient], case_id: int, tmp_path: Path) -> None:
    api = api_for("approver")

    answer = api.client.post("/api/v1/cases/BR-2026-001/bundle", headers=api.headers)
    documented.check(app, answer)

    assert answer.status_code == 200
    file = tmp_path / "bundle.zip"
    file.write_bytes(answer.data)
    assert answer.headers["X-Bundle-Seal"] == seal_in_the_record(app, case_id)
    assert verify(str(file), answer.headers["X-Bundle-Seal"])
