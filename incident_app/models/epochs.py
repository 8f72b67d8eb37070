"""Epochs of sending: a new one begins whenever a copy took the database's place."""

from datetime import datetime

from sqlalchemy import BigInteger, String, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Model


class Epoch(Model):
    """One epoch, and how far it came: ``ticks`` goes on while something is sent. The newest is the one that counts.

    The oldest names the database: all its copies have it. The name of the table comes after the notices' in the alphabet,
    as ``pg_restore`` fills them: nobody finds an epoch to judge by and the notices not there yet.
    """

    __tablename__ = "sending_epochs"

    epoch: Mapped[str] = mapped_column(String(36), primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(UTC)
    ticks: Mapped[int] = mapped_column(BigInteger, default=0)
    ticked_at: Mapped[datetime] = mapped_column(UTC)


IN_ORDER = select(Epoch.epoch, Epoch.ticks, Epoch.ticked_at, Epoch.begun_at).order_by(Epoch.begun_at, Epoch.epoch)
