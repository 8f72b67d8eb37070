"""A dump of an older version put back over a newer database: exactly the dump's, and then brought forward."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from incident_app import backups, starting
from incident_app.app import create_app
from incident_app.wiring import Ports
from tests import databases
from tests.builders import settings_for_tests

OLDER = "0030"
WHAT_IS_THERE = """
SELECT 'table ' || tablename FROM pg_tables WHERE schemaname = 'public'
UNION ALL SELECT 'index ' || tablename || '.' || indexname FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger ' || tgrelid::regclass || '.' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function ' || proname || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'column ' || table_name || '.' || column_name || data_type FROM information_schema.columns
  WHERE table_schema = 'public'
"""

pytestmark = pytest.mark.postgresql


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A database of this version, and a dump of what it was before."""

    app: Flask
    url: str
    dump: Path
    before: set[str]

    def there(self) -> set[str]:
        """Return what the database holds, but for rows."""
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.connect() as connection:
            return set(connection.scalars(text(WHAT_IS_THERE)))

    def version(self) -> str | None:
        return starting.standing(self.app)[0]


@pytest.fixture
def upgraded(postgresql_base: str | None, tmp_path: Path, test_ports: Ports) -> Iterator[Upgraded]:
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    url = databases.make_database(postgresql_base)
    app = create_app(settings_for_tests(url, tmp_path), ports=test_ports)
    starting.bind_migrations(app)
    with app.app_context():
        flask_migrate.upgrade(revision=OLDER)
    starting.release(app)
    found = Upgraded(app, url, tmp_path / "older.dump", set())
    backups.make(url, found.dump)
    found.before.update(found.there())
    starting.migrate(app)
    starting.release(app)
    yield found
    starting.release(app)
    databases.drop_database(postgresql_base, url)


def test_an_older_dump_put_back_is_exactly_what_it_was_and_comes_forward(upgraded: Upgraded) -> None:
    # Given tables that came after the dump was made
    newest = upgraded.there()
    assert newest - upgraded.before

    # When the dump is put back
    backups.restore(upgraded.url, upgraded.dump)

    # Then nothing of what came later is left
    assert upgraded.there() == upgraded.before
    assert upgraded.version() == OLDER

    # And nothing starts on it until it is upgraded, which ends where it was
    with pytest.raises(click.ClickException, match="incident-app upgrade"):
        starting.prepare(upgraded.app)
    starting.migrate(upgraded.app)
    assert upgraded.there() == newest


def test_a_dump_cut_off_changes_nothing(upgraded: Upgraded) -> None:
    # Given a dump of which the end is missing
    newest = upgraded.there()
    half = upgraded.dump.with_name("half.dump")
    half.write_bytes(upgraded.dump.read_bytes()[:-2000])

    # When it is put back, then that is refused, and all stands as it stood
    with pytest.raises(backups.BackupError, match="pg_restore failed"):
        backups.restore(upgraded.url, half)
    assert upgraded.there() == newest


def test_an_older_dump_laid_over_by_hand_is_said_in_words(upgraded: Upgraded) -> None:
    # Given the dump put back by pg_restore --clean, which leaves standing what it does not know
    plain = upgraded.url.replace("postgresql+psycopg:", "postgresql:")
    subprocess.run(["pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={plain}", str(upgraded.dump)],
                   check=False, capture_output=True)
    assert upgraded.version() == OLDER
    laid_over = upgraded.there()
    assert laid_over - upgraded.before

    # When it is brought to this version, then that ends in words that say what to do, and nothing is changed
    with pytest.raises(click.ClickException, match=r"holds what came later.*\n.*runbooks/ops/restore\.md"):
        starting.migrate(upgraded.app)
    assert upgraded.there() == laid_over


def test_a_database_of_a_version_to_come_is_said_in_words(upgraded: Upgraded) -> None:
    # Given a database that a later version left
    engine = create_engine(upgraded.url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    # When it is brought to this version, then that version is asked for
    with pytest.raises(click.ClickException, match="at 9999, a version this one does not know"):
        starting.migrate(upgraded.app)
