"""The history of the tables ends at the models, on both databases, with the record protected."""

import json
from dataclasses import replace
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError

from incident_app import starting
from incident_app.adapters.vault import AesVault
from incident_app.app import create_app
from incident_app.domain.ports import VaultError
from incident_app.extensions import Base, db
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.services import cases, rota
from incident_app.wiring import Ports
from tests import databases
from tests.builders import settings_for_tests
from tests.fakes import START
from tests.story.canaries import NAME as SECRET
from tests.story.canaries import traces_in_files

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
    starting.bind_migrations(app)
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
    starting.bind_migrations(app)
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
    starting.bind_migrations(app)
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


def _one_of_each(connection: Connection) -> None:
    """Write a case with texts as the version before wrote it, on a database at 0021."""
    connection.execute(text(
        "INSERT INTO users (id, name, email, zone, active, fs_uniquifier, create_datetime, update_datetime)"
        " VALUES (1, 'ana', 'ana', 'UTC', true, 'ana', '2026-11-01 00:00:00', '2026-11-01 00:00:00')"))
    connection.execute(text("UPDATE cases SET summary = :one, aware_source = 'a call', measures_taken = :one"),
                       {"one": f"{SECRET} wrote – «да»"})
    connection.execute(text(
        "INSERT INTO case_notes (id, case_id, text, by_id, at) VALUES (1, 1, :one, 1, '2026-11-23 10:00:00.000001')"),
        {"one": f"{SECRET} called"})
    connection.execute(text(
        "INSERT INTO awareness_versions (case_id, number, aware_at, zone, source, reason, at)"
        " VALUES (1, 1, '2026-11-23 10:00:00', 'UTC', :one, '', '2026-11-23 10:00:00')"), {"one": f"{SECRET}'s mail"})
    connection.execute(text(
        "INSERT INTO filings (public_id, case_id, obligation_id, number, phase, form_id, form_version, state, answers, before,"
        " content_hash, version, editor_ids, made_at, saved_at, sent_back_reason, how, reference, late_reason) VALUES"
        " ('p', 1, (SELECT min(id) FROM obligations), 1, 'initial', 'f', '1', 'draft', :answers, 'null', '', 1, '[]',"
        " '2026-11-23 10:00:00', '2026-11-23 10:00:00', '', '', '', '')"),
        {"answers": json.dumps({"cause": {"value": SECRET}})})


def _clear_texts(connection: Connection) -> tuple[str, ...]:
    words = "SELECT summary, aware_source, measures_taken, cause FROM cases"
    found = tuple(connection.execute(text(words)).one())
    return (*found, *(connection.execute(text(f"SELECT {column} FROM {table}")).scalar_one() for column, table in (
        ("text", "case_notes"), ("source", "awareness_versions"), ("reason", "awareness_versions"))))


def test_texts_of_an_older_version_are_sealed_and_may_come_back(empty_url: str, tmp_path: Path, test_ports: Ports) -> None:
    # Given a case of the version before, with texts that stand in clear
    app = create_app(settings_for_tests(empty_url, tmp_path), ports=replace(test_ports, vault=AesVault([("k1", b"k" * 32)])))
    starting.bind_migrations(app)
    with app.app_context():
        flask_migrate.upgrade(revision="0001")
        with db.engine.begin() as connection:
            connection.execute(text(OLD_CASE))
            connection.execute(text(OLD_DUTY))
        flask_migrate.upgrade(revision="0021")
        with db.engine.begin() as connection:
            _one_of_each(connection)
            before = _clear_texts(connection)

        # When it is brought forward without the key that its files need, it is refused in words and nothing is changed
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE cases SET file_key = :key"), {"key": AesVault([("lost", b"l" * 32)]).new_key()})
        with pytest.raises(VaultError, match="VAULT_KEYS lacks lost"):
            flask_migrate.upgrade()
        with db.engine.begin() as connection:
            assert _clear_texts(connection) == before
            connection.execute(text("UPDATE cases SET file_key = NULL"))

        # Then with it everything is sealed, reads as it did, and no file of ours has it any more
        flask_migrate.upgrade()
        case = db.session().get_one(Case, 1)
        assert (case.summary, case.aware_source, case.cause) == (f"{SECRET} wrote – «да»", "a call", "")
        assert [one.text for one in cases.notes_of(db.session(), 1)] == [f"{SECRET} called"]
        filing = db.session().scalars(select(Filing)).one()
        assert (filing.answers, filing.before) == ({"cause": {"value": SECRET}}, None)
        db.session.remove()
        with db.engine.connect() as connection:
            cells = [bytes(cell) for table in ("cases", "case_notes", "awareness_versions", "filings")
                     for cell in connection.execute(text(f"SELECT sealed FROM {table}")).scalars()]
            assert not any(SECRET.encode() in cell or cell == b"" for cell in cells)
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            assert traces_in_files([tmp_path]) == {}

        # And the way back puts it there as it was; a text that does not open stops it
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE awareness_versions SET number = 2"))
        with pytest.raises(VaultError, match="Nothing was changed: This was changed"):
            flask_migrate.downgrade(revision="0021")
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE awareness_versions SET number = 1"))
        flask_migrate.downgrade(revision="0021")
        with db.engine.begin() as connection:
            assert _clear_texts(connection) == before
        with pytest.raises(DatabaseError, match="notes never change"), db.engine.begin() as connection:
            connection.execute(text("DELETE FROM case_notes"))
        db.engine.dispose()
