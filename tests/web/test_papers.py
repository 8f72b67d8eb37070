"""A filing on paper, in the browser of those who may: asked for, being made, there, or refused in words."""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.filings import read_document
from incident_app.extensions import db
from incident_app.models.filings import Filing
from incident_app.tasks import papers as tasks
from incident_app.wiring import Ports
from tests.fakes import FakeClock, FakePdf, FakeVault
from tests.services.filing_steps import a_draft, an_approved_filing
from tests.web.posting import post
from tests.web.walk import hired

SignIn = Callable[[str], FlaskClient]
AT = "/cases/BR-2026-001/filings/1"


@pytest.fixture
def drafted(app: Flask, clock: FakeClock) -> None:
    """A draft by the responder."""
    clock.move(hours=2)
    with app.app_context():
        a_draft(db.session(), hired())


def test_a_pdf_is_asked_for_being_made_and_there(app: Flask, client_for: SignIn, drafted: None, clock: FakeClock) -> None:
    client = client_for("auditor")
    assert "It has not been made yet." in client.get(f"{AT}/paper").text
    assert client.get(f"{AT}/paper/progress.json").get_json() == {"state": "none", "finished": True}
    assert client.get(f"{AT}/pdf").location == f"{AT}/paper"

    # One press asks; the page says that it is being made, and can be loaded again
    page = post(client, f"{AT}/paper", follow=True).text
    assert "It is being made." in page
    assert f'data-poll="{AT}/paper/progress.json"' in page
    assert "Look again" in page
    assert client.get(f"{AT}/paper/progress.json").get_json() == {"state": "waiting", "finished": False}

    # A worker makes it, outside
    assert tasks.make() == 1
    page = client.get(f"{AT}/paper").text
    assert "Nobody has approved this version." in page
    assert "incomplete: more will follow" in page
    answer = client.get(f"{AT}/pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF")

    # Anew, because the record has grown; a day later it is forgotten
    assert "It is being made." in post(client, f"{AT}/paper", {"anew": "yes"}, follow=True).text
    assert (tasks.make(), tasks.forget()) == (1, 0)
    clock.move(hours=25)
    assert tasks.forget() == 1


def test_where_it_cannot_be_made_the_page_says_why_and_it_is_tried_again_with_one_press(
    app: Flask, client_for: SignIn, drafted: None, test_ports: Ports
) -> None:
    printer = test_ports.pdf
    assert isinstance(printer, FakePdf)
    printer.missing = "PDFs cannot be printed: sudo apt-get install libpango-1.0-0"
    client = client_for("responder")
    post(client, f"{AT}/paper")
    tasks.make()

    page = client.get(f"{AT}/paper").text
    assert "sudo apt-get install libpango-1.0-0" in page
    assert "Try again" in page

    printer.missing = None
    post(client, f"{AT}/paper")
    tasks.make()
    assert "Open the PDF" in client.get(f"{AT}/paper").text


def test_the_approved_one_that_failed_is_told_on_the_filing_and_kept_once_it_is_made(
    app: Flask, client_for: SignIn, clock: FakeClock, test_ports: Ports
) -> None:
    clock.move(hours=2)
    vault = test_ports.vault
    assert isinstance(vault, FakeVault)
    with app.app_context():
        an_approved_filing(db.session(), hired(), vault, FakePdf(missing="Install Pango."))
    client = client_for("responder")
    assert "Install Pango." in client.get(AT).text

    post(client, f"{AT}/paper")
    tasks.make()

    assert "Approved PDF" in client.get(AT).text
    assert "This is what was approved." in client.get(f"{AT}/paper").text
    assert client.get(f"{AT}/pdf").data.startswith(b"%PDF")
    with app.app_context():
        assert db.session().get_one(Filing, 1).pdf_document_id is not None


def test_the_same_is_handed_out_for_machines_and_its_schema_to_anybody(
    app: Flask, client_for: SignIn, drafted: None, test_ports: Ports
) -> None:
    answer = client_for("auditor").get(f"{AT}/filing.json")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="BR-2026-001-filing-1.json"'
    said = json.loads(answer.data)
    assert said["$schema"].startswith(test_ports.public_url.rstrip("/"))
    with app.app_context():
        assert read_document(said).digest == db.session().get_one(Filing, 1).content_hash
    schema = app.test_client().get(said["$schema"].removeprefix(test_ports.public_url.rstrip("/")))
    assert (schema.status_code, schema.get_json()["$id"]) == (200, "urn:incident-app:filing:1")


def test_a_long_and_hostile_text_neither_stalls_the_page_nor_is_obeyed(
    app: Flask, client_for: SignIn, drafted: None
) -> None:
    # Given a text of a million letters that no form of ours would take, in the case and in an answer
    hostile = "<script>alert(1)</script><img src=http://127.0.0.1:9/x>{{ 7*7 }}\u202eexe.txt" + "a" * 1_000_000
    with app.app_context():
        filing = db.session().get_one(Filing, 1)
        filing.case.summary = hostile
        filing.answers = filing.answers | {"cause": {"value": hostile, "source": "typed", "not_yet_known": False}}
        db.session().commit()

    # When its page is looked at (looked through once for each letter, it would take an hour)
    client = client_for("responder")
    page = client.get(f"{AT}?section=events").text

    # Then it is there, as text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert client.get(f"{AT}/portal").status_code == 200
    assert client.get(f"{AT}/filing.json").get_json()["case"] == "BR-2026-001"
