"""What whoever sends is told where only the team gets a message."""

from dataclasses import replace

import pytest
from flask import Flask

from incident_app.domain.trials import TRIAL
from incident_app.extensions import db
from incident_app.services import accounts, deliveries
from incident_app.wiring import KEY, Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.services.trial_steps import ended
from tests.web.walk import AT, REF, Client, Walk


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

    assert ("Send to 0 of 12 people" if said else "Send to 12 people") in page
    assert said in page
    assert ("Only the team gets it." in page) is bool(said)


def test_who_sends_and_who_approves_read_how_many_get_it_and_nobody_else_is_tried_again_meanwhile(
    app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock
) -> None:
    # Given trial mode, and a list of four of whom two have an account
    app.extensions[KEY] = ports = replace(test_ports, mode="trial")
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",))
    walk = Walk(app, client_for, ports, clock)
    walk.to_approved(b"email\nresponder@example.org\nApprover@example.org\nann@example.org\nben@example.org\n")

    # Then both pages say so, and the button too
    said = "2 of the 4 people have an account here: only they get it."
    assert said in walk.approver.get(f"{AT}/approval").text
    page = walk.responder.get(f"{AT}/send").text
    assert said in page
    assert "Send to 2 of 4 people" in page

    # When it is sent, then the others are not offered to be tried again, and the page says why
    walk.launch(4)
    with app.app_context():
        while deliveries.send_due(db.session(), clock=clock, channels=ports.channels, limiter=ports.limiter, vault=ports.vault,
                                  letters=ports.letters, worker="test", mode="trial"):
            pass
    page = walk.responder.get(f"{AT}/delivery").text
    assert "so trying again reaches none of them. Two administrators end it under Health, Trial mode." in page
    assert "Try again" not in page
    status, text = walk.post(walk.responder, f"{AT}/delivery/again", f"{AT}/delivery", cause=TRIAL, reason="They are to get it too.")
    assert status == 409
    assert "Nobody was tried again." in text

    # And once trial mode is over, whoever tries them again reads that it is for real now
    with app.app_context():
        admin = accounts.find(db.session(), "admin@example.org")
        assert admin is not None
        ended(db.session(), admin.actor, clock.now())
    page = walk.responder.get(f"{AT}/delivery").text
    assert "These 2 people are outside the team: they get it for real now." in " ".join(page.split())
    assert walk.post(walk.responder, f"{AT}/delivery/again", f"{AT}/delivery", cause=TRIAL, reason="They are to get it too.")[0] == 200


def test_a_second_notice_to_the_same_list_says_whom_the_first_one_reached(
    app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock
) -> None:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",))
    walk = Walk(app, client_for, test_ports, clock)
    walk.to_approved(csv_of(5))
    assert "Written to before." not in walk.responder.get(f"{AT}/send").text
    walk.launch(5)
    walk.pump()

    walk.draft()

    for step in ("audience", "approval", "send"):
        page = walk.responder.get(f"/cases/{REF}/notices/2/{step}").text
        assert "Written to before." in page
        assert "Notice 1 went to 5 of these 5 people on " in page
