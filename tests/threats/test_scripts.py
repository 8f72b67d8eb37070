"""A script in the approver's own browser, with their session and every token of the page, approves nothing (T-104)."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.audit import Entry
from incident_app.models.notices import Notice
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.web.door import Browser
from tests.web.walk import AT, TOKEN, VERSION, Client, Walk

EVIL = '<script>fetch(location + "/give", {method: "POST"})</script><img src=x onerror=alert(1)>'


@pytest.fixture
def waiting(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    """A notice that waits for its approval, in a case whose every word is a script."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",), title=EVIL, summary=EVIL, aware_source=EVIL)
    walk = Walk(app, client_for, test_ports, clock)
    walk.upload(csv_of(3))
    walk.draft()
    status, text = walk.post(walk.responder, f"{AT}/approval/ask", f"{AT}/approval")
    assert status == 200
    assert "Waiting for a second person" in text
    return walk


def test_a_script_that_somebody_wrote_into_a_case_approves_nothing(waiting: Walk, app: Flask, clock: FakeClock) -> None:
    # Given an approver who came in, and opened the page a while ago
    approver = Browser(app, clock)
    approver.come_in("approver")
    clock.move(minutes=6)
    case, page = approver.get("/cases/BR-2026-001"), approver.get(f"{AT}/approval")

    # Then what was written stands there as words, below a policy that runs nothing of a page
    for answer in (case, page):
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert re.search(r"script-src 'self' 'nonce-[\w-]{20,}'", policy)
        assert "<script>fetch" not in answer.text
        assert "onerror=alert(1)>" not in answer.text
    assert "&lt;script&gt;fetch" in case.text

    # When a script all the same sends what the page sends, with its token and its version, as a page and as a script
    token, version = TOKEN.search(page.text), VERSION.search(page.text)
    assert token is not None
    assert version is not None
    form = {"csrf_token": token[1], "version": version[1]}
    plain = _send(approver.client, "text/html", form)
    script = _send(approver.client, "application/json", form)

    # Then it is asked for what it cannot make, and guesses in vain
    assert plain[0] == 302
    assert plain[1].startswith("/prove?")
    assert script[0] == 403
    for number in range(4):
        assert approver.prove("approver", code=f"{number:06}").status_code == 422
    assert _send(approver.client, "text/html", form)[0] == 302
    with app.app_context():
        assert db.session().scalars(select(Notice.state)).one() == "in_review"
        assert "notice.approved" not in db.session().scalars(select(Entry.action)).all()

    # … and the person themselves, with their code, approves it
    assert approver.prove("approver", code=approver.code("approver")).status_code == 302
    done = approver.client.post(f"{AT}/approval/give", data=form)
    assert done.location == f"{AT}/send"
    with app.app_context():
        assert db.session().scalars(select(Notice.state)).one() == "approved"


def _send(client: FlaskClient, accept: str, form: dict[str, str]) -> tuple[int, str]:
    answer = client.post(f"{AT}/approval/give", data=form, headers={"Accept": accept})
    return answer.status_code, answer.location or ""
