"""Outcomes come through the migration that lets them be written faster, there and back, and people stay all the same."""

from pathlib import Path

import flask_migrate
import pytest
from sqlalchemy import delete, func, inspect, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from incident_app import starting
from incident_app.app import create_app
from incident_app.extensions import db
from incident_app.models.deliveries import Delivery
from incident_app.models.recipients import Recipient
from incident_app.wiring import Ports
from tests.builders import an_organisation, settings_for_tests
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import hire


def test_outcomes_stay_and_so_do_people(empty_url: str, tmp_path: Path, test_ports: Ports, clock: FakeClock) -> None:
    # Given a database with a notice that was sent to twelve people, and a list nothing was sent to
    app = create_app(settings_for_tests(empty_url, tmp_path), ports=test_ports)
    starting.bind_migrations(app)
    with app.app_context():
        flask_migrate.upgrade()
        with Session(db.engine, expire_on_commit=False) as session:
            an_organisation(session)
            desk = Desk(session, hire(session), clock)
            desk.launched()
            desk.send_all()
            spare = desk.drafted()
            session.commit()

            # When the tables go back to how they were, and forward again
            session.close()
            flask_migrate.downgrade(revision="0033")
            assert {key["referred_table"] for key in inspect(db.engine).get_foreign_keys("deliveries")} == {
                "notices", "recipients"}
            flask_migrate.upgrade()

            # Then every outcome is there, without a key to look up for each
            assert inspect(db.engine).get_foreign_keys("deliveries") == []
            assert session.scalar(select(func.count()).select_from(Delivery)) == 12

            # And nobody who was told can be deleted, though others can
            told = session.scalars(select(Recipient.list_id).join(Delivery, Delivery.recipient_id == Recipient.id)).first()
            with pytest.raises(DatabaseError, match="never deleted"):
                session.execute(delete(Recipient).where(Recipient.list_id == told))
            session.rollback()
            assert session.execute(delete(Recipient).where(Recipient.list_id == spare.list_id)).rowcount == 12  # type: ignore[attr-defined]  # a DELETE has it
            session.rollback()
        db.engine.dispose()
