"""How each thing that must be well stood when it was last looked at, and the self-tests that come."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.domain.alerts import RUNNING, AlertState, SendState
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.base import UTC, Model


class HealthState(Model):
    """One thing: well or not, since when, and the alert that is running about it."""

    __tablename__ = "health_states"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    ok: Mapped[bool]
    words: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime] = mapped_column(UTC)
    looked_at: Mapped[datetime] = mapped_column(UTC)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"))


class SelfTest(Model):
    """The weekly alert that must be acknowledged: one row per ISO week, written before it is due."""

    __tablename__ = "self_tests"

    week: Mapped[str] = mapped_column(String(8), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UTC)
    raised_at: Mapped[datetime | None] = mapped_column(UTC)


def running_about(kind: str, begins: str) -> Select[Alert]:
    """Ask for the alerts of a kind that are not over and whose key begins so, the oldest first."""
    return (
        select(Alert).where(Alert.state.in_(RUNNING), Alert.kind == kind,
                            Alert.key.startswith(f"{kind}/{begins}", autoescape=True)).order_by(Alert.id)
    )


def oldest_send(now: datetime) -> Select[datetime]:
    """Ask since when the oldest alert message is due that has not been taken up."""
    return (
        select(AlertSend.due_at).join(Alert, Alert.id == AlertSend.alert_id)
        .where(AlertSend.state == SendState.PLANNED.value, AlertSend.due_at <= now,
               Alert.state == AlertState.RAISED.value)
        .order_by(AlertSend.due_at).limit(1)
    )


def oldest_unheard() -> Select[datetime | None]:
    """Ask since when the oldest alert is raised of which no message to anybody was ever accepted.

    Alerts about health are left out: the one about this would keep itself alive.
    """
    took = select(AlertSend.id).where(AlertSend.alert_id == Alert.id, AlertSend.accepted_at.is_not(None))
    return (
        select(Alert.raised_at).where(
            Alert.state == AlertState.RAISED.value, Alert.only_for_id.is_(None), Alert.kind != "health", ~took.exists())
        .order_by(Alert.raised_at).limit(1)
    )
