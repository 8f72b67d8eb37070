"""What providers said and nobody applied yet comes through the migration of posts, there and back, and counts once."""

from pathlib import Path

import flask_migrate
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from incident_app import starting
from incident_app.app import create_app
from incident_app.domain.deliveries import ReceiptKind
from incident_app.extensions import db
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.services import deliveries
from incident_app.services.deliveries import Event
from incident_app.wiring import Ports
from tests import databases
from tests.builders import an_organisation, settings_for_tests
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import hire

THREE = b"email\nann@example.org\nben@example.org\ncy@example.org\n"


def test_receipts_that_wait_are_applied_after_the_upgrade_and_after_the_way_back(
    postgresql_base: str, tmp_path: Path, test_ports: Ports, clock: FakeClock
) -> None:
    # Given three people who were written to, and news of two of them that waits: the mail of one came back
    app = create_app(settings_for_tests(databases.make_database(postgresql_base), tmp_path), ports=test_ports)
    starting.bind_migrations(app)
    with app.app_context():
        flask_migrate.upgrade()
        with Session(db.engine, expire_on_commit=False) as session:
            an_organisation(session)
            desk = Desk(session, hire(session), clock)
            notice_id = desk.launched(THREE).id
            desk.send_all()
            ann, ben, cy = session.scalars(select(Delivery.public_id).order_by(Delivery.id))
            deliveries.record_receipts(session, "sendgrid", [
                Event("e1", ann, ReceiptKind.DELIVERED, "", clock.now()), Event("e2", ben, ReceiptKind.BOUNCED, "", clock.now()),
            ], now=clock.now())
            session.commit()
            session.close()

            # When the tables go back, then the news waits one by one
            flask_migrate.downgrade(revision="0044")
            rows = session.execute(text("SELECT event_key, kind, applied_at FROM receipts ORDER BY id")).all()
            assert [tuple(one) for one in rows] == [("sendgrid:e1", "delivered", None), ("sendgrid:e2", "bounced", None)]

            # And when the older version keeps one more in its way before the tables come forward again
            session.execute(text(
                "INSERT INTO receipts (provider, event_key, delivery_public_id, kind, reason, at, came_at, due_at, applied_at)"
                " SELECT provider, 'sendgrid:e3', :cy, 'delivered', '', at, came_at, due_at, came_at FROM receipts LIMIT 1"),
                {"cy": cy})
            session.execute(text(
                "INSERT INTO receipt_posts (ids, count, came_at) SELECT CAST(id AS text), 1, came_at FROM receipts"
                " WHERE event_key = 'sendgrid:e3'"))
            session.commit()
            flask_migrate.upgrade()

            # Then each counts, once, though the provider says it again
            again = [Event("e3", cy, ReceiptKind.DELIVERED, "", clock.now())]
            deliveries.record_receipts(session, "sendgrid", again, now=clock.now())
            deliveries.apply_receipts(session, now=clock.now())
            progress = desk.progress(session.get_one(Notice, notice_id))
            assert (progress.delivered, progress.failed, progress.adds_up) == (2, 1, True)
            assert session.scalar(text("SELECT count(*) FROM receipts")) == 3
            assert session.scalar(text("SELECT count(*) FROM receipt_posts")) == 0
            session.rollback()
        db.engine.dispose()
