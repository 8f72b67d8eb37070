"""The history of the tables ends at the models, on both databases, with the record protected."""

from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from incident_app.app import create_app
from incident_app.extensions import Base, db
from incident_app.services import rota
from incident_app.wiring import Ports
from tests import databases
from tests.builders import settings_for_tests
from tests.fakes import START

OLD_CASE = """
INSERT INTO cases (id, ref, title, summary, kind, is_drill, state, role, home_country, zone, aware_at, aware_source,
  aware_version, gap_reason, filed_at, close_reason, people_data, people_count, records_count, data_categories, countries,
  cause, consequences, measures_taken, measures_planned, measures_before, processors, version)
VALUES (1, 'BR-2026-001', 'x', '', 'other', false, 'logged', 'controller', 'DE', 'Europe/Berlin', '2026-11-23 10:00:00',
  'x', 1, '', '2026-11-23 10:00:00', '', 'yes', '{}', '{}', '[]', '[]', '', '', '', '', '', '[]', 1)
"""
OLD_DUTY = """
INSERT INTO obligations (case_id, regime, provision, stage, recipient_type, recipient, anchor, mode, unit, threshold, why,
  source, confidence, rule_version, aware_version, state, state_reason, raised_at, discharged_how, receipt_reference,
  late_reason)
VALUES (1, 'RU-152FZ', 'x', 'initial', 'authority', 'x', 'detected', 'elapsed', 'hours', '', '', '', 'memory', 'v', 1,
  'owed', '', '2026-11-23 10:00:00', '', '', '')
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path, postgresql_base: str | None) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    return databases.make_database(postgresql_base)


def test_migrations_equal_models_up_and_down(empty_url: str, tmp_path: Path, test_ports: Ports) -> None:
    # Given an empty database
    app = create_app(settings_for_tests(empty_url, tmp_path), ports=test_ports)
    with app.app_context():
        # When it is brought to the newest migration
        flask_migrate.upgrade()

        # Then nothing is left to do, and the record refuses to be changed
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
        with db.engine.begin() as connection:
            connection.execute(text(
                "INSERT INTO audit_entries (seq, at, actor_id, actor_name, action, subject, subject_id, details, prev, hash)"
                " VALUES (1, '2026-11-23 10:00:00', 0, 'x', 'x', 'x', 'x', '{}', 'x', 'x')"
            ))
        with pytest.raises(DatabaseError, match="never change"), db.engine.begin() as connection:
            connection.execute(text("DELETE FROM audit_entries"))

        # And the way back leaves nothing behind
        flask_migrate.downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        db.engine.dispose()


def test_a_database_with_a_case_of_an_older_version_comes_forward(
    empty_url: str, tmp_path: Path, test_ports: Ports
) -> None:
    # Given a case with a duty, as the first version wrote them
    app = create_app(settings_for_tests(empty_url, tmp_path), ports=test_ports)
    with app.app_context():
        flask_migrate.upgrade(revision="0001")
        with db.engine.begin() as connection:
            connection.execute(text(OLD_CASE))
            connection.execute(text(OLD_DUTY))

        # When the tables are brought forward
        flask_migrate.upgrade()

        # Then both are there, in the words of today
        with db.engine.connect() as connection:
            duty = connection.execute(text("SELECT confidence, threshold_id, controller FROM obligations")).one()
            assert tuple(duty) == ("check", "risk", "")
            assert connection.execute(text("SELECT law_version FROM cases")).scalar_one() == ""
        db.engine.dispose()


def test_shifts_of_an_older_version_count_as_they_did(empty_url: str, tmp_path: Path, test_ports: Ports) -> None:
    # Given two shifts at the same time, of which the one made later counts
    app = create_app(settings_for_tests(empty_url, tmp_path), ports=test_ports)
    with app.app_context():
        flask_migrate.upgrade(revision="0009")
        with db.engine.begin() as connection:
            for user_id, name in ((1, "ana"), (2, "ben")):
                connection.execute(text(
                    "INSERT INTO users (id, name, email, zone, active, fs_uniquifier, create_datetime, update_datetime)"
                    " VALUES (:id, :name, :name, 'UTC', true, :name, '2026-11-01 00:00:00', '2026-11-01 00:00:00')"),
                    {"id": user_id, "name": name})
                connection.execute(text(
                    "INSERT INTO shifts (user_id, starts_at, ends_at, made_at) VALUES (:user_id, '2026-11-23 00:00:00',"
                    " '2026-11-30 00:00:00', '2026-11-01 00:00:00')"), {"user_id": user_id})
        db.session.remove()

        # When the tables are brought forward
        flask_migrate.upgrade()

        # Then it still does
        found = rota.current_shift(db.session(), START)
        assert found is not None
        assert (found.user.name, found.shift.rank, found.shift.version) == ("ben", found.shift.id, 1)
        assert found.shift.changed_at == found.shift.made_at
        db.session.remove()
        db.engine.dispose()
