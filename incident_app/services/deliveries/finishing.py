"""When everybody has an outcome: check the sum against the rows, write the proof sheet, stop the clock of the duty."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.cases import CaseState
from incident_app.domain.deliveries import BUCKETS, Sum
from incident_app.domain.notices import CONTROLLERS, NoticeState
from incident_app.domain.numbers import grouped, people_words
from incident_app.domain.regimes import Law
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery, Proof, open_chunks
from incident_app.models.notices import Notice
from incident_app.models.obligations import STILL_OPEN, of_case
from incident_app.models.recipients import PartRow, RecipientList, parts_of
from incident_app.services import audit
from incident_app.services.controllers.receipts import receipt_counts
from incident_app.services.controllers.telling import record_left_out, settle_duties
from incident_app.services.deliveries.controls import reopen
from incident_app.services.deliveries.counting import lock_notice, sum_of, sum_of_rows
from incident_app.services.deliveries.owing import end_told, owe_again
from incident_app.services.deliveries.reaching import ended, still_owed
from incident_app.services.unit import writing

PROVE_AGAIN_AFTER = timedelta(seconds=60)


def _counts(session: Session, notice: Notice, total: Sum) -> dict[str, object]:
    people = session.get_one(RecipientList, notice.list_id)
    by_channel: dict[str, dict[str, int]] = {}
    receipts = receipt_counts(session, notice)
    for channel, state, count in session.execute(
        select(Delivery.channel, Delivery.state, func.count()).where(Delivery.notice_id == notice.id)
        .group_by(Delivery.channel, Delivery.state)
    ):
        by_channel.setdefault(channel, {})[state] = count
    return {
        "lines": {"file": people.line_count, "header_and_blank": people.other_count, "refused": people.refused_count,
                  "duplicates": people.duplicate_count, "people": people.people_count},
        "people": {"total": total.total, **{name: getattr(total, name) for name in BUCKETS}},
        "channels": by_channel, **({"receipts": receipts} if receipts else {}),
        **({rules.TWICE: notice.resent_count} if notice.resent_count else {}),
    }


def outcome_lines(session: Session, notice_id: int) -> Iterator[str]:
    """Yield the lines a proof's digest is taken of: ``id:state``, sorted by id, as a stream."""
    return (f"{public_id}:{state}\n" for public_id, state in _outcomes(session, notice_id))


def _outcomes(session: Session, notice_id: int) -> Iterator[tuple[str, str]]:
    """Yield (public id, state) of every row in the order of the ids; as a stream, memory does not grow with them."""
    question = select(Delivery.public_id, Delivery.state).where(Delivery.notice_id == notice_id)
    # By the connection, and many at a time: plain rows, without what the session and a cursor do for each.
    found = session.connection().execute(question.order_by(Delivery.public_id), execution_options={"yield_per": 5000})
    for part in found.partitions():
        yield from part


def prove(session: Session, notice: Notice, total: Sum, now: datetime, *, chunk: int = rules.CHUNK) -> Proof:
    """Write the next proof sheet: counts and a digest over every row, recorded once per ``chunk`` rows and whole."""
    newest = session.scalar(select(func.max(Proof.number)).where(Proof.notice_id == notice.id)) or 0
    whole, parts = hashlib.sha256(), list[dict[str, object]]()
    pairs = _outcomes(session, notice.id)
    while part := list(islice(pairs, chunk)):
        lines = rules.digested(part)
        whole.update(lines)
        parts.append({"proof": newest + 1, "from": part[0][0], "to": part[-1][0],
                      "digest": hashlib.sha256(lines).hexdigest(),
                      "counts": dict(sorted(Counter([state for _, state in part]).items()))})
    proof = Proof(notice_id=notice.id, number=newest + 1, at=now, digest=whole.hexdigest(),
                  counts=_counts(session, notice, total))
    session.add(proof)
    for details in parts if len(parts) > 1 else ():
        audit.record(session, action="deliveries.digest", by=SYSTEM, now=now, case_id=notice.case_id,
                     subject="notice", subject_id=notice.id, details=details)
    audit.record(session, action="notice.proved", by=SYSTEM, now=now, case_id=notice.case_id, subject="notice",
                 subject_id=notice.id, details={"proof": proof.number, "digest": proof.digest, **proof.counts})
    return proof


