"""What stopping meant before it was asked whether the text is wrong: a notice of then keeps what people were told of it."""

from pathlib import Path

import flask_migrate
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app import starting
from incident_app.app import create_app
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import deliveries
from incident_app.wiring import Ports
from tests.builders import an_organisation, settings_for_tests
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import hire


def test_a_notice_stopped_before_stays_withdrawn_and_others_stand(tmp_path: Path, test_ports: Ports, clock: FakeClock) -> None:
    # Given a database with a notice that was stopped for good and one that was sent
    app = create_app(settings_for_tests(f"sqlite:///{tmp_path / 'empty.sqlite'}", tmp_path), ports=test_ports)
    starting.bind_migrations(app)
    with app.app_context():
        flask_migrate.upgrade()
        with Session(db.engine, expire_on_commit=False) as session:
            an_organisation(session)
            people = hire(session)
            desk = Desk(session, people, clock)
            stopped, sent = desk.launched(), desk.launched()
            deliveries.cancel(session, stopped.id, "Enough.", by=people.responder, now=desk.now)
            desk.send_all()
            session.commit()
            before = [stopped.text_withdrawn, sent.text_withdrawn]

            # When it goes back to how it was when nobody was asked, and forward again
            session.close()
            flask_migrate.downgrade(revision="0045")
            flask_migrate.upgrade()

            # Then whoever asks by the code of the stopped one is told what they were told then; the other stands
            after = session.scalars(select(Notice.text_withdrawn).order_by(Notice.id)).all()
            assert (before, after) == ([False, False], [True, False])
