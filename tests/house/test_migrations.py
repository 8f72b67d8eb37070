"""The history of the tables ends at the models, on both databases, with the record protected."""

import json
import re
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
from incident_app.models.obligations import Obligation
from incident_app.models.proposals import Proposal
from incident_app.models.remediation import Action
from incident_app.models.retention import Hold
from incident_app.models.risk import Assessment, Decision
from incident_app.services import cases, rota
from incident_app.wiring import Ports
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


_WHAT_IS_THERE = {
    "sqlite": "SELECT type || ' ' || name, CASE type WHEN 'table' THEN '' ELSE sql END FROM sqlite_master WHERE sql IS NOT NULL",
    "postgresql": """
        SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'function ' || proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
        UNION ALL SELECT 'table ' || relname, reloptions::text FROM pg_class
          WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        UNION ALL SELECT 'column ' || table_name || '.' || column_name, data_type || is_nullable FROM information_schema.columns
          WHERE table_schema = 'public'
    """,
}


def what_is_there() -> dict[str, str]:
    """Return everything in the database but rows and defaults, by name; quotes and white space are as they may be."""
    with db.engine.connect() as connection:
        found = connection.execute(text(_WHAT_IS_THERE[connection.dialect.name]))
        return {name: re.sub(r'[\s"]+', " ", sql or "") for name, sql in found}


def test_tables_made_at_once_are_what_the_migrations_make(empty_url: str, tmp_path: Path, test_ports: Ports) -> None:
    # Given a database made at once, as a first start does
    app = create_app(settings_for_tests(empty_url, tmp_path), ports=test_ports)
    starting.prepare(app)
    with app.app_context():
        at_once = what_is_there()
    assert starting.standing(app)[0] == starting.standing(app)[1]

    # When all of it goes, and the migrations make it anew
    starting.bind_migrations(app)
    with app.app_context():
        flask_migrate.downgrade(revision="base")
        flask_migrate.upgrade()

        # Then tables, columns, indexes, constraints, triggers and functions are the same
        step_by_step = what_is_there()
        db.engine.dispose()
    assert at_once == step_by_step
    assert len(at_once) > 150


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


REASONS_BEFORE = """
INSERT INTO users (id, name, email, zone, active, fs_uniquifier, create_datetime, update_datetime)
 VALUES (1, 'ana', 'ana', 'UTC', true, 'ana', '2026-11-01 00:00:00', '2026-11-01 00:00:00');
INSERT INTO assessments (id, case_id, number, method, answers, dpc, ei, cb, se, level, reasons, proposal, by_id, at)
 VALUES (1, 1, 1, 'm', '{"reasons": {"ei": "WHO"}}', '1', '1', '0', '1', 'low', '["WHO: 1"]', '{}', 1, '2026-11-23 10:00:00');
INSERT INTO decisions (id, case_id, subject, outcome, differs, reason, needs_second, exemption, proof, by_id, at)
 VALUES (1, 1, 'people', 'not_required', false, 'WHO', true, '', 'WHO', 1, '2026-11-23 10:00:00.000001');
INSERT INTO confirmations (id, decision_id, confirmed, reason, by_id, at) VALUES (1, 1, true, 'WHO', 1, '2026-11-23 10:00:00');
UPDATE obligations SET state_reason = 'WHO', late_reason = 'WHO';
INSERT INTO legal_holds (id, case_id, reason, set_by_id, set_at, lift_reason)
 VALUES (1, 1, 'WHO', 1, '2026-11-23 10:00:00', '');
INSERT INTO proposals (id, public_id, kind, case_id, subject, subject_id, facts, reason, involved, state, asked_by_id,
 asked_by_person, asked_at, answer_reason)
 VALUES (1, 'p1', 'hold.lift', 1, 'hold', '1', '{"late_reason": "WHO"}', 'WHO', '[]', 'waiting', 1, 1, '2026-11-23 10:00:00', ''),
 (2, 'p2', 'people.make_approver', NULL, 'user', '1', '{"roles": []}', 'WHO', '[]', 'agreed', 1, 1, '2026-11-23 10:00:00', 'WHO');
INSERT INTO actions (id, case_id, title, kind, role, proof_asked, runbook, runbook_version, state, proof_text,
 not_needed_reason, made_by_id, made_at, version)
 VALUES (1, 1, 'Ring WHO', 'remedy', '', '', '', '', 'done', 'WHO', '', 1, '2026-11-23 10:00:00', 1),
 (2, 1, 'A step', 'contain', '', '', 'other', '1', 'open', '', '', NULL, '2026-11-23 10:00:00', 1);
"""
REASON_TABLES = ("assessments", "decisions", "confirmations", "obligations", "legal_holds", "proposals", "actions")


def test_reasons_of_an_older_version_are_sealed_and_may_come_back(empty_url: str, tmp_path: Path, test_ports: Ports) -> None:
    # Given a case of the version before, whose reasons name somebody
    app = create_app(settings_for_tests(empty_url, tmp_path), ports=replace(test_ports, vault=AesVault([("k1", b"k" * 32)])))
    starting.bind_migrations(app)
    with app.app_context():
        flask_migrate.upgrade(revision="0001")
        with db.engine.begin() as connection:
            connection.execute(text(OLD_CASE))
            connection.execute(text(OLD_DUTY))
        flask_migrate.upgrade(revision="0028")
        with db.engine.begin() as connection:
            for one in REASONS_BEFORE.replace("WHO", SECRET).split(";\n"):
                if one.strip():
                    connection.exec_driver_sql(one)
            before = [[tuple(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY id"))]
                      for name in REASON_TABLES]

        # When it is brought forward, then everything reads as it did, and no file of ours has the name any more
        flask_migrate.upgrade()
        session = db.session()
        decision, assessment = session.get_one(Decision, 1), session.get_one(Assessment, 1)
        assert decision.confirmation is not None
        assert (decision.reason, decision.proof, decision.confirmation.reason) == (SECRET, SECRET, SECRET)
        assert (assessment.answers, assessment.reasons) == ({"reasons": {"ei": SECRET}}, [f"{SECRET}: 1"])
        duty, hold = session.scalars(select(Obligation)).one(), session.get_one(Hold, 1)
        assert (duty.state_reason, duty.late_reason, hold.reason, hold.lift_reason) == (SECRET, SECRET, SECRET, "")
        of_case, of_none = session.get_one(Proposal, 1), session.get_one(Proposal, 2)
        assert (of_case.facts, of_case.reason, of_case.text_key) == ({"late_reason": SECRET}, SECRET, None)
        assert (of_none.facts, of_none.reason, of_none.answer_reason) == ({"roles": []}, SECRET, SECRET)
        own, step = session.get_one(Action, 1), session.get_one(Action, 2)
        assert (own.title, own.step, own.proof_text, step.title, step.sealed) == (f"Ring {SECRET}", "", SECRET, "A step", b"")
        db.session.remove()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            assert traces_in_files([tmp_path]) == {}

        # And the way back puts it there as it was; what does not open stops it
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE decisions SET subject = 'authority'"))
        with pytest.raises(VaultError, match="Nothing was changed: This was changed"):
            flask_migrate.downgrade(revision="0028")
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE decisions SET subject = 'people'"))
        flask_migrate.downgrade(revision="0028")
        with db.engine.begin() as connection:
            after = [[tuple(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY id"))]
                     for name in REASON_TABLES]
        assert [[sorted(map(str, row)) for row in rows] for rows in after] == [
            [sorted(map(str, row)) for row in rows] for rows in before]
        db.engine.dispose()
