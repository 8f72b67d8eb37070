"""Every night the counters of a notice are compared with its rows; what went wrong is put right, and recorded."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.notices import LAUNCHED, NoticeState
from incident_app.models.appending import count_anew
from incident_app.models.deliveries import open_chunks
from incident_app.models.notices import Notice
from incident_app.services.deliveries.counting import lock_notice, sum_of, sum_of_rows
from incident_app.services.deliveries.finishing import repair
from incident_app.services.unit import writing


def check(session: Session, *, now: datetime) -> int:
    """Compare the counters of every launched notice with its rows; return how many notices had to be repaired."""
    ids = session.scalars(select(Notice.id).where(Notice.state.in_(LAUNCHED)).order_by(Notice.id)).all()
    session.rollback()
    return sum(_check(session, notice_id, now) for notice_id in ids)


def _check(session: Session, notice_id: int, now: datetime) -> bool:
    with writing(session):
        notice = lock_notice(session, notice_id)
        found = sum_of_rows(session, notice)
        if found.missing > 0 and _some_to_come(session, notice):
            found = replace(found, waiting=found.waiting + found.missing)
        wrong = found != sum_of(notice)
        if wrong:
            repair(session, notice, found, now)
        return count_anew(session, notice_id) or wrong


def _some_to_come(session: Session, notice: Notice) -> bool:
    """Tell whether somebody may still wait without a row of their own."""
    total = notice.list_count or 0
    pending = notice.state == NoticeState.CANCELLED and notice.stopped_to < total
    return pending or notice.cut_to < total or session.scalar(open_chunks(notice.id).limit(1)) is not None
