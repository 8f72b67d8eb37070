"""The channel plan on the pages and as JSON."""

from collections.abc import Callable

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.conftest import ApiClient
from tests.fakes import FakeClock
from tests.web.walk import AT, REF, Client, Walk

LIST = b"email,telegram_id,data\na@example.org,71,health\n,72,health\nc@example.org,73,account\n"


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    """A case is filed, two people are signed in, a notice is drafted to a list."""
    made = Walk(app, client_for, test_ports, clock)
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("account",))
    assert made.upload(LIST)[0] == 200
    assert made.draft()[0] == 200
    return made


def test_a_forbidden_channel_is_shown_with_who_is_left_without_one(walk: Walk) -> None:
    # When Telegram must not carry sensitive words
    status, text = walk.post(walk.responder, f"{AT}/channels", f"{AT}/channels", order="telegram,email",
                             wait_minutes="0", canary="y", uncertain_policy="ask", never="telegram")

    # Then every page before the approval says who cannot be reached so
    assert status == 200, text
    for page in ("audience", "channels", "approval"):
        seen = walk.responder.get(f"{AT}/{page}").text
        assert "1 person has no channel in this plan." in seen
        assert "1 of them only on a channel that must not carry" in " ".join(seen.split())
    assert "never by Telegram" in " ".join(walk.approver.get(f"{AT}/approval").text.split())
    assert "not written to by Telegram: their data are sensitive" in walk.responder.get(f"{AT}/check?person=1").text


def test_the_plan_and_its_reach_speak_json(walk: Walk, api_for: Callable[[str], ApiClient]) -> None:
    speak = api_for("responder")
    version = speak("GET", f"/cases/{REF}/notices/1")[1]["version"]

    status, changed = speak("PUT", f"/cases/{REF}/notices/1/plan",
                            {"version": version, "order": ["telegram", "email"], "never": ["telegram"]})

    assert (status, changed["plan"]["never"]) == (200, ["telegram"])  # type: ignore[index]  # JSON
    assert speak("GET", f"/cases/{REF}/notices/1/reach")[1] == {
        "first": {"telegram": 1, "email": 1}, "none": 1, "withheld": 1}


POSTAL = b"name,email,street,postcode,city\nAnn,a@example.org,,,\nBob,,Example street 1,10115,Berlin\n"


def test_a_list_with_postal_addresses_is_mapped_shown_and_planned(walk: Walk, api_for: Callable[[str], ApiClient]) -> None:
    # Given a second list, with addresses in their parts
    status, text = walk.upload(POSTAL)
    assert status == 200
    assert "Letter" in text
    assert "Example street" not in text

    # When a notice is drafted to it
    listed = api_for("responder")("GET", f"/cases/{REF}/lists/2")[1]
    assert (listed["post_count"], listed["email_count"]) == (1, 1)
    assert walk.post(walk.responder, f"/cases/{REF}/notices", f"/cases/{REF}/notices", list_id="2")[0] == 200

    # Then letters are part of the plan, and of the preview
    page = walk.responder.get(f"/cases/{REF}/notices/2/channels").text
    assert "Email, then Letter" in page
    assert "a file for whoever prints them" in walk.responder.get(f"/cases/{REF}/notices/2/check?person=2").text
    assert "no postal address" in walk.responder.get(f"/cases/{REF}/notices/2/check?person=1").text
    assert "Letter" not in walk.responder.get(f"/cases/{REF}/notices/1/channels").text.split("<main")[1].split("Must not")[0]
    opened = walk.post(walk.responder, f"/cases/{REF}/people/2/open/2", f"/cases/{REF}/people/2")[1]
    assert "Example street 1, 10115 Berlin" in opened


def test_the_check_shows_what_this_person_gets_in_their_order(walk: Walk) -> None:
    # Given Telegram first, then email, and a person with no Telegram id beside one who has both
    walk.upload(b"email,telegram_id\nonly@example.org,\nboth@example.org,71\n")
    walk.post(walk.responder, f"/cases/{REF}/notices", f"/cases/{REF}/notices", list_id="2")
    at = AT.replace("/1", "/2")

    one, other = (" ".join(walk.responder.get(f"{at}/check?person={n}").text.split()) for n in (1, 2))

    # Then email goes first to the one, and instead of a bubble it is said why
    assert '<h2 id="em-h">Email</h2> <span class="push small muted">goes first</span>' in one
    assert "bubble" not in one
    assert '<h2 id="no-telegram">Telegram</h2> <span class="push small muted">not this person</span>' in one
    assert "This person has no Telegram id." in one

    # And the other gets both, one after the other
    assert '<h2 id="tg-h">Telegram</h2> <span class="push small muted">goes first</span>' in other
    assert '<h2 id="em-h">Email</h2> <span class="push small muted">if that fails</span>' in other
    assert "not this person" not in other
