"""The reminders of a duty as marks on its clock, who answered last, and who is paged next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.alerts import AlertState, Ladder, Rung, SendState
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.obligations import Obligation
from incident_app.services import rota
from incident_app.services.alerts import ladders


@dataclass(frozen=True, slots=True)
class Mark:
    """One reminder: ``kind`` is tick (to come, or passed over), sent or ack; ``words`` say it in one sentence."""

    at: datetime
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class NextPage:
    """Who is paged next about a duty if nothing changes, and when."""

    name: str
    at: datetime


def marks(session: Session, duties: Iterable[Obligation], zone: str = "") -> dict[int, tuple[Mark, ...]]:
    """Return the reminders before the due moment of each duty that has one, by the duty's id, earliest first.

    Their words are in ``zone``, or else in the case's.
    """
    held = ladders.load(session)
    rungs = {
        duty: _rungs(duty.anchor_at, duty.due_at, held[rules.kind_of(duty.recipient_type)])
        for duty in duties if duty.anchor_at and duty.due_at
    }
    question = select(Alert).where(Alert.obligation_id.in_([duty.id for duty in rungs]))
    ledger = {(alert.obligation_id, alert.aware_version, alert.threshold): alert for alert in session.scalars(question)}
    return {
        duty.id: tuple(_mark(rung, ledger.get((duty.id, duty.aware_version, rung.key)), zone or duty.case.zone) for rung in found)
        for duty, found in rungs.items()
    }


def _rungs(anchor_at: datetime, due_at: datetime, ladder: Ladder) -> list[Rung]:
    return [rung for rung in rules.due_rungs(anchor_at, due_at, due_at, ladder=ladder) if rung.at < due_at]


def _mark(rung: Rung, alert: Alert | None, zone: str) -> Mark:
    if alert is None or alert.raised_at is None:
        return Mark(rung.at, "tick", f"Reminder at {rung.words}, {rules.moment(rung.at, zone)}")
    if alert.acked_by is not None and alert.acked_at is not None:
        who = f"acknowledged by {alert.acked_by.name} {rules.moment(alert.acked_at, zone)}"
        return Mark(rung.at, "ack", f"{rung.words}: {who}")
    return Mark(rung.at, "sent", f"{rung.words}: sent {rules.moment(alert.raised_at, zone)}, not acknowledged")


def next_page(session: Session, duty_id: int) -> NextPage | None:
    """Return who is paged next about a duty; ``None`` where nobody is going to be."""
    planned = session.scalar(
        select(AlertSend).join(Alert).where(
            Alert.obligation_id == duty_id, Alert.state == AlertState.RAISED.value,
            AlertSend.state == SendState.PLANNED.value,
        ).order_by(AlertSend.due_at, AlertSend.id).limit(1)
    )
    if planned is not None:
        return NextPage(planned.person.name, planned.due_at)
    waiting = select(Alert).where(Alert.obligation_id == duty_id, Alert.state == AlertState.WAITING.value)
    coming = session.scalar(waiting.order_by(Alert.due_at).limit(1))
    if coming is None:
        return None
    somebody = rota.on_call(session, coming.due_at)
    return NextPage(somebody.name if somebody else "nobody on call", coming.due_at)


def last_answer(session: Session, user_id: int) -> datetime | None:
    """Return when this person last acknowledged an alert whose acknowledgement still counts."""
    return session.scalar(select(Alert.acked_at).where(Alert.acked_by_id == user_id).order_by(Alert.acked_at.desc()).limit(1))
