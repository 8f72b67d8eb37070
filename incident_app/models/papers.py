"""Printed filings: asked for, made by a worker, kept for a while; the approved one becomes a document of the case."""

from datetime import datetime

from sqlalchemy import (
    Delete,
    ForeignKey,
    LargeBinary,
    Select,
    String,
    Text,
    UniqueConstraint,
    delete,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column

from incident_app.models.base import UTC, Model

WAITING, MAKING, MADE, FAILED = "waiting", "making", "made", "failed"


class Paper(Model):
    """One filing in one version on its way to paper. ``sealed``, under a key of its own, is first what is to be printed
    (frozen when it was asked for), then the PDF; both go when the PDF is kept as ``document_id``. ``draft``: it says on
    every page that nobody approved it. ``reason``: why it could not be made, in words."""

    __tablename__ = "papers"
    __table_args__ = (UniqueConstraint("filing_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    version: Mapped[int]
    draft: Mapped[bool]
    content_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default=WAITING, index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
    made_at: Mapped[datetime | None] = mapped_column(UTC)
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))


def of_filing(filing_id: int, version: int) -> Select[Paper]:
    """Ask for the printed filing of one version."""
    return select(Paper).where(Paper.filing_id == filing_id, Paper.version == version)


def to_make(now: datetime) -> Select[Paper]:
    """Ask for the next one to print, or one whose worker is gone; others' locked rows are skipped."""
    lapsed = (Paper.state == MAKING) & (Paper.lease_until <= now)
    return (
        select(Paper).where(or_(Paper.state == WAITING, lapsed)).order_by(Paper.id).limit(1)
        .with_for_update(skip_locked=True, of=Paper)
    )


def held(paper_id: int, token: str | None) -> Select[Paper]:
    """Ask for one that is still ours to make, held for this transaction."""
    return (
        select(Paper).where(Paper.id == paper_id, Paper.state == MAKING, Paper.token == token).with_for_update(of=Paper)
    )


def outlived(before: datetime) -> Delete:
    """Ask to throw away what was made, or failed, before then and is no document of a case."""
    over = Paper.state.in_([MADE, FAILED])
    return delete(Paper).where(over, Paper.document_id.is_(None), Paper.asked_at < before)


def scope_of_paper(public_id: str) -> str:
    """Return what the sealed content is bound to."""
    return f"papers|{public_id}"
