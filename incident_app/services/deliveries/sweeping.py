"""Take up what a dead worker left behind, and end what is done. Looks at state and age, with no upper window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import ChannelPlan, NoticeState
from incident_app.domain.regimes import Law
from incident_app.models.deliveries import (
    Attempt,
    Chunk,
    lapsed,
    lapsed_chunks,
    lapsed_notices,
    uncertain_notices,
    undecided,
)
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services.deliveries.addressing import Addressing
from incident_app.services.deliveries.controls import due_for_resend, fall_back, persons, send_again
from incident_app.services.deliveries.counting import Moves, ids_of, lock_notice, row_of
from incident_app.services.deliveries.finishing import finish, prove_again, settle
from incident_app.services.deliveries.stopping import stop_rest
from incident_app.services.unit import writing

ENDING = (NoticeState.SENDING.value, NoticeState.CANCELLED.value)
LOST = "The worker stopped before it knew the answer"


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: people back in the queue, people called uncertain, uncertain ones sent again or on, notices ended."""

    requeued: int = 0
    uncertain: int = 0
    resent: int = 0
    finished: int = 0


def _chunks(session: Session, notice: Notice, moves: Moves, now: datetime) -> tuple[int, list[tuple[str, datetime]]]:
    """Take back chunks: whoever was not being written to waits again, whoever was is uncertain from now on."""
    requeued, lost = 0, list[tuple[str, datetime]]()
    for chunk in session.scalars(lapsed_chunks(notice.id, now)).all():
        if chunk.state == DeliveryState.SENDING and chunk.sending:
            lost += _lose(session, notice, chunk, moves, now)
            chunk.done_to = max(chunk.sending)
        else:
            requeued += 1
        over = chunk.done_to >= chunk.last or notice.state == NoticeState.CANCELLED
        chunk.state, chunk.sending = "done" if over else "waiting", []
        chunk.claim_token = chunk.lease_until = None
    return requeued, lost


def _lose(session: Session, notice: Notice, chunk: Chunk, moves: Moves, now: datetime) -> list[tuple[str, datetime]]:
    people = session.scalars(select(Recipient).where(
        Recipient.list_id == notice.list_id, Recipient.number.in_(chunk.sending)).order_by(Recipient.number)).all()
    ids, addressing = [], Addressing(notice)
    for person in people:
        who = addressing.who(person)
        public_id = rules.delivery_id(chunk.secret, person.number)
        moves.rows.append(row_of(
            public_id, notice.id, who, channel=chunk.channel, state=DeliveryState.UNCERTAIN, reason=LOST, cause=LOST,
            attempts=1, claim_token=chunk.claim_token, sending_at=chunk.sending_at, result_at=now))
        moves.first(who, chunk.channel, DeliveryState.UNCERTAIN, LOST)
        ids.append((public_id, chunk.sending_at or now))
    notice.tried_count += len(people)
    return ids


def _rows(session: Session, notice: Notice, moves: Moves, now: datetime) -> tuple[int, list[tuple[str, datetime]]]:
    """Take back rows that were tried again: claimed ones wait, those on their way are uncertain."""
    requeued, lost = 0, list[tuple[str, datetime]]()
    found = session.scalars(lapsed(notice.id, now)).all()
    who = persons(session, notice, found)
    for row in found:
        row.lease_until = None
        if row.state == DeliveryState.CLAIMED:
            row.state = DeliveryState.QUEUED.value
            requeued += 1
            continue
        moves.out(who[row.recipient_id], row.channel, row.state, row.cause)
        row.state, row.reason, row.cause, row.result_at = DeliveryState.UNCERTAIN.value, LOST, LOST, now
        moves.into(who[row.recipient_id], row.channel, row.state, LOST)
        notice.tried_count += row.attempts == 1
        lost.append((row.public_id, row.sending_at or now))
    return requeued, lost


def _tell(session: Session, lost: Sequence[tuple[str, datetime]], now: datetime) -> None:
    if lost:
        ids = ids_of(session, [public_id for public_id, _ in lost])
        session.execute(insert(Attempt), [
            {"delivery_id": ids[public_id], "started_at": begun, "ended_at": now, "outcome": "uncertain",
             "reason": LOST, "reference": "", "permanent": False} for public_id, begun in lost])


def _take_back(session: Session, notice_id: int, now: datetime) -> tuple[int, int]:
    """Sort what has run out of its lease: claimed is safe to redo, sending is uncertain (S1, S2)."""
    with writing(session):
        notice, moves = lock_notice(session, notice_id), Moves()
        chunks, of_chunks = _chunks(session, notice, moves, now)
        rows, of_rows = _rows(session, notice, moves, now)
        lost = of_chunks + of_rows
        moves.write(session, notice, now)
        _tell(session, lost, now)
        if lost:
            notice.last_result_at = now
            settle(session, notice, now)
    return chunks + rows, len(lost)


def _send_again(session: Session, notice_id: int, now: datetime) -> int:
    """Do with the uncertain what the plan says: nothing, send them once more after an hour without a receipt
    (``resend_once``), or tell them on the next channel after its wait (``next_channel``)."""
    with writing(session):
        notice = lock_notice(session, notice_id)
        policy = "ask" if notice.text_withdrawn else ChannelPlan.from_json(notice.plan).uncertain_policy
        if policy == "next_channel":
            return fall_back(session, notice, now)
        if policy != "resend_once":
            return 0
        rows = [row for row in session.scalars(undecided(notice_id)).all() if due_for_resend(row, now)]
        send_again(session, notice, rows, now)
    return len(rows)


def _end(session: Session, notice_id: int, now: datetime, law: Law) -> bool:
    """End a notice in which nobody waits (S4)."""
    stop_rest(session, notice_id, now=now)
    with writing(session):
        notice = lock_notice(session, notice_id)
        return notice.finished_at is None and notice.state in ENDING and finish(session, notice, now, law)


def sweep(session: Session, *, now: datetime, law: Law) -> Swept:
    """Sweep every notice once; ``law`` says whom duties want told. Safe to run at any time, by any number of workers."""
    left = session.scalars(lapsed_notices(now)).all()
    asked = session.scalars(uncertain_notices()).all()
    unproved = session.scalars(select(Notice.id).where(Notice.proof_due_at <= now).order_by(Notice.id)).all()
    session.rollback()
    taken = [_take_back(session, notice_id, now) for notice_id in left]
    resent = sum(_send_again(session, notice_id, now) for notice_id in asked)
    for notice_id in unproved:
        prove_again(session, notice_id, now)
    over = (Notice.waiting_count <= 0) | (Notice.state == NoticeState.CANCELLED.value)
    ending = session.scalars(
        select(Notice.id).where(Notice.state.in_(ENDING), Notice.finished_at.is_(None), over).order_by(Notice.id)
    ).all()
    session.rollback()
    finished = sum(_end(session, notice_id, now, law) for notice_id in ending)
    return Swept(sum(row[0] for row in taken), sum(row[1] for row in taken), resent, finished)
