"""What people said to the on-call bot until it is answered, and who asks Telegram for it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Json, Model


class BotUpdate(Model):
    """One update, each number once. What was said is forgotten (``raw`` is empty) as soon as it is answered."""

    __tablename__ = "bot_updates"

    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    raw: Mapped[dict[str, Any]] = mapped_column(Json)
    stranger: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime] = mapped_column(UTC, index=True)
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UTC, index=True)


class BotStranger(Model):
    """When a chat that belongs to nobody here was last answered; kept for an hour, as a hash."""

    __tablename__ = "bot_strangers"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(UTC, index=True)


class BotTurn(Model):
    """Whose turn it is to ask Telegram, until when, and from which update on. There is one row.

    ``trouble`` is what the last questions met, since ``trouble_since``; where it is empty, all has been well since then,
    or always. ``commands`` is a digest of those Telegram offers.
    """

    __tablename__ = "bot_turns"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(120), default="")
    held_until: Mapped[datetime | None] = mapped_column(UTC)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    position_at: Mapped[datetime | None] = mapped_column(UTC)
    trouble: Mapped[str] = mapped_column(String(16), default="")
    trouble_since: Mapped[datetime | None] = mapped_column(UTC)
    commands: Mapped[str] = mapped_column(String(64), default="")
    commands_at: Mapped[datetime | None] = mapped_column(UTC)
