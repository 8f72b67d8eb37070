"""The outbox shows what people would have seen."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from incident_app.adapters.simulator import Simulator
from incident_app.domain.ports import Button, Message
from incident_app.extensions import db
from incident_app.models.linking import StaffNote
from incident_app.models.organisation import Organisation
from incident_app.services import accounts
from incident_app.tasks import bot
from incident_app.web.previews import paragraphs, pieces
from incident_app.wiring import Ports
from tests.builders import ports_for_tests
from tests.fakes import FakeClock
from tests.web.posting import post


@pytest.fixture
def test_ports(clock: FakeClock, tmp_path: Path) -> Ports:
    """Channels that lead nowhere."""
    simulator = Simulator(tmp_path / "outbox.sqlite", clock)
    for number in range(25):
        simulator.channel("email", reliable=True).send([
            Message(f"e{number}", f"p{number}@example.org", "Read this", "Hello <b>Ann</b>,\n\nbye")])
    simulator.channel("telegram", reliable=True).send([
        Message("t", "4711", "", "Wake up", buttons=(Button("I take it", "x"),))])
    staff = {"email": simulator.channel("email", reliable=True)}
    return replace(ports_for_tests(clock), outbox=simulator, staff_channels=staff)


def test_what_an_auditor_is_told_of_the_record_is_there_for_whoever_may_look(
    app: Flask, client_for: Callable[[str], FlaskClient], clock: FakeClock
) -> None:
    with app.app_context():
        user = accounts.find(db.session(), "auditor@example.org")
        assert user is not None
        for name, kind in (("e1", "anchor"), ("e2", "reset")):
            db.session.add(StaffNote(public_id=name, user_id=user.id, kind=kind, channel="email", address="x", subject="x",
                                     text="x", due_at=clock.now(), made_at=clock.now()))
        db.session.commit()

    page = client_for("responder").get("/outbox").text
    assert "Email to p1@example.org" in page
    assert "p2@example.org" not in page, "what lets somebody in is nobody else's"


def test_the_buttons_of_a_telegram_message_lie_in_its_chat(app: Flask, client_for: Callable[[str], FlaskClient], clock: FakeClock) -> None:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        db.session.add(StaffNote(public_id="t", user_id=user.id, kind="test", channel="telegram", address="x", subject="x",
                                 text="x", due_at=clock.now(), made_at=clock.now()))
        db.session.commit()

    page = client_for("responder").get("/outbox?channel=telegram").text
    chat = " ".join(page.partition('<div class="chat">')[2].partition("</details>")[0].split())

    assert chat.endswith('<div class="bubble-keys"> <span>I take it</span> </div> </div>')


def test_every_message_of_ones_own_is_shown_and_can_be_searched(
    app: Flask, client_for: Callable[[str], FlaskClient], clock: FakeClock
) -> None:
    # Given messages that went to the responder
    client = client_for("responder")
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        db.session.add_all(
            StaffNote(public_id=name, user_id=user.id, kind="test", channel="email", address="x", subject="x", text="x",
                      due_at=clock.now(), made_at=clock.now())
            for name in ("t", *(f"e{number}" for number in range(25))))
        db.session.commit()

    # Then they are on the page, a part at a time, and nobody else sees any
    assert "Nothing here yet" in client_for("approver").get("/outbox").text

    page = client.get("/outbox").text
    assert "Telegram to 4711" in page
    assert "I take it" in page
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page
    assert "Older" in page
    assert "Email to p1@example.org" not in page
    assert "Email to p1@example.org" in client.get("/outbox?q=p1@example.org").text
    assert "Telegram to" not in client.get("/outbox?channel=email").text
    assert "Email to p0@example.org" in client.get("/outbox?before=3").text


def test_a_search_without_a_hit_says_so_and_offers_to_clear_it(client_for: Callable[[str], FlaskClient]) -> None:
    client = client_for("responder")

    page = client.get("/outbox?q=%3Cnobody%3E").text
    assert "No message has “&lt;nobody&gt;” in it" in page
    assert "Nothing here yet" not in page
    assert re.search(r'href="/outbox"[^>]*>Clear the search<', page)

    among_mail = client.get("/outbox?q=nobody&channel=email").text
    assert "No email has “nobody” in it" in among_mail
    assert re.search(r'href="/outbox\?channel=email"[^>]*>Clear the search<', among_mail)


@pytest.mark.parametrize("demo", [True, False], ids=["demo", "real"])
def test_an_invitation_is_there_for_whoever_sent_it_in_the_demo_alone(
    app: Flask, client_for: Callable[[str], FlaskClient], test_ports: Ports, *, demo: bool,
) -> None:
    # Given an invitation by the administrator, which went out
    with app.app_context():
        db.session.execute(update(Organisation).values(is_demo=demo))
        db.session.commit()
    admin = client_for("admin")
    post(admin, "/people", {"email": "nia@example.org", "name": "Nia", "roles": ["responder"], "zone": "UTC"})
    bot.notes()

    # Then the demo shows it with its link to whoever sent it; a real house leaves it to whoever is invited
    page = admin.get("/outbox").text
    assert ("Email to nia@example.org" in page, "http://incident.test/invitation/" in page) == (demo, demo)

    # And nobody else sees it
    assert "nia@example.org" not in client_for("responder").get("/outbox").text


def test_values_are_marked_and_headings_known() -> None:
    assert [piece.filled for piece in pieces("Hello Ann, bye Ann", ["Ann", "x"])] == [False, True, False, True]
    assert [piece.words for piece in pieces("plain", [])] == ["plain"]
    found = paragraphs("Hi\n\nWhat happened:\none\ntwo", ["What happened"], [])
    assert [(one.heading, len(one.lines)) for one in found] == [("", 1), ("What happened:", 2)]
