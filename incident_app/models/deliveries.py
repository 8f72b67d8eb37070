"""One row per notice, person, channel and round: the queue and the truth."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, Text, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.domain.deliveries import DUE, IN_FLIGHT
from incident_app.models.base import UTC, BigId, Json, Model
from incident_app.models.notices import Notice

_DUE = text("state IN ('queued', 'retry_wait')")
_HELD = text("state IN ('claimed', 'sending')")
_CURRENT = text("is_current")


class Delivery(Model):
    """One message to one person on one channel. ``is_current`` marks the row that counts for the person.

    ``public_id`` is random and the only id a provider sees. ``round`` 2 exists only for an agreed re-send.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("notice_id", "recipient_id", "channel", "round"),
        Index("ix_deliveries_due", "notice_id", "channel", "next_attempt_at", "id", postgresql_where=_DUE,
              sqlite_where=_DUE),
        Index("ix_deliveries_held", "lease_until", postgresql_where=_HELD, sqlite_where=_HELD),
        Index("ux_deliveries_current", "notice_id", "recipient_id", unique=True, postgresql_where=_CURRENT,
              sqlite_where=_CURRENT),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id"))
    channel: Mapped[str] = mapped_column(String(16))
    round: Mapped[int] = mapped_column(default=1)
    is_current: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(16), default="queued")
    reason: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None] = mapped_column(String(36))
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    next_attempt_at: Mapped[datetime] = mapped_column(UTC)
    sending_at: Mapped[datetime | None] = mapped_column(UTC)
    result_at: Mapped[datetime | None] = mapped_column(UTC)
    provider_reference: Mapped[str] = mapped_column(String(255), default="")
    receipt: Mapped[str] = mapped_column(String(16), default="")
    receipt_rank: Mapped[int] = mapped_column(default=0)
    receipt_at: Mapped[datetime | None] = mapped_column(UTC)
    decided_at: Mapped[datetime | None] = mapped_column(UTC)


class Attempt(Model):
    """One try on one channel and what came of it; part of a person's story."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    started_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_at: Mapped[datetime] = mapped_column(UTC)
    outcome: Mapped[str] = mapped_column(String(16))  # sent | rejected | uncertain
    permanent: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    reference: Mapped[str] = mapped_column(String(255), default="")


class Receipt(Model):
    """What a provider said later. ``event_key`` makes each count once; no address is kept."""

    __tablename__ = "receipts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32))
    event_key: Mapped[str] = mapped_column(String(160), unique=True)
    delivery_public_id: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UTC)
    came_at: Mapped[datetime] = mapped_column(UTC)
    applied_at: Mapped[datetime | None] = mapped_column(UTC)


class Proof(Model):
    """The proof sheet: the sum and a digest over every outcome, as it stood when everybody had one."""

    __tablename__ = "proofs"
    __table_args__ = (UniqueConstraint("notice_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(UTC)
    digest: Mapped[str] = mapped_column(String(64))
    counts: Mapped[dict[str, Any]] = mapped_column(Json)


def due_at_all(now: datetime, notice_id: int | None = None) -> Select[int, str]:
    """Ask which notices that are being sent have something due, on which channels."""
    question = (
        select(Delivery.notice_id, Delivery.channel)
        .join(Notice, Notice.id == Delivery.notice_id)
        .where(Notice.state == "sending", Delivery.state.in_(DUE), Delivery.next_attempt_at <= now)
        .distinct()
        .order_by(Delivery.notice_id, Delivery.channel)
    )
    return question if notice_id is None else question.where(Delivery.notice_id == notice_id)


def due(notice_id: int, channel: str, now: datetime, limit: int) -> Select[Delivery]:
    """Ask for due rows of one notice on one channel; other workers' locked rows are skipped (PostgreSQL)."""
    return (
        select(Delivery)
        .where(Delivery.notice_id == notice_id, Delivery.channel == channel, Delivery.state.in_(DUE),
               Delivery.next_attempt_at <= now)
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )


def lapsed_notices(now: datetime) -> Select[int]:
    """Ask which notices have rows whose worker is gone."""
    return (
        select(Delivery.notice_id).where(Delivery.state.in_(IN_FLIGHT), Delivery.lease_until <= now).distinct()
        .order_by(Delivery.notice_id)
    )


def lapsed(notice_id: int, now: datetime, limit: int = 5000) -> Select[Delivery]:
    """Ask for rows of a notice whose worker is gone: claimed or sending, lease run out."""
    return (
        select(Delivery)
        .where(Delivery.notice_id == notice_id, Delivery.state.in_(IN_FLIGHT), Delivery.lease_until <= now)
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )


def uncertain_notices() -> Select[int]:
    """Ask which launched notices have uncertain rows of round 1 nobody decided about."""
    return (
        select(Delivery.notice_id).join(Notice, Notice.id == Delivery.notice_id)
        .where(Delivery.state == "uncertain", Delivery.is_current, Delivery.round == 1, Delivery.decided_at.is_(None),
               Notice.state.in_(("sending", "finished")))
        .distinct().order_by(Delivery.notice_id)
    )


def undecided(notice_id: int) -> Select[Delivery]:
    """Ask for the uncertain rows of a notice nobody decided about, locked."""
    return (
        select(Delivery)
        .where(Delivery.notice_id == notice_id, Delivery.is_current, Delivery.state == "uncertain",
               Delivery.decided_at.is_(None))
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    )


def current_states(notice_id: int) -> Select[str, int]:
    """Count the rows that count for a person, by state."""
    return (
        select(Delivery.state, func.count())
        .where(Delivery.notice_id == notice_id, Delivery.is_current)
        .group_by(Delivery.state)
    )
