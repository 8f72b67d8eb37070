"""On PostgreSQL the role that runs the app can only read and add to the record: proved with the SQL of the runbook."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from incident_app import starting
from incident_app.app import create_app
from incident_app.domain.accounts import SYSTEM
from incident_app.extensions import db
from incident_app.services import anchoring, audit, record_rights
from incident_app.services.unit import writing
from incident_app.wiring import Ports
from tests import databases
from tests.builders import a_case, an_organisation, settings_for_tests
from tests.fakes import START
from tests.house.sources import TOP
from tests.people import hire

SQL = TOP / "runbooks" / "ops" / "record-roles.sql"


@pytest.fixture
def owned(postgresql_base: str | None, tmp_path: Path, test_ports: Ports) -> str:
    """The address of a database with our tables, as its owner."""
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    url = databases.make_database(postgresql_base)
    app = create_app(settings_for_tests(url, tmp_path), ports=test_ports)
    starting.bind_migrations(app)
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    return url


@pytest.fixture
def engine(owned: str) -> Iterator[Engine]:
    """A connection as the role that runs the app, after the runbook."""
    end = uuid.uuid4().hex[:8]
    owner, runtime = f"owner_{end}", f"app_{end}"
    address = make_url(owned)
    with create_engine(owned, isolation_level="AUTOCOMMIT").connect() as connection:
        for role in (owner, runtime):
            connection.execute(text(f"CREATE ROLE {role} LOGIN"))
    for _ in range(2):  # it may be run again
        subprocess.run(
            ["psql", "-h", str(address.query["host"]), "-U", str(address.username), "-v", f"owner={owner}", "-v",
             f"runtime={runtime}", "-v", f"database={address.database}", "-q", "-f", str(SQL), str(address.database)],
            check=True, capture_output=True, text=True)
    made = create_engine(address.set(username=runtime))
    yield made
    made.dispose()


@pytest.mark.counted
def test_the_app_works_with_such_a_role_and_cannot_touch_what_was_recorded(engine: Engine) -> None:
    # Given the app at work under that role
    with Session(engine, expire_on_commit=False) as session:
        an_organisation(session)
        people = hire(session)
        a_case(session, people.responder)
        anchoring.keep(session, anchoring.FILE, audit.head_of(session), taken=True, now=START)

        # Then it records, verifies, and the doctor says so
        assert anchoring.verify(session, None).complete
        assert record_rights.look(session) == record_rights.Rights(True, "this role can only read and add entries")

    # And everything else is refused before any trigger is asked
    for words in ("UPDATE audit_entries SET actor_name = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries",
                  "UPDATE audit_anchors SET seq = 0", "DELETE FROM audit_anchors", "TRUNCATE audit_anchors",
                  "DELETE FROM audit_head", "TRUNCATE audit_head", "DROP TRIGGER audit_no_change ON audit_entries",
                  "ALTER TABLE audit_entries DISABLE TRIGGER ALL", "DROP TABLE audit_entries",
                  "DROP FUNCTION audit_never_changes() CASCADE", "CREATE TABLE other (id int)",
                  "UPDATE alembic_version SET version_num = 'x'", "SET session_replication_role = replica"):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), engine.begin() as connection:
            connection.execute(text(words))


@pytest.mark.counted
def test_the_doctor_names_a_role_that_could_do_more(owned: str, engine: Engine) -> None:
    with Session(create_engine(owned)) as session:
        found = record_rights.look(session)
        assert not found.ok
        assert "owns audit_anchors, audit_entries, audit_head and could drop their triggers" in found.words
        session.execute(text(f"GRANT DELETE ON audit_entries TO {engine.url.username}"))
        session.commit()

    with Session(engine) as session:
        assert record_rights.look(session).words == "this role has DELETE on audit_entries: runbooks/ops/the-record.md"
        with writing(session):
            audit.record(session, action="account.signed_in", by=SYSTEM, now=START)
