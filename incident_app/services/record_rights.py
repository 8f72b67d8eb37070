"""What the role we run as may do to the record, past its triggers: on PostgreSQL a role that owns it could drop them."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

RUNBOOK = "runbooks/ops/the-record.md"
TABLES = ("audit_entries", "audit_anchors")
_OWNS = text(
    "SELECT c.relname FROM pg_class c WHERE c.oid = ANY (ARRAY['audit_entries'::regclass, 'audit_anchors'::regclass, "
    "'audit_head'::regclass]) AND pg_has_role(current_user, c.relowner, 'MEMBER') ORDER BY c.relname")
_MAY = text(
    "SELECT t.name, p.name FROM (VALUES ('audit_entries'), ('audit_anchors')) AS t (name), "
    "(VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('TRIGGER')) AS p (name) "
    "WHERE has_table_privilege(current_user, t.name, p.name) ORDER BY t.name, p.name")


@dataclass(frozen=True, slots=True)
class Rights:
    """Whether the role can only add, in words."""

    ok: bool
    words: str


def look(session: Session) -> Rights:
    """Look at the role of this connection. On SQLite there are no roles: triggers and anchors are all there is."""
    if session.get_bind().dialect.name == "sqlite":
        return Rights(True, "SQLite has no roles: triggers and anchors alone guard the record")
    owned = [row[0] for row in session.execute(_OWNS)]
    allowed = [f"{what} on {table}" for table, what in session.execute(_MAY)]
    session.rollback()
    if owned:
        return Rights(False, f"this role owns {', '.join(owned)} and could drop their triggers: {RUNBOOK}")
    if allowed:
        return Rights(False, f"this role has {', '.join(allowed)}: {RUNBOOK}")
    return Rights(True, "this role can only read and add entries")