def repair(session: Session, notice: Notice, found: Sum, now: datetime) -> None:
    """Put the counters of a notice right, and record what they said. Call inside a write unit."""
    before = sum_of(notice)
    for name in BUCKETS:
        setattr(notice, f"{name}_count", getattr(found, name))
    audit.record(
        session, action="notice.counters_repaired", by=SYSTEM, now=now, case_id=notice.case_id, subject="notice",
        subject_id=notice.id, details={name: [getattr(before, name), getattr(found, name)] for name in BUCKETS},
    )


def _discharge(session: Session, notice: Notice, total: Sum, proof: Proof, now: datetime, law: Law) -> None:
    """Stop the clock of the duties to tell people that nothing speaks against, where that is not late: lateness needs a
    person's reasons. What keeps the others open is said in the record."""
    if notice.kind == CONTROLLERS:
        session.flush()
        settle_duties(session, notice, now)
        record_left_out(session, notice, now)
        return
    session.flush()
    case, over = session.get_one(Case, notice.case_id), ended(session, notice.case_id)
    if proof.number > 1:  # it had ended before: meanwhile the number may have been corrected
        owe_again(session, case, now=now)
    if not over:  # the text of this one is withdrawn: it tells nobody
        return
    duties = session.scalars(of_case(notice.case_id)).all()
    end_told(session, case, notice, over, _reference(notice, total, proof), law=law, now=now)
    for duty_id, why in still_owed(session, case, law=law, now=now).items():
        audit.record(session, action="obligation.still_owed", by=SYSTEM, now=now, case_id=case.id, subject="obligation",
                     subject_id=duty_id, details={"words": why, "notice": notice.number})
    still = [duty for duty in duties if duty.state in STILL_OPEN and duty.recipient_type != "register"]
    if not still and total.accepted and case.state == CaseState.DECIDED:  # told all the same, though nobody had to be
        case.state = CaseState.NOTIFIED.value


def _reference(notice: Notice, total: Sum, proof: Proof) -> str:
    return f"Notice {notice.number}: {grouped(total.accepted)} of {people_words(total.total)}, proof {proof.digest[:12]}"


def finish(session: Session, notice: Notice, now: datetime, law: Law) -> bool:
    """End a notice in which nobody waits. A sum that does not add up is never finished. Call inside a write unit."""
    uncut = session.scalar(parts_of(notice.list_id).where(PartRow.first > notice.cut_to).limit(1))
    if uncut is not None and notice.state != NoticeState.CANCELLED:
        return False
    if session.scalar(open_chunks(notice.id).limit(1)) is not None:
        return False
    found = sum_of_rows(session, notice)
    if found != sum_of(notice):
        repair(session, notice, found, now)
    if not found.adds_up:
        notice.state_reason = f"The sum does not add up: {grouped(abs(found.missing))} unaccounted for."
        return False
    if not found.finished:
        return False
    if notice.state == NoticeState.SENDING:
        notice.state, notice.state_reason = NoticeState.FINISHED.value, ""
    notice.finished_at = now
    proof = prove(session, notice, found, now)
    audit.record(
        session, action="notice.finished", by=SYSTEM, now=now, case_id=notice.case_id, subject="notice",
        subject_id=notice.id,
        details={"state": notice.state, "digest": proof.digest, **{name: getattr(found, name) for name in BUCKETS}},
    )
    _discharge(session, notice, found, proof, now, law)
    return True


def settle(session: Session, notice: Notice, now: datetime) -> None:
    """After a change that came late: let a finished notice go on, or prove it anew soon. Call inside a write unit.

    Soon, not at once: receipts come by the hundred, and a proof reads every row.
    """
    if notice.finished_at is None:
        return
    if notice.waiting_count and notice.state == NoticeState.FINISHED:
        reopen(session, notice, "A message came back after the end; the next channel is tried.", now=now)
        return
    notice.proof_due_at = notice.proof_due_at or now + PROVE_AGAIN_AFTER


def prove_again(session: Session, notice_id: int, now: datetime) -> bool:
    """Write a new proof where something changed after the end. Call it for notices whose proof is due."""
    with writing(session):
        notice = lock_notice(session, notice_id)
        if notice.finished_at is None or notice.proof_due_at is None or notice.proof_due_at > now:
            return False
        prove(session, notice, sum_of_rows(session, notice), now)
        notice.proof_due_at = None
    return True


def proofs_of(session: Session, notice_id: int) -> Sequence[Proof]:
    """Return the proof sheets of a notice, the newest first."""
    return session.scalars(
        select(Proof).where(Proof.notice_id == notice_id).order_by(Proof.number.desc())
    ).all()
