"""End alerts whose duty is settled, and bring back what had been told together with them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from incident_app.domain.alerts import PENDING, RUNNING, AlertState
from incident_app.models.alerts import Alert
from incident_app.models.obligations import STILL_OPEN, Obligation
from incident_app.services import audit
from incident_app.services.alerts import paging

WHY_OVER = {
    "discharged": "The duty was discharged.",
    "excused": "The duty was excused.",
    "superseded": "Awareness was changed: the new deadline has alerts of its own.",
}
OVER = "The case was closed, or the law names no date any more."


def cancel_for_case(session: Session, case_id: int, *, reason: str, now: datetime) -> int:
    """Cancel what is pending for a case, inside the caller's transaction; return how many alerts that were."""
    return _cancel(session, Alert.case_id == case_id, reason, now)


def cancel_for_obligation(session: Session, obligation_id: int, *, reason: str, now: datetime) -> int:
    """Cancel what is pending for one duty, inside the caller's transaction; return how many alerts that were."""
    return _cancel(session, Alert.obligation_id == obligation_id, reason, now)


def cancel_finished(session: Session, duty: Obligation, now: datetime) -> None:
    """Cancel what is pending for a duty that is not open any more, with the reason why."""
    cancel_for_obligation(session, duty.id, reason=WHY_OVER.get(duty.state, OVER), now=now)


def cancel_older(session: Session, duty: Obligation, now: datetime) -> None:
    """Cancel what is pending for an earlier version of awareness of an open duty."""
    older = (Alert.obligation_id == duty.id) & (Alert.aware_version != duty.aware_version)
    _cancel(session, older, WHY_OVER["superseded"], now)


def _cancel(session: Session, which: ColumnElement[bool], reason: str, now: datetime) -> int:
    audit.lock(session)  # before any alert, as whoever answers one does
    pending = session.scalars(select(Alert).where(which, Alert.state.in_(PENDING))).all()
    for alert in pending:
        paging.end(session, alert, AlertState.CANCELLED, reason, now)
    bring_back(session, [alert for alert in pending if alert.raised_at is not None], now)
    return len(pending)


def bring_back(session: Session, ended: Sequence[Alert], now: datetime) -> None:
    """Have the other open duties of a case looked at again whose threshold was told together with what ended."""
    if not ended:
        return
    session.flush()
    later = aliased(Alert)
    newer = select(later.id).where(
        later.obligation_id == Alert.obligation_id, later.aware_version == Alert.aware_version,
        later.due_at > Alert.due_at, later.state.in_((*RUNNING, AlertState.SUPERSEDED.value)),
    )
    own = [alert.obligation_id for alert in ended if alert.obligation_id is not None]
    held = session.scalars(
        select(Alert).join(Obligation, Obligation.id == Alert.obligation_id).where(
            Alert.superseded_by.in_([alert.id for alert in ended]), Alert.raised_at.is_(None), ~newer.exists(),
            Alert.state == AlertState.SUPERSEDED.value, Obligation.state.in_(STILL_OPEN), Obligation.id.not_in(own),
        )
    ).all()
    for alert in held:
        alert.state, alert.superseded_by, alert.ended_at = AlertState.WAITING.value, None, None
        alert.note = "It had been told together with another duty of the case, which is settled now."
        session.get_one(Obligation, alert.obligation_id).look_at = now
