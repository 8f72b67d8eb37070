"""Try those again who were not reached, by reason: proved refusals only, so nobody is written to twice."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.deliveries import NO_CHANNEL, DeliveryState
from incident_app.domain.notices import NoticeState, check_moves
from incident_app.domain.refusals import Conflict, Refused
from incident_app.domain.trials import SIMULATE, why_kept
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.services import audit
from incident_app.services.deliveries.controls import check_text, persons, reasoned, reopen
from incident_app.services.deliveries.counting import Moves, lock_notice
from incident_app.services.trials import mode_now
from incident_app.services.unit import writing

TOGETHER = 5000
MOST_ROUNDS = 9


def retry_failed(session: Session, notice_id: int, cause: str, *, reason: str, by: Actor, now: datetime, mode: str = SIMULATE) -> int:
    """Queue everybody anew who failed for this ``cause``, on the channel that failed; return how many.

    They get a row of their own with a fresh id, so what the provider says of the old one does not touch it. Raises
    ``Refused`` where nobody failed for it, ``Conflict`` where the text was withdrawn, or where who was kept in would be kept
    in again: ``mode`` is how the server was told to send.
    Done some thousand at a time: cut short, the others stay failed and can be asked for again.
    """
    require(by, Permission.SEND_NOTICE)
    words = reasoned(reason)
    why = _why_kept(session, notice_id, cause, mode)
    if why:
        raise Conflict(f"{why} Nobody was tried again.")
    done, after = 0, 0
    while count_last := _some(session, notice_id, cause, after, words, by, now):
        count, after = count_last
        done += count
    if not done:
        raise Refused("Nobody to try again.", {"cause": "Nobody of this notice failed for this reason."})
    return done


def _why_kept(session: Session, notice_id: int, cause: str, mode: str) -> str:
    """Return why those who were not reached for this ``cause`` would be kept in again; ``""`` where they would not."""
    drill = session.scalar(select(Case.is_drill).join(Notice, Notice.case_id == Case.id).where(Notice.id == notice_id))
    return why_kept(cause, mode_now(session, mode), drill=bool(drill))


def _some(
    session: Session, notice_id: int, cause: str, after: int, words: str, by: Actor, now: datetime
) -> tuple[int, int] | None:
    with writing(session):
        notice = lock_notice(session, notice_id)
        check_moves(notice.state, "be tried again")
        check_text(notice)
        rows = session.scalars(
            select(Delivery)
            .where(Delivery.notice_id == notice_id, Delivery.is_current, Delivery.state == DeliveryState.FAILED.value,
                   Delivery.state != DeliveryState.ACCEPTED.value, Delivery.cause == cause, Delivery.number > after,
                   Delivery.channel != NO_CHANNEL, Delivery.round < MOST_ROUNDS)
            .order_by(Delivery.number).limit(TOGETHER).with_for_update(of=Delivery)
        ).all()
        if not rows:
            return None
        who, moves = persons(session, notice, rows), Moves()
        for row in rows:
            person = who[row.recipient_id]
            moves.out(person, row.channel, row.state, row.cause)
            row.is_current, row.decided_at = False, now
            moves.queue(notice.id, person, channel=row.channel, round_number=row.round + 1, at=now)
        moves.write(session, notice, now)
        if notice.state == NoticeState.FINISHED:
            reopen(session, notice, "People who were not reached are tried again.", now=now)
        audit.record(session, action="deliveries.tried_again", by=by, now=now, case_id=notice.case_id,
                     subject="notice", subject_id=notice.id,
                     details={"cause": cause, "reason": words, "people": len(rows)})
        return len(rows), rows[-1].number
