"""Whom a notice was sent to is never deleted: triggers refuse it, in place of a foreign key of ``deliveries``.

A key would be looked up once for each of a million outcomes, and lock the person's row each time; it was a third of what
writing an outcome costs. That a notice with outcomes stays follows from its chunks, whose key there is.
"""

from sqlalchemy import Table, event
from sqlalchemy.engine import Connection

from incident_app.models.recipients import Recipient

STAY = "people a notice was sent to are never deleted"
_SQLITE = (
    "CREATE TRIGGER people_told_stay BEFORE DELETE ON recipients WHEN EXISTS (SELECT 1 FROM notices n "  # noqa: S608 (our own words)
    f"WHERE n.list_id = OLD.list_id AND n.launched_at IS NOT NULL) BEGIN SELECT RAISE(ABORT, '{STAY}'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION people_told_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS ("  # noqa: S608 (our own words)
    "SELECT 1 FROM (SELECT DISTINCT list_id FROM gone) g JOIN notices n ON n.list_id = g.list_id "
    f"WHERE n.launched_at IS NOT NULL) THEN RAISE EXCEPTION '{STAY}'; END IF; RETURN NULL; END $$",
    "CREATE TRIGGER people_told_stay AFTER DELETE ON recipients REFERENCING OLD TABLE AS gone "
    "FOR EACH STATEMENT EXECUTE FUNCTION people_told_stay()",
    "CREATE FUNCTION people_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608 (our own words)
    f"IF EXISTS (SELECT 1 FROM notices WHERE launched_at IS NOT NULL) THEN RAISE EXCEPTION '{STAY}'; END IF; "
    "RETURN NULL; END $$",
    "CREATE TRIGGER people_told_never_empty BEFORE TRUNCATE ON recipients "
    "FOR EACH STATEMENT EXECUTE FUNCTION people_stay()",
)


def protect(connection: Connection) -> None:
    """Create the triggers, in the dialect of ``connection``."""
    for trigger in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(trigger)


def unprotect(connection: Connection) -> None:
    """Take the triggers away again; a migration that rebuilds ``notices`` or ``recipients`` on SQLite does so first."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TRIGGER people_told_stay")
        return
    for name in ("people_told_stay", "people_told_never_empty"):
        connection.exec_driver_sql(f"DROP TRIGGER {name} ON recipients")
    for name in ("people_told_stay", "people_stay"):
        connection.exec_driver_sql(f"DROP FUNCTION {name}()")


@event.listens_for(Recipient.__table__, "after_create")
def _protect_new_table(_table: Table, connection: Connection, **_: object) -> None:
    protect(connection)
