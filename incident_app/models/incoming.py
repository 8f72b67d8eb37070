"""Larger files: how far each has come in, and its parts, sealed one by one under the key of the case's files."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, BigId, Model

OPEN, KEPT = "open", "kept"


class Incoming(Model):
    """One file that comes in by parts: open → kept; what is thrown away before leaves no row.

    ``size`` was announced, ``received`` is what is there in whole parts; ``public_id`` becomes that of the file.
    """

    __tablename__ = "incoming_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigId)
    received: Mapped[int] = mapped_column(BigId, default=0)
    parts: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(16), default=OPEN, index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)
    changed_at: Mapped[datetime] = mapped_column(UTC)

    @property
    def percent(self) -> int:
        """How much of it is there."""
        return 100 * self.received // self.size


class FilePart(Model):
    """One part of a file, sealed; ``digest`` is SHA-256 of it in the clear, for whoever goes on with the file."""

    __tablename__ = "file_parts"
    __table_args__ = (UniqueConstraint("incoming_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    incoming_id: Mapped[int] = mapped_column(ForeignKey("incoming_files.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


def unfinished(case_id: int) -> Select[Incoming]:
    """Ask for the files of a case that have not come in whole, the newest first."""
    return select(Incoming).where(Incoming.case_id == case_id, Incoming.state == OPEN).order_by(Incoming.id.desc())


def left_lying(before: datetime) -> Select[Incoming]:
    """Ask for files nobody went on with."""
    return (select(Incoming).where(Incoming.state == OPEN, Incoming.changed_at <= before).order_by(Incoming.id)
            .with_for_update(of=Incoming))
