"""Alerts, every message they lead to, and the heartbeats of what must keep running."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Select, String, Text, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.domain.alerts import AlertState, SendState
from incident_app.models.accounts import User
from incident_app.models.base import UTC, Json, Model
from incident_app.models.cases import Case
from incident_app.models.obligations import Obligation


class Alert(Model):
    """One threshold of one duty (or another reason to wake somebody), once per version of awareness.

    ``due_at`` is when it is to be raised; ``deadline_at`` is the duty's own. ``note`` says why it was skipped,
    cancelled or late. At ``repeat_at`` the ladder begins again while nobody has answered. ``owner_id``: who owns what it
    is about, where that is somebody else than the owner of the case.
    """

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("obligation_id", "threshold", "aware_version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(32), default="deadline")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    obligation_id: Mapped[int | None] = mapped_column(ForeignKey("obligations.id"))
    threshold: Mapped[str] = mapped_column(String(60))
    aware_version: Mapped[int] = mapped_column(default=0)
    words: Mapped[str] = mapped_column(String(300))
    due_at: Mapped[datetime] = mapped_column(UTC, index=True)
    deadline_at: Mapped[datetime | None] = mapped_column(UTC)
    state: Mapped[str] = mapped_column(String(32), default=AlertState.WAITING.value, index=True)
    note: Mapped[str] = mapped_column(Text, default="")
    raised_at: Mapped[datetime | None] = mapped_column(UTC)
    late_by_seconds: Mapped[int | None]
    superseded_by: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"))
    rounds: Mapped[int] = mapped_column(default=1)
    repeat_at: Mapped[datetime | None] = mapped_column(UTC)
    acked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    acked_at: Mapped[datetime | None] = mapped_column(UTC)
    ack_expires_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    only_for_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    case: Mapped[Case | None] = relationship(lazy="joined")
    obligation: Mapped[Obligation | None] = relationship()
    acked_by: Mapped[User | None] = relationship(foreign_keys=[acked_by_id])


class AlertSend(Model):
    """One message to one person by one channel in one step: the row stands before the message leaves.

    ``tries`` holds what became of each try; ``stale`` asks for the message on the phone to be edited. ``digest_id`` is
    the send whose message carried this one too, where one message told of many alerts.
    """

    __tablename__ = "alert_sends"
    __table_args__ = (UniqueConstraint("alert_id", "person_id", "channel", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    step: Mapped[int]
    both: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(32), default=SendState.PLANNED.value, index=True)
    due_at: Mapped[datetime] = mapped_column(UTC, index=True)
    address: Mapped[str] = mapped_column(String(320), default="")
    claim: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    unsure: Mapped[bool] = mapped_column(default=False)
    accepted_at: Mapped[datetime | None] = mapped_column(UTC)
    reference: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    tries: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    stale: Mapped[bool] = mapped_column(default=False, index=True)
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("alert_sends.id"), index=True)

    alert: Mapped[Alert] = relationship()
    person: Mapped[User] = relationship()


class LadderRow(Model):
    """The organisation's own ladder for one kind of clock; ``body`` as the rule reads it. No row: as by default."""

    __tablename__ = "ladders"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(UTC)
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    __mapper_args__ = {"version_id_col": version}


class Heartbeat(Model):
    """When something that must keep running was last seen."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTC)
    ok: Mapped[bool]
    detail: Mapped[str] = mapped_column(Text, default="")


def is_running() -> ColumnElement[bool]:
    """Ask whether an alert still wants somebody: one without a deadline that was answered for good does not."""
    for_good = and_(Alert.deadline_at.is_(None), Alert.ack_expires_at.is_(None))
    return or_(Alert.state == AlertState.RAISED.value, and_(Alert.state == AlertState.ACKNOWLEDGED.value, ~for_good))


def running() -> Select[Alert]:
    """Ask for every alert that still wants somebody, the newest first."""
    return select(Alert).where(is_running()).order_by(Alert.raised_at.desc(), Alert.id.desc())
