"""What people answer: acknowledged, taken, escalated; and the demo alert to oneself."""

import uuid
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.alerts import AlertState
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.cases import Case
from incident_app.services import audit, owning, scope
from incident_app.services.alerts import ladders, paging
from incident_app.services.alerts.waking import wake
from incident_app.services.unit import writing

NOBODY_NEXT = "Nobody is next: everybody this alert could page has been paged. Call somebody yourself."
MOVED = ("You are not of this case's team any more, or who sees it was changed, since you were woken about it: you may acknowledge "
         "this alert, and not own the case.")
OVER = (AlertState.SUPERSEDED, AlertState.CANCELLED)


def _locked(session: Session, alert_id: int, by: Actor) -> Alert:
    audit.lock(session)
    alert = session.scalar(
        select(Alert).where(Alert.id == alert_id, scope.alerts_of(by)).with_for_update(of=Alert).execution_options(populate_existing=True)
    )
    if alert is None or alert.state == AlertState.WAITING:
        raise NotFound("There is no such alert.")
    if alert.state in OVER:
        raise Conflict(f"This alert is over. {alert.note}")
    return alert


def _hold_case(session: Session, alert_id: int) -> None:
    """Lock the case of an alert before the record, as whoever works on a case does."""
    mine = select(Alert.case_id).where(Alert.id == alert_id)
    session.execute(select(Case.id).where(Case.id.in_(mine)).with_for_update(of=Case, key_share=True))


def _quiet(session: Session, alert: Alert, *, by: Actor, now: datetime, verb: str) -> None:
    if alert.state == AlertState.ACKNOWLEDGED and alert.acked_by_id != by.id:
        name = alert.acked_by.name if alert.acked_by else "Somebody"
        raise Conflict(f"{name} has acknowledged this alert already.")
    alert.state, alert.acked_by_id, alert.acked_at = AlertState.ACKNOWLEDGED.value, by.id, now
    ladder = ladders.of_alert(session, alert)
    alert.ack_expires_at = rules.ack_expires(ladder, alert.deadline_at, now, kind=alert.kind)
    paging.drop_planned(session, alert, f"{by.name} acknowledged.")
    paging.mark_stale(session, alert)
    audit.record(
        session, action=f"alert.{verb}", by=by, now=now, case_id=alert.case_id, subject="alert", subject_id=alert.id,
        details={"expires_at": alert.ack_expires_at.isoformat() if alert.ack_expires_at else None},
    )


def acknowledge(session: Session, alert_id: int, *, by: Actor, now: datetime) -> Alert:
    """Stop paging; under 12 hours left only for 30 minutes. Twice by the same person changes nothing."""
    require(by, Permission.ACK_ALERT)
    with writing(session):
        alert = _locked(session, alert_id, by)
        if not (alert.state == AlertState.ACKNOWLEDGED and alert.acked_by_id == by.id):
            _quiet(session, alert, by=by, now=now, verb="acknowledged")
    session.refresh(alert)
    return alert


def acknowledge_all(session: Session, *, by: Actor, now: datetime, digest: int | None = None) -> int:
    """Acknowledge every alert nobody has answered, or those one message told of; return how many that were.

    ``digest`` is the send that carried the message. Demo alerts of others are left alone.
    """
    require(by, Permission.ACK_ALERT)
    with writing(session):
        audit.lock(session)
        question = select(Alert).where(
            scope.alerts_of(by), Alert.state == AlertState.RAISED.value, or_(Alert.only_for_id.is_(None), Alert.only_for_id == by.id),
        )
        if digest is not None:
            question = question.where(Alert.id.in_(_told_by(session, digest)))
        alerts = session.scalars(question.order_by(Alert.id).with_for_update(of=Alert)).all()
        for alert in alerts:
            _quiet(session, alert, by=by, now=now, verb="acknowledged")
    return len(alerts)


def _told_by(session: Session, digest: int) -> list[int]:
    """Return the alerts one message told of; those of its first copy too, where it was repeated with fewer or others."""
    carrier = session.get(AlertSend, digest)
    if carrier is None:
        return []
    moments = {str(one["at"]) for one in carrier.tries}
    same = session.scalars(select(AlertSend).join(Alert).where(
        AlertSend.person_id == carrier.person_id, AlertSend.channel == carrier.channel,
        Alert.state == AlertState.RAISED.value))
    return [
        send.alert_id for send in same
        if send.digest_id in {digest, carrier.digest_id} - {None} or not moments.isdisjoint(str(one["at"]) for one in send.tries)
    ]


def take(session: Session, alert_id: int, *, by: Actor, now: datetime) -> Alert:
    """Acknowledge and become the owner of the case. Raises ``Forbidden`` for who may answer the alert and not own the case."""
    require(by, Permission.ACK_ALERT)
    with writing(session):
        _hold_case(session, alert_id)
        alert = _locked(session, alert_id, by)
        if alert.case is not None and alert.case.restricted and not scope.reads(session, alert.case.id, by=by):
            raise Forbidden("This case is restricted: who is not listed may acknowledge its alerts, and not own it.")
        if alert.case is not None and owning.left_since(session, alert.case, by=by):
            raise Forbidden(MOVED)
        _quiet(session, alert, by=by, now=now, verb="taken")
        if alert.case is not None:
            alert.case.owner_id = by.id
    session.refresh(alert)
    return alert


def escalate(session: Session, alert_id: int, *, by: Actor, now: datetime) -> Alert:
    """Page the next step at once: those of it who have not been paged yet, without who asks. ``Refused`` where nobody is left."""
    require(by, Permission.ACK_ALERT)
    with writing(session):
        alert = _locked(session, alert_id, by)
        if alert.only_for_id is not None:
            raise Refused("This alert goes to nobody but you.")
        ladder = ladders.of_alert(session, alert)
        ahead = paging.handed_to(session, alert, ladder, by_id=by.id, now=now)
        if not ahead:
            raise Refused(NOBODY_NEXT)
        audit.record(session, action="alert.escalated", by=by, now=now, case_id=alert.case_id, subject="alert",
                     subject_id=alert.id)
        alert.acked_by_id = alert.acked_at = alert.ack_expires_at = None
        paging.again(session, alert, ladder, now=now, ahead=ahead)
    session.refresh(alert)
    return alert


def send_demo(session: Session, *, by: Actor, now: datetime) -> Alert:
    """Send an alert to oneself, to see that it arrives."""
    require(by, Permission.ACK_ALERT)
    with writing(session):
        return wake(
            session, kind="demo", key=uuid.uuid4().hex, words="demo alert, nothing is due", now=now, only_for_id=by.id
        )
