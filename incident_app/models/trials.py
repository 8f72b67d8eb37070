"""When trial mode was ended, by which two, and when it was turned on again."""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Model


class TrialEnd(Model):
    """One end of trial mode; it stands until ``resumed_at``. ``resumed_by_id`` is empty where the app itself did that."""

    __tablename__ = "trial_ends"

    id: Mapped[int] = mapped_column(primary_key=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    agreed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime] = mapped_column(UTC)
    resumed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    resumed_at: Mapped[datetime | None] = mapped_column(UTC)


STANDS = select(TrialEnd.id).where(TrialEnd.resumed_at.is_(None)).limit(1)
"""Asked before every batch of messages: put together once."""
