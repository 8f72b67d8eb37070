"""Forms that were sent, so that a second press lands where the first one did."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, BigId, Model
from incident_app.models.sealing import KeyHolder, SealedJson


class Submission(KeyHolder, Model):
    """One form of one person, written in the transaction of the act. ``digest`` is the SHA-256 of what was sent;
    ``lands`` is the address of what came of it, ``status`` and ``answer`` what a program was told.

    An answer repeats what is written in a case: it is sealed too, under a key of its own.
    """

    __tablename__ = "submissions"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    lands: Mapped[str] = mapped_column(String(500), default="")
    status: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(UTC, index=True)

    answer = SealedJson[dict[str, Any] | None]()

    def row_name(self) -> str:
        """Whose it is, and its key."""
        return name_of_submission(self.user_id, self.key)

    def number_of_case(self) -> int | None:
        """It belongs to none."""
        return None


def name_of_submission(user_id: int, key: str) -> str:
    """Return what the answer to a form is bound to."""
    return f"{user_id}/{key}"
