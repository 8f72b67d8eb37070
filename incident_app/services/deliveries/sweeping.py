"""Take up what a dead worker left behind, and end what is done. Looks at state and age, with no upper window."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import ChannelPlan, NoticeState
from incident_app.models.deliveries import Attempt, lapsed, lapsed_notices, uncertain_notices, undecided
from incident_app.models.notices import Notice
from incident_app.services.deliveries.controls import due_for_resend, send_again
from incident_app.services.deliveries.counting import lock_notice, shift
from incident_app.services.deliveries.finishing import finish, settle
from incident_app.services.unit import writing

ENDING = (NoticeState.SENDING.value, NoticeState.CANCELLED.value)
LOST = "The worker stopped before it knew the answer"


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: rows back in the queue, rows called uncertain, uncertain rows sent again, notices ended."""

    requeued: int = 0
    uncertain: int = 0
    resent: int = 0
    finished: int = 0


def _take_back(session: Session, notice_id: int, now: datetime) -> tuple[int, int]:
    """Sort rows whose lease has run out: claimed is safe to redo, sending is uncertain (S1, S2)."""
    requeued = uncertain = 0
    with writing(session):
        notice = lock_notice(session, notice_id)
        for row in session.scalars(lapsed(notice_id, now)).all():
            if row.state == DeliveryState.CLAIMED:
                row.state, row.lease_until = DeliveryState.QUEUED.value, None
                requeued += 1
                continue
            session.add(Attempt(delivery_id=row.id, started_at=row.sending_at, ended_at=now, outcome="uncertain",
                                reason=LOST, permanent=False))
            shift(notice, row.state, DeliveryState.UNCERTAIN)
            row.state, row.reason, row.result_at = DeliveryState.UNCERTAIN.value, LOST, now
            row.lease_until = None
            notice.tried_count += row.attempts == 1
            notice.last_result_at = now
            uncertain += 1
        if uncertain:
            settle(session, notice, now)
    return requeued, uncertain


def _send_again(session: Session, notice_id: int, now: datetime) -> int:
    """Under the plan ``resend_once``: send uncertain ones once more after an hour without a receipt."""
    with writing(session):
        notice = lock_notice(session, notice_id)
        if ChannelPlan.from_json(notice.plan).uncertain_policy != "resend_once":
            return 0
        rows = [row for row in session.scalars(undecided(notice_id)).all() if due_for_resend(row, now)]
        send_again(session, notice, rows, now)
    return len(rows)


def _end(session: Session, notice_id: int, now: datetime) -> bool:
    """End a notice in which nobody waits (S4)."""
    with writing(session):
        notice = lock_notice(session, notice_id)
        return notice.finished_at is None and notice.state in ENDING and finish(session, notice, now)


def sweep(session: Session, *, now: datetime) -> Swept:
    """Sweep every notice once. Safe to run at any time, by any number of workers."""
    left = session.scalars(lapsed_notices(now)).all()
    asked = session.scalars(uncertain_notices()).all()
    session.rollback()
    taken = [_take_back(session, notice_id, now) for notice_id in left]
    resent = sum(_send_again(session, notice_id, now) for notice_id in asked)
    ending = session.scalars(
        select(Notice.id).where(Notice.state.in_(ENDING), Notice.finished_at.is_(None), Notice.waiting_count == 0)
        .order_by(Notice.id)
    ).all()
    session.rollback()
    finished = sum(_end(session, notice_id, now) for notice_id in ending)
    return Swept(sum(row[0] for row in taken), sum(row[1] for row in taken), resent, finished)
