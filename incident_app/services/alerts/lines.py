"""The running alerts as lines of a list, however many there are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.alerts import AlertState, SendState
from incident_app.models.alerts import Alert, AlertSend, is_running
from incident_app.services import scope
from incident_app.services.alerts.messages import head_of


@dataclass(frozen=True, slots=True)
class Line:
    """One running alert: ``next_name`` is who is paged at ``next_at`` if nobody answers."""

    alert: Alert
    head: str
    critical: bool
    next_name: str
    next_at: datetime | None


def lines(session: Session, *, by: Actor, now: datetime, limit: int = 50) -> tuple[list[Line], int]:
    """Return the running alerts nobody has answered first, then by what is due first; and how many more there are."""
    answered = Alert.state == AlertState.ACKNOWLEDGED.value
    alerts = session.scalars(
        select(Alert).where(is_running(), scope.alerts_of(by))
        .order_by(answered, Alert.deadline_at.is_(None), Alert.deadline_at, Alert.id.desc()).limit(limit)
    ).all()
    count = session.scalar(select(func.count(Alert.id)).where(is_running(), scope.alerts_of(by))) or 0
    coming: dict[int, AlertSend] = {}
    for send in session.scalars(
        select(AlertSend).where(
            AlertSend.alert_id.in_([alert.id for alert in alerts]), AlertSend.state == SendState.PLANNED.value)
        .order_by(AlertSend.due_at, AlertSend.id)
    ):
        coming.setdefault(send.alert_id, send)
    return [_line(alert, coming.get(alert.id), now) for alert in alerts], count - len(alerts)


def _line(alert: Alert, send: AlertSend | None, now: datetime) -> Line:
    name, at = (send.person.name, send.due_at) if send else ("the ladder begins again", alert.repeat_at)
    if alert.state != AlertState.RAISED or at is None:
        name, at = "", None
    return Line(alert, head_of(alert, now), rules.is_critical(alert.deadline_at, now), name, at)
