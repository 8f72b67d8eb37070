"""The door as people and attackers meet it (``threats.md`` T-01 to T-15)."""

import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident_app.app import create_app
from incident_app.extensions import db
from incident_app.models.linking import StaffNote
from incident_app.wiring import Ports
from tests.builders import an_organisation, settings_for_tests
from tests.domain.test_signing_in import HOSTILE
from tests.fakes import FakeClock
from tests.people import PASSWORD, hire
from tests.web.door import TOKEN, Browser, change, is_in

# ------------------------------------------------------------------------------------------------------------ coming in


def test_a_password_lets_in_and_back_to_the_page_asked_for(visitor: Browser) -> None:
    assert visitor.get("/me/sessions").location == "/sign-in?next=%2Fme%2Fsessions"

    answer = visitor.post("/sign-in", "/sign-in?next=/me/sessions", email=" Responder@example.org", password=PASSWORD,
                          next="/me/sessions")

    assert answer.location == "/me/sessions"
    assert "This one" in visitor.get("/me/sessions").text
    assert visitor.get("/sign-in?next=/me").location == "/me"


def test_an_approver_is_asked_for_the_second_factor(visitor: Browser) -> None:
    assert visitor.sign_in("approver").location == "/sign-in/code"
    assert not is_in(visitor)  # half the way is not in
    wrong = visitor.post("/sign-in/code", code="000000")
    assert (wrong.status_code, is_in(visitor)) == (422, False)

    assert visitor.post("/sign-in/code", code=visitor.code("approver")).location == "/"
    assert is_in(visitor)


def test_the_second_factor_waits_ten_minutes(visitor: Browser, clock: FakeClock) -> None:
    visitor.sign_in("approver")
    clock.move(minutes=10)

    assert visitor.get("/sign-in/code").location == "/sign-in"


def test_a_used_code_does_not_come_in_elsewhere(visitor: Browser, another: Browser) -> None:
    visitor.come_in("approver")

    another.sign_in("approver")
    assert another.post("/sign-in/code", code=visitor.code("approver")).status_code == 422


def test_ten_wrong_passwords_are_answered_with_a_wait(visitor: Browser, another: Browser, app: Flask) -> None:
    another.come_in("responder")
    for number in range(10):
        assert visitor.sign_in("responder", f"wrong {number}").status_code == 422

    # The right one is held with the same words, a spoofed address helps nobody, who is in stays in
    wrong, right = visitor.sign_in("responder", "wrong"), visitor.sign_in("responder")
    spoofed = visitor.sign_in("responder", headers={"X-Forwarded-For": "203.0.113.5"})
    assert [one.status_code for one in (wrong, right, spoofed)] == [429] * 3
    assert right.headers["Retry-After"] == "60"
    assert "Wait 1 minute" in right.text
    assert len(wrong.text) == len(right.text)
    assert is_in(another)
    with app.app_context():
        assert [note.kind for note in db.session.scalars(select(StaffNote))] == ["account"]


def test_unknown_known_and_disabled_look_alike(visitor: Browser, app: Flask) -> None:
    change(app, "auditor", active=False)

    answers = [visitor.sign_in(who, password) for who in ("responder", "nobodyone", "auditor") for password in ("wrong", "")]

    assert {one.status_code for one in answers} == {422}
    plain = {re.sub(r'value="[^"]*"|nonce="[^"]*"|"challenge[^}]*|nonce-[^\']*', "", one.text) for one in answers}
    assert len({re.sub(r"\w+@example.org|data-options=\"[^\"]*\"", "", text) for text in plain}) == 1


@pytest.mark.parametrize("body", [
    {}, {"email": "responder@example.org"}, {"email": "responder@example.org", "password": None},
    {"email": "responder@example.org", "password": ["x"]}, {"email": "responder@example.org", "password": {"x": 1}},
    {"email": None, "password": "x"}, {"email": "responder@example.org", "password": "x" * 5000}, [], "text", None, 7,
])
def test_what_is_not_two_texts_is_not_hashed(visitor: Browser, body: object) -> None:
    token = TOKEN.search(visitor.get("/sign-in").text)
    assert token is not None

    answer = visitor.client.post("/sign-in", data=json.dumps(body), content_type="application/json",
                                 headers={"X-CSRFToken": token[1]})

    assert answer.status_code == 400


def test_a_form_with_two_passwords_is_not_hashed_either(visitor: Browser) -> None:
    assert visitor.post("/sign-in", email="responder@example.org", password=["a", "b"]).status_code == 400
    assert visitor.post("/sign-in", email="responder@example.org").status_code == 400
    assert visitor.post("/sign-in", email="responder@example.org", password="x" * 5000).status_code == 400
    assert visitor.post("/sign-in", email="responder@example.org", password="x" * 1_000_000).status_code == 422


@pytest.mark.parametrize("hostile", HOSTILE)
def test_signing_in_leads_to_a_page_of_ours_only(visitor: Browser, hostile: str) -> None:
    answer = visitor.sign_in("responder", next=hostile)

    assert answer.location == "/" or ("\0" in hostile and answer.status_code == 422)


def test_the_door_asks_for_its_token(visitor: Browser, client_for: Callable[[str], FlaskClient]) -> None:
    assert visitor.client.post("/sign-in", data={"email": "responder@example.org", "password": PASSWORD}).status_code == 400
    client = client_for("responder")
    assert client.post("/sign-out").status_code == 400
    assert client.get("/sign-out").status_code == 405
    assert client.get("/me").status_code == 200
    cookie = visitor.get("/sign-in").headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" in cookie


def test_signing_in_makes_a_new_session_and_drops_what_was_there(visitor: Browser, another: Browser) -> None:
    # Given a cookie an attacker holds, put into the victim's browser
    another.come_in("reporter")
    with another.client.session_transaction() as theirs, visitor.client.session_transaction() as victims:
        victims.update(dict(theirs))

    # When the victim signs in there
    visitor.post("/sign-out", "/me")
    visitor.come_in("responder")

    # Then the attacker's cookie opens nothing
    assert not is_in(another)
    with visitor.client.session_transaction() as kept:
        assert "sid" in kept
        assert kept["sid"] != theirs.get("sid")


def test_only_a_proxy_of_ours_is_believed_about_the_place(
    tmp_path: Path, sqlite_template: Path, test_ports: Ports, clock: FakeClock
) -> None:
    # Given an app behind one proxy, and somebody who writes a made-up hop before it
    path = tmp_path / "proxied.sqlite"
    shutil.copy(sqlite_template, path)
    chosen = dataclasses.replace(settings_for_tests(f"sqlite:///{path}", tmp_path), trusted_proxies=1)
    app = create_app(chosen, ports=test_ports)
    with app.app_context():
        an_organisation(db.session())
        hire(db.session())
    visitor = Browser(app, clock)

    def tried(forwarded: str) -> int:
        return visitor.sign_in("responder", "wrong", headers={"X-Forwarded-For": forwarded}).status_code

    # Then the hop our proxy saw counts, whatever stands before it
    assert [tried(f"203.0.113.{number}, 192.0.2.7") for number in range(11)] == [422] * 10 + [429]
    assert tried("192.0.2.7, 192.0.2.8") == 422
    with app.app_context():
        db.engine.dispose()
