"""The record of who did what: one append-only chain of entries, its head, and what was said of it outside."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Table, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models import audit_triggers
from incident_app.models.base import UTC, BigId, Json, Model


class Entry(Model):
    """One act. ``details`` holds no personal data of affected people. Triggers refuse every change.

    ``actor_session`` is the hash of the session it was done in, where there was one.
    """

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
    actor_session: Mapped[str | None] = mapped_column(String(64))


class Head(Model):
    """Where the chain ends; its one row is locked for each append, and moves only to the entry that follows."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigId)
    hash: Mapped[str] = mapped_column(String(64))


class AnchorRow(Model):
    """That the head was told to somebody outside. ``place``: monitor | email | pdf | file.

    ``taken``: whether it arrived; ``None`` for an email, whose note (``note_id``) says so. ``words``: which PDF, or why
    it was not taken. Triggers refuse every change.
    """

    __tablename__ = "audit_anchors"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    seq: Mapped[int] = mapped_column(BigId, index=True)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTC)
    place: Mapped[str] = mapped_column(String(16), index=True)
    taken: Mapped[bool | None]
    words: Mapped[str] = mapped_column(String(200), default="")
    note_id: Mapped[str | None] = mapped_column(String(36))


@event.listens_for(Entry.__table__, "after_create")
def _protect_entries(_table: Table, connection: Connection, **_: object) -> None:
    audit_triggers.protect(connection)


@event.listens_for(Head.__table__, "after_create")
def _protect_head(_table: Table, connection: Connection, **_: object) -> None:
    audit_triggers.protect_head(connection)


@event.listens_for(AnchorRow.__table__, "after_create")
def _protect_anchors(_table: Table, connection: Connection, **_: object) -> None:
    audit_triggers.protect_anchors(connection)
