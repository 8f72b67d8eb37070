"""After a stop for good: whoever was not written to gets a row that says so, some thousand at a time."""

import uuid
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import NoticeState
from incident_app.models.deliveries import Chunk, held_chunks, left_over, without_row
from incident_app.models.notices import Notice
from incident_app.services.deliveries.addressing import Addressing
from incident_app.services.deliveries.counting import Moves, lock_notice, row_of
from incident_app.services.unit import writing

TOGETHER = 5000
WORDS = "Stopped before it was sent"


def stop_rest(session: Session, notice_id: int, *, now: datetime, most: int = 100_000) -> int:
    """Write the rows of up to ``most`` people a stop left without a message; return how many were written.

    Begins once nothing is under way any more: whoever is being written to gets their answer first.
    """
    done = 0
    while True:
        with writing(session):
            notice = lock_notice(session, notice_id)
            if notice.state != NoticeState.CANCELLED or session.scalar(held_chunks(notice_id).limit(1)) is not None:
                return done
            # A chunk that was being sent when the stop came was given back since: nobody will take it up again.
            session.execute(update(Chunk).where(Chunk.notice_id == notice_id, Chunk.state == "waiting").values(state="done"))
            moves = Moves()
            count = _again(session, notice, moves, now) or _never(session, notice, moves, now)
            moves.write(session, notice, now)
        done += count
        if not count or done >= most:
            return done


def _again(session: Session, notice: Notice, moves: Moves, now: datetime) -> int:
    """Stop rows that wait for another try."""
    found = session.execute(left_over(notice.id).limit(TOGETHER)).all()
    addressing = Addressing(notice)
    for row, person in found:
        who = addressing.who(person)
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
    to, addressing = min(notice.stopped_to + TOGETHER, total), Addressing(notice)
    for person in session.scalars(without_row(notice.id, notice.list_id, notice.stopped_to + 1, to)):
        who = addressing.who(person)
        channel = who.channels[0] if who.channels else rules.NO_CHANNEL
        moves.rows.append(row_of(str(uuid.uuid4()), notice.id, who, channel=channel, state=DeliveryState.CANCELLED,
                                 reason=WORDS, cause=WORDS, result_at=now))
        moves.first(who, channel, DeliveryState.CANCELLED, WORDS)
    looked, notice.stopped_to = to - notice.stopped_to, to
    return looked
