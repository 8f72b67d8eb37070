"""What somebody reads of a notice after the fact: what one person got, and how its words came about."""

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.web.walk import AT, Client, Walk


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",))
    return Walk(app, client_for, test_ports, clock)


def test_what_one_person_got_is_shown_to_the_letter_on_asking(walk: Walk) -> None:
    # Given three people who were told
    walk.to_approved(csv_of(3))
    walk.launch(3)
    walk.pump()
    story = f"{AT}/delivery/people/1"
    assert "Person 1" not in walk.responder.get(story).text

    # When who works on the case asks for the words
    status, text = walk.post(walk.responder, f"{story}/words", story)

    # Then they are there, said to be exact, and nobody else may ask
    assert status == 200
    assert "Person 1" in text
    assert "to the letter what was sent" in text
    assert "Show the words" not in walk.client_for("auditor").get(story).text


def test_versions_of_a_text_are_shown_with_what_changed(walk: Walk) -> None:
    walk.upload(csv_of(5))
    walk.draft()
    page = f"{AT}/message?language=en"
    body = "What happened\nWe changed this sentence for the test."

    walk.post(walk.responder, page, page, subject="News", body=body)
    text = walk.responder.get(f"{AT}/versions?language=en").text

    assert "<ins>News" in text
    assert "The first version that is kept" in text
    assert walk.responder.get(f"{AT}/versions").status_code == 200
    assert walk.responder.get(f"{AT}/versions?language=tlh").status_code == 404
