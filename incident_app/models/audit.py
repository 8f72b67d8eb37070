"""The record of who did what: one append-only chain of entries."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Table, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, BigId, Json, Model


class Entry(Model):
    """One act. ``details`` holds no personal data of affected people. Triggers refuse every change."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_actor_id", "actor_id", "action", "seq"),)

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UTC)
    actor_id: Mapped[int]
    actor_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(80))
    case_id: Mapped[int | None] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(String(60))
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Head(Model):
    """Where the chain ends; its one row is locked for each append."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigId)
    hash: Mapped[str] = mapped_column(String(64))


SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit_entries "
    "BEGIN SELECT RAISE(ABORT, 'audit entries never change'); END"
    for what in ("UPDATE", "DELETE")
)
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION audit_never_changes() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit entries never change'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_entries "
    "FOR EACH ROW EXECUTE FUNCTION audit_never_changes()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_entries "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_never_changes()",
)


def protect(connection: Connection) -> None:
    """Create the triggers that refuse update, delete and truncate, in the dialect of ``connection``."""
    triggers = SQLITE_TRIGGERS if connection.dialect.name == "sqlite" else POSTGRESQL_TRIGGERS
    for trigger in triggers:
        connection.exec_driver_sql(trigger)


def unprotect(connection: Connection) -> None:
    """Take the triggers away, for a migration that goes back before the table was made."""
    if connection.dialect.name == "sqlite":
        return  # they go with the table
    connection.exec_driver_sql("DROP TRIGGER audit_no_change ON audit_entries")
    connection.exec_driver_sql("DROP TRIGGER audit_no_truncate ON audit_entries")
    connection.exec_driver_sql("DROP FUNCTION audit_never_changes()")


@event.listens_for(Entry.__table__, "after_create")
def _protect_new_table(_table: Table, connection: Connection, **_: object) -> None:
    protect(connection)
