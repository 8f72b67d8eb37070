"""What the clock does with lists: read what waits, erase what is due."""

from flask import Flask

from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.uploads import Upload
from incident_app.services import accounts, recipients
from incident_app.tasks import recipients as tasks
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.letters_kit import csv_of


def test_the_worker_reads_all_that_waits_and_the_timer_erases_what_is_due(
    app: Flask, test_ports: Ports, clock: FakeClock
) -> None:
    # Given two lists whose columns were chosen
    with app.app_context():
        session = db.session()
        user = accounts.find(session, "responder@example.org")
        assert user is not None
        case = a_case(session, user.actor)
        for _ in range(2):
            upload = recipients.receive(session, case.id, "people.csv", [csv_of(2)], by=user.actor, now=clock.now(),
                                        vault=test_ports.vault)
            recipients.choose_columns(session, case.id, upload.id, {1: "email"}, by=user.actor, now=clock.now(),
                                      vault=test_ports.vault, sheets=test_ports.sheets)

        # When the worker comes by, and when a year has passed
        read = tasks.read()
        clock.move(days=366)
        tasks.clear()

        # Then both were read, and the key is destroyed
        session.expire_all()
        assert read == 2
        assert {one.state for one in session.query(Upload)} == {"ready"}
        assert session.get_one(Case, case.id, populate_existing=True).data_key is None
