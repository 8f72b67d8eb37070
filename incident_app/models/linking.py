"""Chats that were linked to accounts, and short notes to our own staff about their account."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.models.accounts import User
from incident_app.models.base import UTC, Model


class ChatLink(Model):
    """A code asked for by one browser, the chat that sent it, and what was answered. Only hashes are kept.

    The chat is claimed first and linked when the same browser confirms it. ``ended_at``: refused, replaced or unlinked.
    """

    __tablename__ = "chat_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    browser_digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    chat_id: Mapped[str] = mapped_column(String(32), default="")
    chat_name: Mapped[str] = mapped_column(String(160), default="")
    claimed_at: Mapped[datetime | None] = mapped_column(UTC)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)

    user: Mapped[User] = relationship()


class StaffNote(Model):
    """A short message to one of our people by one channel, sent at least once; ``kind``: test, linked, on_call and so on."""

    __tablename__ = "staff_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="planned", index=True)
    due_at: Mapped[datetime] = mapped_column(UTC)
    made_at: Mapped[datetime] = mapped_column(UTC)
    claim: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    tries: Mapped[int] = mapped_column(default=0)
    accepted_at: Mapped[datetime | None] = mapped_column(UTC)
    reason: Mapped[str] = mapped_column(Text, default="")


def oldest_note(now: datetime) -> Select[datetime]:
    """Ask since when the oldest note is due that nobody has taken up."""
    return (
        select(StaffNote.due_at).where(StaffNote.state == "planned", StaffNote.due_at <= now)
        .order_by(StaffNote.due_at).limit(1)
    )
