"""Files of a case: proofs of submission, evidence, printed reports. Content is sealed under the case's file key."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from incident_app.models.base import UTC, Model


class Document(Model):
    """One file. ``kind``: proof | evidence | pdf. ``sha256`` is of the plain content. ``erased_at``: the content is gone."""

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)
    erased_at: Mapped[datetime | None] = mapped_column(UTC)
