"""When paging goes on: an acknowledgement expired and nothing moved, or nobody has answered a whole ladder."""

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.alerts import AlertState, Ladder
from incident_app.models.alerts import Alert
from incident_app.models.audit import Entry
from incident_app.services import audit
from incident_app.services.alerts import ladders, paging
from incident_app.services.unit import writing

_EXPIRED = Alert.state == AlertState.ACKNOWLEDGED.value
_UNANSWERED = Alert.state == AlertState.RAISED.value


def overdue(session: Session, now: datetime) -> list[int]:
    """Return the alerts whose paging has to go on."""
    question = select(Alert.id).where(or_(
        and_(_EXPIRED, Alert.ack_expires_at <= now), and_(_UNANSWERED, Alert.repeat_at <= now),
    ))
    return list(session.scalars(question.order_by(Alert.id)))


def go_on(session: Session, alert_id: int, now: datetime) -> None:
    """Go on with one alert, in a transaction of its own."""
    with writing(session):
        audit.lock(session)
        alert = session.scalar(
            select(Alert).where(Alert.id == alert_id).with_for_update(of=Alert).execution_options(populate_existing=True)
        )
        if alert is None:
            return
        if alert.only_for_id is not None:  # a demo alert wakes nobody twice
            paging.end(session, alert, AlertState.CANCELLED, "It was a demo, and nobody answered it.", now)
            return
        ladder = ladders.of_alert(session, alert)
        if alert.state == AlertState.ACKNOWLEDGED and alert.ack_expires_at is not None and alert.ack_expires_at <= now:
            _expire(session, alert, ladder, now)
        elif alert.state == AlertState.RAISED and alert.repeat_at is not None and alert.repeat_at <= now:
            paging.again(session, alert, ladder, now=now)


def _expire(session: Session, alert: Alert, ladder: Ladder, now: datetime) -> None:
    who = alert.acked_by.name if alert.acked_by else "somebody"
    moved = _last_move(session, alert)
    lasts = rules.quiet_for(ladder, alert.kind)
    if moved is not None and moved.at + lasts > now:
        alert.ack_expires_at = moved.at + lasts
        audit.record(session, action="alert.ack_extended", by=SYSTEM, now=now, case_id=alert.case_id, subject="alert",
                     subject_id=alert.id, details={"entry": moved.seq, "expires_at": alert.ack_expires_at.isoformat()})
        paging.mark_stale(session, alert)
        return
    audit.record(session, action="alert.ack_expired", by=SYSTEM, now=now, case_id=alert.case_id, subject="alert",
                 subject_id=alert.id)
    reason = f"The acknowledgement of {who} expired and nothing had moved."
    if reason not in alert.note:
        paging.note(alert, reason)
    alert.acked_by_id = alert.acked_at = alert.ack_expires_at = None
    paging.again(session, alert, ladder, now=now, ahead=paging.onward(session, alert, ladder, now=now))


def _last_move(session: Session, alert: Alert) -> Entry | None:
    """Return what somebody did last in the case since the alert was acknowledged; answering alerts does not count."""
    if alert.case_id is None or alert.acked_at is None:
        return None
    return session.scalar(
        select(Entry).where(
            Entry.case_id == alert.case_id, Entry.at > alert.acked_at, Entry.actor_id != SYSTEM.id,
            Entry.action.not_like("alert.%"),
        ).order_by(Entry.seq.desc()).limit(1)
    )
