"""After a stop for good: whoever was not written to gets a row that says so, some thousand at a time."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import ChannelPlan, NoticeState
from incident_app.models.deliveries import Delivery, held_chunks, left_over, without_row
from incident_app.models.notices import Notice
from incident_app.services.deliveries.counting import Moves, Who, lock_notice, row_of
from incident_app.services.unit import writing

TOGETHER = 5000
WORDS = "Stopped before it was sent"


def stop_rest(session: Session, notice_id: int, *, now: datetime, most: int = 100_000) -> int:
    """Write the rows of up to ``most`` people a stop left without a message; return how many were written.

    Begins once nothing is under way any more: whoever is being written to gets their answer first.
    """
    done = 0
    while done < most:
        with writing(session):
            notice = lock_notice(session, notice_id)
            if notice.state != NoticeState.CANCELLED or session.scalar(held_chunks(notice_id).limit(1)) is not None:
                return done
            moves = Moves()
            count = _again(session, notice, moves, now) or _never(session, notice, moves, now)
            moves.write(session, notice, now)
        if not count:
            break
        done += count
    return done


def _again(session: Session, notice: Notice, moves: Moves, now: datetime) -> int:
    """Stop rows that wait for another try."""
    found = session.execute(left_over(notice.id).limit(TOGETHER)).all()
    for row, person in found:
        who = Who(person.id, person.number, person.language, person.country, person.reachable)
        moves.out(who, row.channel, row.state, row.cause)
        row.state, row.reason, row.cause = DeliveryState.CANCELLED.value, WORDS, WORDS
        row.result_at, row.lease_until, row.next_attempt_at = now, None, None
        moves.into(who, row.channel, row.state, row.cause)
    return len(found)


def _never(session: Session, notice: Notice, moves: Moves, now: datetime) -> int:
    """Give a row to people nobody wrote to, in the order of the list; return how far the list was looked through."""
    total = notice.list_count or 0
    if notice.stopped_to >= total:
        return 0
    to, order = min(notice.stopped_to + TOGETHER, total), ChannelPlan.from_json(notice.plan).order
    for person in session.scalars(without_row(notice.id, notice.list_id, notice.stopped_to + 1, to)):
        who = Who(person.id, person.number, person.language, person.country, person.reachable)
        channel = rules.first_channel(order, who.reachable) or rules.NO_CHANNEL
        moves.rows.append(row_of(str(uuid.uuid4()), notice.id, who, channel=channel, state=DeliveryState.CANCELLED,
                                 reason=WORDS, cause=WORDS, result_at=now))
        moves.first(who, channel, DeliveryState.CANCELLED, WORDS)
    looked, notice.stopped_to = to - notice.stopped_to, to
    return looked


def stopped(session: Session, notice: Notice) -> bool:
    """Tell whether everybody of a stopped notice has a row."""
    waits = session.scalar(select(Delivery.id).where(Delivery.notice_id == notice.id, Delivery.state.in_(rules.DUE))
                           .limit(1))
    return notice.stopped_to >= (notice.list_count or 0) and waits is None
