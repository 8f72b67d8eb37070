"""The dashboard of many cases shows the first clocks of each kind, and how many more there are."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.web.dashboard import MOST_CLOCKS
from tests.fakes import START, FakeClock
from tests.services.duties import a_duty, a_plain_case


def test_of_many_clocks_the_first_are_shown_and_the_rest_counted(
    app: Flask, client_for: Callable[[str], FlaskClient], clock: FakeClock
) -> None:
    # Given more overdue duties than are shown, one that comes, and a drill
    with app.app_context():
        for number in range(MOST_CLOCKS + 3):
            a_duty(db.session(), a_plain_case(db.session(), f"BR-2027-{number:03}"), due_at=START + timedelta(minutes=number + 1))
        a_duty(db.session(), a_plain_case(db.session(), "BR-2028-001"), due_at=START + timedelta(days=9))
        a_duty(db.session(), a_plain_case(db.session(), "BR-2028-002", is_drill=True))

    # When somebody looks later
    clock.move(hours=3)
    page = client_for("responder").get("/").text

    # Then every overdue one is counted, the one that comes is there, and of the rest it is said how many they are
    assert f"{MOST_CLOCKS + 3} overdue:" in page
    assert "BR-2028-001" in page
    assert "BR-2028-002" not in page
    assert "3 clocks more in the register" in page
