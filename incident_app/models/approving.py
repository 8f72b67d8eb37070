"""What the database itself refuses of approvals, whoever asks: made by one who had a hand in it, changed, deleted."""

from sqlalchemy import Table, event
from sqlalchemy.engine import Connection

from incident_app.models.notices import Approval

OWN = "whoever wrote a notice, changed it or uploaded its list cannot approve it"
FIXED = "an approval never changes: it can only be voided, once"
_BOUND = ("notice_id", "content_hash", "list_digest", "list_count", "plan", "by_id", "at", "envelope", "method")
_PERSON = "COALESCE(u.person_id, u.id) = (SELECT COALESCE(a.person_id, a.id) FROM users a WHERE a.id = NEW.by_id)"
_HANDS = (
    "SELECT 1 FROM notices n JOIN recipient_lists l ON l.id = n.list_id JOIN users u ON u.id = n.author_id"  # noqa: S608 (our own words)
    " OR u.id = l.by_id OR {editor} WHERE n.id = NEW.notice_id AND " + _PERSON
)
_SQLITE = (
    "CREATE TRIGGER approval_takes_another BEFORE INSERT ON approvals WHEN EXISTS ("  # noqa: S608 (our own words)
    + _HANDS.format(editor="u.id IN (SELECT value FROM json_each(n.editor_ids))")
    + f") BEGIN SELECT RAISE(ABORT, '{OWN}'); END",
    "CREATE TRIGGER approval_never_changes BEFORE UPDATE ON approvals WHEN OLD.voided_at IS NOT NULL OR "
    + " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _BOUND)
    + f" BEGIN SELECT RAISE(ABORT, '{FIXED}'); END",
    f"CREATE TRIGGER approval_never_goes BEFORE DELETE ON approvals BEGIN SELECT RAISE(ABORT, '{FIXED}'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION approval_takes_another() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS ("
    + _HANDS.format(editor="n.editor_ids @> to_jsonb(u.id)")
    + f") THEN RAISE EXCEPTION '{OWN}'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER approval_takes_another BEFORE INSERT ON approvals FOR EACH ROW"
    " EXECUTE FUNCTION approval_takes_another()",
    "CREATE FUNCTION approval_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" RAISE EXCEPTION '{FIXED}'; END $$",
    "CREATE TRIGGER approval_never_changes BEFORE UPDATE ON approvals FOR EACH ROW WHEN (OLD.voided_at IS NOT NULL OR "
    + " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _BOUND)
    + ") EXECUTE FUNCTION approval_never_changes()",
    "CREATE TRIGGER approval_never_goes BEFORE DELETE ON approvals FOR EACH ROW"
    " EXECUTE FUNCTION approval_never_changes()",
    "CREATE TRIGGER approval_never_empty BEFORE TRUNCATE ON approvals FOR EACH STATEMENT"
    " EXECUTE FUNCTION approval_never_changes()",
)


def protect(connection: Connection) -> None:
    """Create the triggers, in the dialect of ``connection``."""
    for trigger in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(trigger.replace("%", "%%"))


def unprotect(connection: Connection) -> None:
    """Take the triggers away again."""
    names = ("approval_takes_another", "approval_never_changes", "approval_never_goes")
    if connection.dialect.name == "sqlite":
        for name in names:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return
    for name in (*names, "approval_never_empty"):
        connection.exec_driver_sql(f"DROP TRIGGER {name} ON approvals")
    for name in names[:2]:
        connection.exec_driver_sql(f"DROP FUNCTION {name}()")


@event.listens_for(Approval.__table__, "after_create")
def _protect_new_table(_table: Table, connection: Connection, **_: object) -> None:
    protect(connection)
