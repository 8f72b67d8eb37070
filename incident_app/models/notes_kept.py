"""Notes are written once: triggers refuse that one is changed or taken away.

Only what seals the text may be replaced, by something exactly as long: so a note is sealed anew under a fresh key. Nobody
without the key of the case can put another text there, for nothing else would open in this row.
"""

from sqlalchemy import Table, event
from sqlalchemy.engine import Connection

from incident_app.models.cases import Note

SQLITE_FIRST = tuple(
    f"CREATE TRIGGER notes_no_{what.lower()} BEFORE {what} ON case_notes "
    "BEGIN SELECT RAISE(ABORT, 'notes never change'); END"
    for what in ("UPDATE", "DELETE")
)
POSTGRESQL_FIRST = (
    "CREATE FUNCTION notes_never_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'notes never change'; END $$",
    "CREATE TRIGGER notes_no_change BEFORE UPDATE OR DELETE ON case_notes "
    "FOR EACH ROW EXECUTE FUNCTION notes_never_change()",
    "CREATE TRIGGER notes_no_truncate BEFORE TRUNCATE ON case_notes "
    "FOR EACH STATEMENT EXECUTE FUNCTION notes_never_change()",
)
SQLITE_TRIGGERS = (
    "CREATE TRIGGER notes_no_update BEFORE UPDATE ON case_notes "
    "WHEN NEW.id IS NOT OLD.id OR NEW.case_id IS NOT OLD.case_id OR NEW.corrects_id IS NOT OLD.corrects_id "
    "OR NEW.by_id IS NOT OLD.by_id OR NEW.at IS NOT OLD.at OR length(NEW.sealed) IS NOT length(OLD.sealed) "
    "BEGIN SELECT RAISE(ABORT, 'notes never change'); END",
    SQLITE_FIRST[1],
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION notes_never_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'UPDATE' THEN "
    "IF (NEW.id, NEW.case_id, NEW.corrects_id, NEW.by_id, NEW.at, length(NEW.sealed)) IS NOT DISTINCT FROM "
    "(OLD.id, OLD.case_id, OLD.corrects_id, OLD.by_id, OLD.at, length(OLD.sealed)) THEN RETURN NEW; END IF; END IF; "
    "RAISE EXCEPTION 'notes never change'; END $$",
    *POSTGRESQL_FIRST[1:],
)


def protect_first(connection: Connection) -> None:
    """Create the triggers as they were while notes stood in clear."""
    _create(connection, SQLITE_FIRST, POSTGRESQL_FIRST)


def protect(connection: Connection) -> None:
    """Create the triggers, in the dialect of ``connection``."""
    _create(connection, SQLITE_TRIGGERS, POSTGRESQL_TRIGGERS)


def _create(connection: Connection, sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    for trigger in sqlite if connection.dialect.name == "sqlite" else postgresql:
        connection.exec_driver_sql(trigger)


def unprotect(connection: Connection) -> None:
    """Take the triggers away, for a migration."""
    if connection.dialect.name == "sqlite":
        for what in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER notes_no_{what}")
        return
    connection.exec_driver_sql("DROP TRIGGER notes_no_change ON case_notes")
    connection.exec_driver_sql("DROP TRIGGER notes_no_truncate ON case_notes")
    connection.exec_driver_sql("DROP FUNCTION notes_never_change()")


@event.listens_for(Note.__table__, "after_create")
def _protect_new_table(_table: Table, connection: Connection, **_: object) -> None:
    protect(connection)
