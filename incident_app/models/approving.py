"""What the database itself refuses of approvals, whoever asks: made by one who had a hand in it, changed, deleted."""

from sqlalchemy import Table, event
from sqlalchemy.engine import Connection

from incident_app.models.notices import Approval
from incident_app.models.publishing import PublicApproval

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


PUBLIC_OWN = "whoever wrote a public notice or changed it cannot approve it"
_PUBLIC_BOUND = ("public_notice_id", "content_hash", "method", "by_id", "at")
_PUBLIC_HANDS = (
    "SELECT 1 FROM public_notices n JOIN users u ON u.id = n.author_id OR {editor}"  # noqa: S608 (our own words)
    " WHERE n.id = NEW.public_notice_id AND "
    + _PERSON
)
_PUBLIC_SQLITE = (
    "CREATE TRIGGER public_approval_takes_another BEFORE INSERT ON public_approvals WHEN EXISTS ("  # noqa: S608 (our own words)
    + _PUBLIC_HANDS.format(editor="u.id IN (SELECT value FROM json_each(n.editor_ids))")
    + f") BEGIN SELECT RAISE(ABORT, '{PUBLIC_OWN}'); END",
    "CREATE TRIGGER public_approval_never_changes BEFORE UPDATE ON public_approvals WHEN OLD.voided_at IS NOT NULL OR "
    + " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _PUBLIC_BOUND)
    + f" BEGIN SELECT RAISE(ABORT, '{FIXED}'); END",
    f"CREATE TRIGGER public_approval_never_goes BEFORE DELETE ON public_approvals BEGIN SELECT RAISE(ABORT, '{FIXED}'); END",
    "CREATE TRIGGER public_approval_never_replaced BEFORE INSERT ON public_approvals WHEN EXISTS ("  # noqa: S608 (our own words)
    f"SELECT 1 FROM public_approvals a WHERE a.id = NEW.id) BEGIN SELECT RAISE(ABORT, '{FIXED}'); END",
)
_PUBLIC_POSTGRESQL = (
    "CREATE FUNCTION public_approval_takes_another() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS ("
    + _PUBLIC_HANDS.format(editor="n.editor_ids @> to_jsonb(u.id)")
    + f") THEN RAISE EXCEPTION '{PUBLIC_OWN}'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER public_approval_takes_another BEFORE INSERT ON public_approvals FOR EACH ROW"
    " EXECUTE FUNCTION public_approval_takes_another()",
    "CREATE FUNCTION public_approval_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" RAISE EXCEPTION '{FIXED}'; END $$",
    "CREATE TRIGGER public_approval_never_changes BEFORE UPDATE ON public_approvals FOR EACH ROW WHEN"
    " (OLD.voided_at IS NOT NULL OR "
    + " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _PUBLIC_BOUND)
    + ") EXECUTE FUNCTION public_approval_never_changes()",
    "CREATE TRIGGER public_approval_never_goes BEFORE DELETE ON public_approvals FOR EACH ROW"
    " EXECUTE FUNCTION public_approval_never_changes()",
    "CREATE TRIGGER public_approval_never_empty BEFORE TRUNCATE ON public_approvals FOR EACH STATEMENT"
    " EXECUTE FUNCTION public_approval_never_changes()",
)


def protect(connection: Connection) -> None:
    """Create the triggers, in the dialect of ``connection``."""
    for trigger in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(trigger.replace("%", "%%"))


def protect_public(connection: Connection) -> None:
    """Create the triggers on the approvals of public notices, in the dialect of ``connection``."""
    for trigger in _PUBLIC_SQLITE if connection.dialect.name == "sqlite" else _PUBLIC_POSTGRESQL:
        connection.exec_driver_sql(trigger.replace("%", "%%"))


def unprotect(connection: Connection) -> None:
    """Take the triggers away again."""
    _drop(connection, "approvals", "approval")


def unprotect_public(connection: Connection) -> None:
    """Take those on the approvals of public notices away again."""
    _drop(connection, "public_approvals", "public_approval")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TRIGGER public_approval_never_replaced")


def _drop(connection: Connection, table: str, name: str) -> None:
    names = (f"{name}_takes_another", f"{name}_never_changes", f"{name}_never_goes")
    if connection.dialect.name == "sqlite":
        for trigger in names:
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        return
    for trigger in (*names, f"{name}_never_empty"):
        connection.exec_driver_sql(f"DROP TRIGGER {trigger} ON {table}")
    for function in names[:2]:
        connection.exec_driver_sql(f"DROP FUNCTION {function}()")


@event.listens_for(Approval.__table__, "after_create")
def _protect_new_table(_table: Table, connection: Connection, **_: object) -> None:
    protect(connection)


@event.listens_for(PublicApproval.__table__, "after_create")
def _protect_new_public_table(_table: Table, connection: Connection, **_: object) -> None:
    protect_public(connection)
