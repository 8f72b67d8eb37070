"""The register on paper, from the page: asked for, being made, there for who asked."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.services import accounts, reports
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]


def test_the_register_is_asked_for_with_its_filter_made_and_handed_out(
    app: Flask, client_for: SignIn, test_ports: Ports
) -> None:
    # Given two breaches, and an auditor who looks for one of them
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        for title in ("Open bucket", "Lost laptop"):
            a_case(db.session(), user.actor, title=title)
    client = client_for("auditor")
    page = client.get("/register?q=bucket").text
    assert 'action="/register/paper"' in page

    # When they ask for it on paper
    answer = post(client, "/register/paper", {"q": "bucket", "filter": "all"})
    where = answer.headers["Location"]
    assert answer.status_code == 302
    shown = client.get(where).text
    assert "It is being made." in shown
    assert re.search(r"Words: bucket: 1\W+breach", shown)
    assert client.get(f"{where}/progress.json").get_json()["label"] == "0 of 1 breaches are on paper"
    assert client.get(f"{where}/file").headers["Location"] == where

    # And a worker makes it
    with app.app_context():
        assert list(reports.make_report(db.session(), clock=test_ports.clock, vault=test_ports.vault, pdf=test_ports.pdf)) == [1]

    # Then it is there, for them alone
    assert client.get(f"{where}/progress.json").get_json()["finished"] is True
    assert "Open the PDF" in client.get(where).text
    assert client.get(f"{where}/file").data.startswith(b"%PDF")
    assert client_for("approver").get(where).status_code == 404
    assert client_for("reporter").get(where).status_code == 403
