"""The tables are brought to a newer version while workers send: old ones go on beside new ones."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from incident_app import starting
from incident_app.app import create_app
from incident_app.extensions import db
from incident_app.paths import data_dir
from incident_app.wiring import Ports
from tests import databases
from tests.builders import settings_for_tests
from tests.fakes import FakeClock
from tests.faults.crew import IN_FLIGHT, PAST_THE_LEASE, SOME, a_crew, list_of, until, until_over
from tests.faults.judge import judge
from tests.faults.sender import NEW_COLUMN
from tests.letters_kit import Desk
from tests.people import People

NEXT_VERSION = f'''"""The next version, in a test: deliveries have one more column."""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{{head}}"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("{NEW_COLUMN}", sa.Text(), nullable=True))
    op.create_index("ix_next", "deliveries", ["{NEW_COLUMN}"])
'''


@pytest.fixture
def database_url(postgresql_base: str | None) -> Iterator[str]:
    """The address of a database without tables."""
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    url = databases.make_database(postgresql_base)
    yield url
    databases.drop_database(postgresql_base, url)


@pytest.fixture(autouse=True)
def upgrading(database_url: str, tmp_path: Path, test_ports: Ports) -> Iterator[Flask]:
    """The app that upgrades; it has made the tables by their migrations."""
    made = create_app(settings_for_tests(database_url, tmp_path), ports=test_ports)
    starting.bind_migrations(made)
    with made.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    yield made
    with made.app_context():
        db.engine.dispose()


def _next_version(folder: Path) -> str:
    """Write the migrations with one more after the newest."""
    made = shutil.copytree(data_dir("migrations"), folder / "migrations")
    head = max(made.glob("versions/0*.py")).name[:4]
    (made / "versions" / "next.py").write_text(NEXT_VERSION.format(head=head))
    return str(made)


def test_migrations_during_a_send_stop_nobody_and_old_workers_go_on_beside_new_ones(
    upgrading: Flask, session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list that two workers send
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, rate=100.0) as (crew, ledger), upgrading.app_context():
        crew.start(2)
        until(lambda: ledger.arrivals > SOME // 6, "the first were written to")

        # When the database is brought to this version, where it is already, and then to the next
        flask_migrate.upgrade()
        flask_migrate.upgrade(directory=_next_version(tmp_path))
        assert NEW_COLUMN in {column["name"] for column in inspect(db.engine).get_columns("deliveries")}
        came = ledger.arrivals
        assert came < SOME, "the upgrade came too late to disturb anybody"

        # And a worker of the next version joins the old ones, one of which is killed
        crew.start(1, newer=True)
        crew.until_all_are_there()
        ledger.at(ledger.arrivals + 2 * IN_FLIGHT, crew.kill)
        until(lambda: crew.dead() == 1, "one is killed")
        crew.clock.move(PAST_THE_LEASE)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then they went on, and at most what the killed one had in flight is uncertain
    assert len(ledger.brought) > 1
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=IN_FLIGHT) == []
