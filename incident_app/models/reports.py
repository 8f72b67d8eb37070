"""Files of a case: proofs of submission, evidence, printed reports. Content is sealed under the case's file key.

A small file is sealed in its row; a larger one in parts (``models/incoming.py``), and ``sealed`` is empty.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from incident_app.models.base import UTC, BigId, Model


class Document(Model):
    """One file. ``kind``: proof | evidence | pdf. ``sha256`` is of the plain content. ``erased_at``: the content is gone.

    ``scan`` is waiting, clean, bad or skipped, ``scan_words`` what was found or why nobody looked; whoever looks holds
    ``scan_after`` as a lease, and a scanner that was away is asked again then.
    """

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigId)
    sha256: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)
    erased_at: Mapped[datetime | None] = mapped_column(UTC)
    incoming_id: Mapped[int | None] = mapped_column(ForeignKey("incoming_files.id"), unique=True)
    scan: Mapped[str] = mapped_column(String(16), default="waiting", server_default="waiting")
    scan_words: Mapped[str] = mapped_column(String(200), default="", server_default="")
    scan_at: Mapped[datetime | None] = mapped_column(UTC)
    scan_after: Mapped[datetime | None] = mapped_column(UTC)
