"""Two lost answers of one person were counted as two people: a database of then counts them as one."""

from pathlib import Path

import flask_migrate
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app import starting
from incident_app.app import create_app
from incident_app.domain.ports import Uncertain
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.wiring import Ports
from tests.builders import an_organisation, settings_for_tests
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import hire


def test_who_may_have_got_it_twice_is_counted_once(empty_url: str, tmp_path: Path, test_ports: Ports, clock: FakeClock) -> None:
    # Given a database of the version before, with two people who were sent it once more, one of them after two lost answers
    app = create_app(settings_for_tests(empty_url, tmp_path), ports=test_ports)
    starting.bind_migrations(app)
    with app.app_context():
        flask_migrate.upgrade()
        with Session(db.engine, expire_on_commit=False) as session:
            an_organisation(session)
            desk = Desk(session, hire(session), clock)
            desk.answer("telegram", lambda message: Uncertain("No answer came."))
            notice, other = desk.launched(b"telegram_id\n700000001\n700000002\n"), desk.launched()
            desk.send_all()
            desk.resend(notice)
            assert notice.resent_count == 2
            ids = notice.id, other.id
            session.execute(update(Notice).where(Notice.id == ids[0]).values(resent_count=3))
            session.commit()
            session.close()
            flask_migrate.downgrade(revision="0048")

            # When it comes forward
            flask_migrate.upgrade()

            # Then it says two, and nothing of a notice whose answers all came, or were not sent again
            counts = {row.id: row.resent_count for row in session.execute(select(Notice.id, Notice.resent_count))}
            assert counts == dict(zip(ids, (2, 0), strict=True))
            session.close()
        db.engine.dispose()
