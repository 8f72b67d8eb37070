"""What the database itself refuses to do to the record: change, delete or replace an entry, or move its head back.

SQLite has no TRUNCATE; its INSERT OR REPLACE deletes without asking a delete trigger, so an insert trigger refuses every
number that is there, and every one below the newest.
"""

from sqlalchemy.engine import Connection

_NEVER = "audit entries never change"
_HEAD = "the head of the record moves to the next entry only"
_ANCHORS = "anchors never change"

SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit_entries "
    f"BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END"
    for what in ("UPDATE", "DELETE")
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION audit_never_changes() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_NEVER}'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_entries "
    "FOR EACH ROW EXECUTE FUNCTION audit_never_changes()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_entries "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_never_changes()",
)
SQLITE_INSERT = (
    "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit_entries "  # noqa: S608 (the words are ours)
    "WHEN NEW.seq <= (SELECT max(seq) FROM audit_entries) "
    f"BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END",
)
POSTGRESQL_INSERT = (
    "CREATE FUNCTION audit_only_appends() RETURNS trigger LANGUAGE plpgsql AS "  # noqa: S608 (the words are ours)
    "$$ BEGIN IF NEW.seq <= (SELECT max(seq) FROM audit_entries) THEN "
    f"RAISE EXCEPTION '{_NEVER}'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit_entries "
    "FOR EACH ROW EXECUTE FUNCTION audit_only_appends()",
)
_STRAY = (
    "NEW.id <> OLD.id OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS (SELECT 1 FROM audit_entries "
    "WHERE seq = NEW.seq AND hash = NEW.hash AND prev = OLD.hash)"
)
_FIRST = "NEW.id <> 1 OR NEW.seq <> 0 OR EXISTS (SELECT 1 FROM audit_head) OR EXISTS (SELECT 1 FROM audit_entries)"
SQLITE_HEAD = (
    f"CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head WHEN {_STRAY} BEGIN SELECT RAISE(ABORT, '{_HEAD}'); END",
    f"CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, '{_HEAD}'); END",
    f"CREATE TRIGGER audit_head_once BEFORE INSERT ON audit_head WHEN {_FIRST} BEGIN SELECT RAISE(ABORT, '{_HEAD}'); END",
)
POSTGRESQL_HEAD = (
    "CREATE FUNCTION audit_head_moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF TG_OP = 'UPDATE' THEN IF NOT ({_STRAY}) THEN RETURN NEW; END IF; "
    f"ELSIF TG_OP = 'INSERT' THEN IF NOT ({_FIRST}) THEN RETURN NEW; END IF; END IF; "
    f"RAISE EXCEPTION '{_HEAD}'; END $$",
    "CREATE TRIGGER audit_head_forward BEFORE INSERT OR UPDATE OR DELETE ON audit_head "
    "FOR EACH ROW EXECUTE FUNCTION audit_head_moves()",
    "CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_head_moves()",
)
SQLITE_ANCHORS = tuple(
    f"CREATE TRIGGER audit_anchors_no_{what.lower()} BEFORE {what} ON audit_anchors{when} "
    f"BEGIN SELECT RAISE(ABORT, '{_ANCHORS}'); END"
    for what, when in (("UPDATE", ""), ("DELETE", ""),
                       ("INSERT", " WHEN EXISTS (SELECT 1 FROM audit_anchors WHERE id = NEW.id)"))
)
POSTGRESQL_ANCHORS = (
    "CREATE FUNCTION audit_anchors_never_change() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_ANCHORS}'; END $$",
    "CREATE TRIGGER audit_anchors_no_change BEFORE UPDATE OR DELETE ON audit_anchors "
    "FOR EACH ROW EXECUTE FUNCTION audit_anchors_never_change()",
    "CREATE TRIGGER audit_anchors_no_truncate BEFORE TRUNCATE ON audit_anchors "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_anchors_never_change()",
)


def _create(connection: Connection, sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    for statement in sqlite if connection.dialect.name == "sqlite" else postgresql:
        # The driver would read a per cent sign as a place to fill; there is none.
        connection.exec_driver_sql(statement)


def protect_first(connection: Connection) -> None:
    """Create the triggers of the first version: entries refuse update, delete and truncate."""
    _create(connection, SQLITE_TRIGGERS, POSTGRESQL_TRIGGERS)


def protect_inserts(connection: Connection) -> None:
    """Let entries only be appended."""
    _create(connection, SQLITE_INSERT, POSTGRESQL_INSERT)


def protect(connection: Connection) -> None:
    """Protect the entries, in the dialect of ``connection``."""
    protect_first(connection)
    protect_inserts(connection)


def protect_head(connection: Connection) -> None:
    """Let the head only move forward, by the chain."""
    _create(connection, SQLITE_HEAD, POSTGRESQL_HEAD)


def protect_anchors(connection: Connection) -> None:
    """Let anchors only be added."""
    _create(connection, SQLITE_ANCHORS, POSTGRESQL_ANCHORS)


def unprotect_later(connection: Connection) -> None:
    """Take away what came after the first version."""
    if connection.dialect.name == "sqlite":
        for name in ("audit_no_replace", "audit_head_forward", "audit_head_stays", "audit_head_once"):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    for trigger, table in (("audit_no_replace", "audit_entries"), ("audit_head_forward", "audit_head"),
                           ("audit_head_no_truncate", "audit_head"), ("audit_anchors_no_change", "audit_anchors"),
                           ("audit_anchors_no_truncate", "audit_anchors")):
        connection.exec_driver_sql(f"DROP TRIGGER {trigger} ON {table}")
    for function in ("audit_only_appends", "audit_head_moves", "audit_anchors_never_change"):
        connection.exec_driver_sql(f"DROP FUNCTION {function}()")


def unprotect(connection: Connection) -> None:
    """Take the triggers of the first version away, for a migration that goes back before the table was made."""
    if connection.dialect.name == "sqlite":
        return  # they go with the table
    connection.exec_driver_sql("DROP TRIGGER audit_no_change ON audit_entries")
    connection.exec_driver_sql("DROP TRIGGER audit_no_truncate ON audit_entries")
    connection.exec_driver_sql("DROP FUNCTION audit_never_changes()")
