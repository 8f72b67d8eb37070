"""The counters on a notice: changed by the transaction that changes the rows, and checked against them."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import BUCKETS, Sum, bucket
from incident_app.domain.refusals import NotFound
from incident_app.models.deliveries import Delivery, current_states
from incident_app.models.notices import Notice


def lock_notice(session: Session, notice_id: int) -> Notice:
    """Return a notice locked for this transaction: always before its deliveries, so that nobody waits in a circle."""
    notice = session.scalar(select(Notice).where(Notice.id == notice_id).with_for_update(of=Notice))
    if notice is None:
        raise NotFound("There is no such notice.")
    return notice


def shift(notice: Notice, before: str, after: str) -> None:
    """Count a person out of one term of the sum and into another."""
    for state, step in ((before, -1), (after, +1)):
        name = f"{bucket(state)}_count"
        setattr(notice, name, getattr(notice, name) + step)


def sum_of(notice: Notice) -> Sum:
    """Return the sum by the counters."""
    return Sum(notice.list_count or 0, **{name: getattr(notice, f"{name}_count") for name in BUCKETS})


def sum_of_rows(session: Session, notice: Notice) -> Sum:
    """Return the sum by the rows themselves."""
    terms = dict.fromkeys(BUCKETS, 0)
    for state, count in session.execute(current_states(notice.id)):
        terms[bucket(state)] += count
    return Sum(notice.list_count or 0, **terms)


def successor(session: Session, row: Delivery, *, channel: str, round_number: int, at: datetime) -> Delivery:
    """Add the row that counts for this person from now on, in place of ``row``. Call inside a write unit."""
    row.is_current = False
    session.flush()
    fresh = Delivery(
        public_id=str(uuid.uuid4()), notice_id=row.notice_id, recipient_id=row.recipient_id, channel=channel,
        round=round_number, next_attempt_at=at, state="queued", is_current=True, attempts=0,
    )
    session.add(fresh)
    session.flush()
    return fresh
