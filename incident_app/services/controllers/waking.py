"""Controllers who were told and say nothing for days: the owner of the case is reminded, then the on-call ladder."""

from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from incident_app.domain.alerts import ABOUT_RECEIPTS, RUNNING
from incident_app.domain.cases import CaseState
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.numbers import grouped
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.controllers import ControllerReceipt
from incident_app.models.deliveries import Delivery
from incident_app.services import alerts
from incident_app.services.unit import writing

SILENT_FOR = timedelta(days=3)
"""So long after the message was taken: a weekend passes without an alarm, a week does not pass unseen."""
NO_MORE = "No controller stays silent in this case any more."


def silent_words(count: int) -> str:
    """Return what the phones say; no organisation is named there."""
    return f"{grouped(count)} {'controller has' if count == 1 else 'controllers have'} not acknowledged the notice for 3 days: remind them, or ring them"


def wake_silent(session: Session, *, now: datetime) -> tuple[int, int]:
    """Raise an alert for each open case in which a controller was written to three days ago and acknowledged nothing, and
    end those in which nobody stays silent any more. Returns how many were raised, and how many ended."""
    try:
        silent = {row[0]: row[1] for row in session.execute(_silent(now))}
        running = {case_id or 0: (number, words) for number, case_id, words in session.execute(
            select(Alert.id, Alert.case_id, Alert.words).where(Alert.kind == ABOUT_RECEIPTS, Alert.state.in_(RUNNING)))}
        ended = sum(_end(session, case_id, now) for case_id in running if case_id not in silent)
        raised = sum(_raise(session, case_id, count, now) for case_id, count in silent.items() if case_id not in running)
        for case_id, (number, words) in running.items():
            if case_id in silent and words != silent_words(silent[case_id]):
                with writing(session):
                    session.get_one(Alert, number).words = silent_words(silent[case_id])
        return raised, ended
    finally:
        session.rollback()


def _silent(now: datetime) -> Select[int, int]:
    """Ask how many controllers stay silent, by case: one who acknowledged an update, or the notice before it, does not."""
    other = aliased(ControllerReceipt)
    said = select(other.id).where(other.case_id == ControllerReceipt.case_id, other.who == ControllerReceipt.who,
                                  other.acknowledged_at.is_not(None))
    return (
        select(ControllerReceipt.case_id, func.count(ControllerReceipt.who.distinct()))
        .join(Case, Case.id == ControllerReceipt.case_id)
        .join(Delivery, (Delivery.notice_id == ControllerReceipt.notice_id) & (Delivery.number == ControllerReceipt.number))
        .where(Case.state != CaseState.CLOSED.value, ControllerReceipt.acknowledged_at.is_(None), ControllerReceipt.expires_at > now,
               Delivery.is_current, Delivery.state == DeliveryState.ACCEPTED.value, Delivery.result_at <= now - SILENT_FOR,
               ~said.exists())
        .group_by(ControllerReceipt.case_id).order_by(ControllerReceipt.case_id)
    )


def _raise(session: Session, case_id: int, count: int, now: datetime) -> bool:
    with writing(session):
        made = alerts.raise_once(session, kind=ABOUT_RECEIPTS, about=str(case_id), words=silent_words(count), now=now, case_id=case_id)
    return made is not None


def _end(session: Session, case_id: int, now: datetime) -> int:
    with writing(session):
        return alerts.end_about(session, kind=ABOUT_RECEIPTS, begins=f"{case_id}/", reason=NO_MORE, now=now)
