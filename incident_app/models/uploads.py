"""A file on its way to becoming a list: its pieces, sealed under the key of the case, and how far it has come."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, Select, String, Text, UniqueConstraint, exists, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from incident_app.models.base import UTC, BigId, Json, Model

OPEN, UPLOADED, QUEUED, READING = "open", "uploaded", "queued", "reading"
READY, FAILED, DISCARDED = "ready", "failed", "discarded"
UNFINISHED = (OPEN, UPLOADED, QUEUED, READING, FAILED)


class Upload(Model):
    """One uploaded file. open (pages still come) → uploaded → queued → reading → ready, failed or discarded.

    ``kind`` is csv, xlsx or jsonl. ``encoding`` is empty while a person must still choose it; ``mapping`` is
    ``{column: our name}``, ``None`` until somebody chose. ``line_count`` and ``piece_count`` say how far reading is;
    who reads renews ``lease_until``, and a lease that ran out is taken up by another.
    """

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(8), default="")
    encoding: Mapped[str] = mapped_column(String(32), default="")
    telling_piece: Mapped[int] = mapped_column(default=0)
    mapping: Mapped[dict[str, str] | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16), default=OPEN, index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    problems: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    pieces: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigId, default=0)
    digest: Mapped[str] = mapped_column(String(64), default="")
    piece_count: Mapped[int] = mapped_column(default=0)
    line_count: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    list_id: Mapped[int | None] = mapped_column(ForeignKey("recipient_lists.id", ondelete="SET NULL"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)
    changed_at: Mapped[datetime] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def percent(self) -> int:
        """How much of the file has been read."""
        return 100 if self.state == READY else min(99, 100 * self.piece_count // max(self.pieces, 1))


class Piece(Model):
    """One piece of an uploaded file, or one page of JSON lines, sealed. Gone once the list is there."""

    __tablename__ = "upload_pieces"
    __table_args__ = (UniqueConstraint("upload_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


def scope_of_piece(public_id: str, number: int) -> str:
    """Return what a sealed piece is bound to."""
    return f"upload_pieces|{public_id}|{number}"


def uploads_of_case(case_id: int) -> Select[Upload]:
    """Ask for the uploads of a case that did not become a list yet, the newest first."""
    return (
        select(Upload).where(Upload.case_id == case_id, Upload.state.in_(UNFINISHED)).order_by(Upload.id.desc())
    )


def waiting(now: datetime) -> Select[Upload]:
    """Ask for what is to be read: queued, or left behind by a worker that is gone; the oldest first.

    Nothing while one is read already: the other workers have messages to send.
    """
    lapsed = (Upload.state == READING) & (Upload.lease_until <= now)
    other = aliased(Upload)
    busy = exists().where(other.state == READING, other.lease_until > now)
    return (
        select(Upload).where(or_(Upload.state == QUEUED, lapsed), ~busy).order_by(Upload.id).limit(1)
        .with_for_update(skip_locked=True, of=Upload)
    )


def ready_to_read(upload_id: int) -> Select[Upload]:
    """Ask for this upload, if nobody reads it yet."""
    states = (UPLOADED, QUEUED)
    return select(Upload).where(Upload.id == upload_id, Upload.state.in_(states)).with_for_update(of=Upload)


def left_lying(before: datetime) -> Select[Upload]:
    """Ask for uploads nobody finished."""
    return (
        select(Upload).where(Upload.state.in_((OPEN, UPLOADED, FAILED)), Upload.changed_at <= before)
        .order_by(Upload.id).with_for_update(of=Upload)
    )
