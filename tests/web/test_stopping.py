"""A send is stopped by whoever may stop it, also by on-call people who do not see the case."""

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.web.walk import AT, TOKEN, Client, Walk


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",))
    return Walk(app, client_for, test_ports, clock)


def test_on_call_people_may_stop_a_send_without_seeing_it(walk: Walk) -> None:
    walk.to_approved(csv_of(12))
    walk.launch(12)
    oncall = walk.client_for("oncall_person")
    assert oncall.get(f"{AT}/delivery").status_code == 403
    token = TOKEN.search(oncall.get("/me").text)
    assert token is not None

    answer = oncall.post(f"{AT}/delivery/pause", data={"csrf_token": token[1], "reason": "Complaints come in."})

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"
    assert "Complaints come in." in walk.responder.get(f"{AT}/delivery").text
