"""What whoever sends is told where only the team gets a message."""

from dataclasses import replace

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.wiring import KEY, Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.web.walk import AT, Client, Walk


@pytest.mark.parametrize(("mode", "drill", "said"), [
    ("live", True, "A drill writes only to people who have an account here. Everybody else is listed as not written to."),
    ("trial", False, "Trial mode writes only to people who have an account here. Everybody else is listed as not written to."),
    ("simulate", True, ""), ("live", False, ""),
])
def test_before_it_is_sent_the_page_says_that_only_the_team_gets_it(
    app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock, mode: str, drill: bool, said: str
) -> None:
    app.extensions[KEY] = replace(test_ports, mode=mode)
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",), is_drill=drill)
    walk = Walk(app, client_for, test_ports, clock)
    walk.to_approved(csv_of(12))

    page = walk.responder.get(f"{AT}/send").text

    assert "Send to 12 people" in page
    assert said in page
    assert ("Only the team gets it." in page) is bool(said)
