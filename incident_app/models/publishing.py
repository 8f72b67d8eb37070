"""Notices to everybody, and the approvals that bind them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Select, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Json, Model
from incident_app.models.cases import OfCase
from incident_app.models.sealing import SealedJson


class PublicNotice(OfCase, Model):
    """One public notice. ``slug`` is the end of its address; it can be read from ``first_day`` to ``last_day``, both
    whole, in the zone of the organisation. ``document_id`` is the snapshot kept when it was approved. ``published``: what
    everybody goes on reading, as it was approved, while a correction of it is written; ``None`` where there is none."""

    __tablename__ = "public_notices"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    slug: Mapped[str] = mapped_column(String(8), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(32), default="draft")
    state_reason: Mapped[str] = mapped_column(Text, default="")
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    editor_ids: Mapped[list[int]] = mapped_column(Json, default=list)
    made_at: Mapped[datetime] = mapped_column(UTC)
    edited_at: Mapped[datetime] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(default=1)
    approval_id: Mapped[int | None]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))

    texts = SealedJson[dict[str, dict[str, str]]]()
    facts = SealedJson[dict[str, Any]]()
    published = SealedJson[dict[str, Any] | None]()

    def row_name(self) -> str:
        """Its public id."""
        return self.public_id


class PublicApproval(Model):
    """Who approved that everybody reads exactly this. Voided by any edit, never changed or deleted (see ``approving``).

    ``method``: how the approver proved who they are.
    """

    __tablename__ = "public_approvals"
    __table_args__ = (Index("ix_public_approvals_live", "public_notice_id", unique=True,
                            sqlite_where=text("voided_at IS NULL"), postgresql_where=text("voided_at IS NULL")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_notice_id: Mapped[int] = mapped_column(ForeignKey("public_notices.id"), index=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(32), default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)
    voided_at: Mapped[datetime | None] = mapped_column(UTC)
    voided_reason: Mapped[str] = mapped_column(Text, default="")


def public_notices_of(case_id: int) -> Select[PublicNotice]:
    """Ask for the public notices of a case, the newest first."""
    return select(PublicNotice).where(PublicNotice.case_id == case_id).order_by(PublicNotice.number.desc())
