"""The mail provider's block list on the pages of a notice, and as JSON."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.tasks import recipients as tasks
from incident_app.wiring import KEY, Ports
from tests.builders import a_case
from tests.conftest import ApiClient
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.web.reading import form_of
from tests.web.walk import AT, REF, Client, Walk


class Provider:
    """A mail provider that drops two people of the list, or cannot be asked."""

    def __init__(self, broken: str = "") -> None:
        """Know what to say."""
        self.broken = broken

    def listed(self) -> Iterator[tuple[str, str]]:
        """Say it."""
        yield "person1@example.org", "bounce"
        yield "person2@example.org", "unsubscribed"
        if self.broken:
            raise ConnectionError(self.broken)


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    """A notice to twelve people is drafted."""
    made = Walk(app, client_for, test_ports, clock)
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("account",))
    assert made.upload(csv_of(12))[0] == 200
    assert made.draft()[0] == 200
    return made


def work(walk: Walk, provider: Provider | None) -> None:
    """Let the worker come by, with this provider behind the port."""
    walk.app.extensions[KEY] = replace(walk.ports, suppressions=provider)
    with walk.app.app_context():
        tasks.check()


def words(text: str) -> str:
    """Return a page with its white space made single."""
    return " ".join(text.split())


def test_the_pages_say_what_would_be_dropped_from_not_checked_to_done(walk: Walk) -> None:
    # Given a draft nobody asked about
    assert "Not checked yet." in walk.responder.get(f"{AT}/channels").text

    # When somebody asks, and the worker comes by
    status, text = walk.post(walk.responder, f"{AT}/block-list", f"{AT}/channels")
    assert status == 200
    assert "Being checked" in text
    work(walk, Provider())

    # Then every page before the approval says who would be dropped
    for page in ("audience", "channels", "approval"):
        text = words(walk.responder.get(f"{AT}/{page}").text)
        assert "2 addresses would be dropped by the mail provider: 1 bounced before, 1 unsubscribed." in text


@pytest.mark.parametrize("step", ["audience", "approval"])
def test_whoever_asks_stays_on_the_page_the_button_stands_on(walk: Walk, step: str) -> None:
    page = walk.responder.get(f"{AT}/{step}").text

    answer = walk.responder.post(f"{AT}/block-list", data=form_of(page, "step"))

    assert (answer.status_code, answer.location) == (302, f"{AT}/{step}#block-list")
    assert "Being checked" in words(walk.responder.get(f"{AT}/{step}").text)


def test_asked_from_no_page_of_ours_the_answer_is_on_the_channels(walk: Walk) -> None:
    page = walk.responder.get(f"{AT}/approval").text

    answer = walk.responder.post(f"{AT}/block-list", data=form_of(page, "step", step="//example.com"))

    assert answer.location == f"{AT}/channels#block-list"


def test_a_provider_that_cannot_be_asked_is_said_so(walk: Walk) -> None:
    walk.post(walk.responder, f"{AT}/block-list", f"{AT}/channels")
    work(walk, Provider("SendGrid did not answer within 30 s."))

    text = words(walk.approver.get(f"{AT}/approval").text)

    assert "Could not be checked:</b> SendGrid did not answer within 30 s." in text


def test_asking_for_approval_asks_the_provider_too(walk: Walk) -> None:
    walk.post(walk.responder, f"{AT}/approval/ask", f"{AT}/approval")
    work(walk, None)

    assert "keeps a block list we can ask" in walk.approver.get(f"{AT}/approval").text


def test_the_block_list_speaks_json(walk: Walk, api_for: Callable[[str], ApiClient]) -> None:
    speak, path = api_for("responder"), f"/cases/{REF}/lists/1/block-list"

    assert speak("GET", path)[1]["state"] == ""
    assert speak("POST", path)[0] == 202
    work(walk, Provider())

    status, found = speak("GET", path)
    assert (status, found["state"], found["counts"]) == (200, "done", {"bounce": 1, "unsubscribed": 1})
    assert str(found["words"]).startswith("2 addresses would be dropped")


def test_a_bypass_is_read_by_the_second_person_and_shortens_what_is_dropped(walk: Walk) -> None:
    # Given a provider that drops two people, and a plan that passes its list
    walk.post(walk.responder, f"{AT}/block-list", f"{AT}/channels")
    work(walk, Provider())
    plan: dict[str, Any] = {"order": "telegram,email", "wait_minutes": "0", "canary": "y", "uncertain_policy": "ask"}
    status, text = walk.post(walk.responder, f"{AT}/channels", f"{AT}/channels", bypass_reason="because", **plan)
    assert (status, "a second person decides by it" in text) == (422, True)

    status, text = walk.post(walk.responder, f"{AT}/channels", f"{AT}/channels",
                             bypass_reason="Art 34 GDPR obliges us to tell them", **plan)
    assert status == 200, text

    # Then the second person reads why in bold, and who is left out all the same
    text = words(walk.approver.get(f"{AT}/approval").text)
    assert "<b>Art 34 GDPR obliges us to tell them</b>" in text
    assert "1 address would be dropped by the mail provider: 1 bounced before. 1 more stand on the list" in text
