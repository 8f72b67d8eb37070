"""Notes are written once: triggers refuse that one is changed or taken away."""

from sqlalchemy import Table, event
from sqlalchemy.engine import Connection

from incident_app.models.cases import Note

SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER notes_no_{what.lower()} BEFORE {what} ON case_notes "
    "BEGIN SELECT RAISE(ABORT, 'notes never change'); END"
    for what in ("UPDATE", "DELETE")
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION notes_never_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'notes never change'; END $$",
    "CREATE TRIGGER notes_no_change BEFORE UPDATE OR DELETE ON case_notes "
    "FOR EACH ROW EXECUTE FUNCTION notes_never_change()",
    "CREATE TRIGGER notes_no_truncate BEFORE TRUNCATE ON case_notes "
    "FOR EACH STATEMENT EXECUTE FUNCTION notes_never_change()",
)


def protect(connection: Connection) -> None:
    """Create the triggers, in the dialect of ``connection``."""
    triggers = SQLITE_TRIGGERS if connection.dialect.name == "sqlite" else POSTGRESQL_TRIGGERS
    for trigger in triggers:
        connection.exec_driver_sql(trigger)


def unprotect(connection: Connection) -> None:
    """Take the triggers away, for a migration that goes back."""
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
