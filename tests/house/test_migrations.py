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
from incident_app.wiring import Ports
from tests import databases
from tests.builders import settings_for_tests


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
