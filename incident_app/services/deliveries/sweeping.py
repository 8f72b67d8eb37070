"""Take up what a dead worker left behind, and end what is done. Looks at state and age, with no upper window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import IN_FLIGHT, DeliveryState
from incident_app.domain.notices import ChannelPlan, NoticeState
from incident_app.models.deliveries import Attempt, Delivery, lapsed
from incident_app.models.notices import Notice
from incident_app.services.deliveries.controls import due_for_resend, send_again
from incident_app.services.deliveries.counting import lock_notice, shift
from incident_app.services.deliveries.finishing import finish, settle
from incident_app.services.unit import writing

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
        settle(session, notice, now)
    return requeued, uncertain


def _send_again(session: Session, notice_id: int, now: datetime) -> int:
    """Under the plan ``resend_once``: send uncertain ones once more after an hour without a receipt."""
    with writing(session):
        notice = lock_notice(session, notice_id)
        rows = session.scalars(_uncertain(notice_id).with_for_update(of=Delivery)).all()
        rows = [row for row in rows if due_for_resend(row, now)]
        send_again(session, notice, rows, now)
    return len(rows)


def _uncertain(notice_id: int):  # type: ignore[no-untyped-def]
    return select(Delivery)


def _end(session: Session, notice_id: int, now: datetime) -> bool:
    with writing(session):
        notice = lock_notice(session, notice_id)
        return notice.finished_at is None and finish(session, notice, now)


def _ids(session: Session, question: object) -> Sequence[int]:
    return []


def sweep(session: Session, *, now: datetime) -> Swept:
    """Sweep every notice once. Safe to run at any time, by any number of workers."""
    raise NotImplementedError
