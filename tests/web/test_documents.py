"""The evidence tab: in, out as an attachment only, verified."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.accounts import SYSTEM
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.reports import Document
from incident_app.services import accounts, documents
from incident_app.wiring import ports
from tests.builders import a_case
from tests.fakes import START
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
TAB = "/cases/BR-2026-001/evidence"


@pytest.fixture
def case(app: Flask) -> None:
    """A case."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor)


def put_in(client: FlaskClient, name: str = "note.svg", content: bytes = b"<svg onload=alert(1)>") -> int:
    return post(client, TAB, {"kind": "evidence", "file": (BytesIO(content), name)}).status_code


def address(app: Flask) -> str:
    with app.app_context():
        return f"{TAB}/{db.session().get_one(Document, 1).public_id}"


def test_a_file_goes_in_and_comes_out_as_an_attachment_only(app: Flask, client_for: SignIn, case: None) -> None:
    client = client_for("responder")
    assert "No files yet" in client.get(TAB).text

    assert put_in(client, "nöte \"x\".svg") == 302
    answer = client_for("auditor").get(address(app))

    assert answer.data == b"<svg onload=alert(1)>"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''n%C3%B6te" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/octet-stream"


def test_a_file_is_verified_at_the_press_of_a_button(app: Flask, client_for: SignIn, case: None) -> None:
    client = client_for("responder")
    put_in(client)

    same = post(client, f"{address(app)}/verify", follow=True)
    with app.app_context():
        db.session().get_one(Document, 1).sha256 = "0" * 64
        db.session.commit()
    changed = post(client, f"{address(app)}/verify", follow=True)

    assert "Match: " in same.text
    assert "is unchanged" in same.text
    assert "Mismatch: " in changed.text
    assert "was changed" in changed.text
    assert "verified: mismatch" in changed.text


def test_an_empty_file_and_no_file_are_refused_in_words(client_for: SignIn, case: None) -> None:
    client = client_for("responder")

    assert put_in(client, content=b"") == 422
    answer = post(client, TAB, {"kind": "evidence"})
    assert answer.status_code == 422
    assert "Choose a file." in answer.text
    assert post(client, TAB, {"kind": "odd", "file": (BytesIO(b"x"), "x")}).status_code == 422


def test_an_auditor_reads_and_puts_nothing_in(client_for: SignIn, case: None) -> None:
    client = client_for("auditor")

    assert "Add the file" not in client.get(TAB).text
    assert put_in(client) == 403


@pytest.mark.parametrize("who", ["reporter", "oncall_person", "admin"])
def test_others_do_not_see_evidence(client_for: SignIn, case: None, who: str) -> None:
    assert client_for(who).get(TAB).status_code == 403


def test_a_file_nobody_knows_is_not_found(client_for: SignIn, case: None) -> None:
    client = client_for("responder")

    assert client.get(f"{TAB}/00000000-0000-4000-8000-000000000000").status_code == 404
    assert client.get(f"{TAB}/..%2f..%2fetc").status_code == 404


@pytest.mark.parametrize(("name", "content"), [
    ("../../etc/passwd.html", b"<script>alert(1)</script>"), ("..\\..\\x.svg", b"<svg onload=alert(1)>"),
    ("nice; name=x.xml", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>"),
])
def test_a_hostile_file_is_saved_under_a_safe_name_and_never_shown(
    app: Flask, client_for: SignIn, case: None, name: str, content: bytes
) -> None:
    client = client_for("responder")
    assert put_in(client, name, content) == 302

    answer = client.get(address(app))

    told = answer.headers["Content-Disposition"]
    assert told.startswith("attachment; ")
    assert not any(part in told for part in ("..", "/", "\\", "\n"))
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (answer.mimetype, answer.data) == ("application/octet-stream", content)


def test_an_erased_file_is_gone_by_its_old_id_and_stays_on_record(app: Flask, client_for: SignIn, case: None) -> None:
    client = client_for("responder")
    put_in(client)
    old = address(app)
    with app.app_context():
        documents.destroy(db.session(), 1, by=SYSTEM, now=START, vault=ports().vault)

    page = client.get(TAB).text
    assert client.get(old).status_code == 404
    assert post(client, f"{old}/verify").status_code == 404
    assert "note.svg" in page
    assert "Erased" in page
    assert old not in page


def test_a_file_nobody_can_open_is_called_missing(app: Flask, client_for: SignIn, case: None) -> None:
    client = client_for("responder")
    put_in(client)
    with app.app_context():
        db.session().get_one(Case, 1).file_key = None
        db.session.commit()

    assert "Missing: " in post(client, f"{address(app)}/verify", follow=True).text
