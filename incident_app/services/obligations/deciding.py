"""A human decides: owed, or not and why."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Conflict, NotFound, Refused, Stale
from incident_app.domain.regimes import Threshold
from incident_app.models.cases import Case
from incident_app.models.obligations import EXCUSED, OWED, STILL_OPEN, Obligation, of_case
from incident_app.services import alerts, audit
from incident_app.services.asking_again import asked_again
from incident_app.services.publications import IN_PUBLIC
from incident_app.services.unit import writing

SHORTEST_REASON = 3
# What the one decision about the breach settles; another fact, a contract or a rule without a test it does not.
BY_RISK = frozenset({Threshold.RISK.value, Threshold.HIGH_RISK.value, Threshold.HARM.value})


def decide(
    session: Session, case: Case, recipient_types: Iterable[str], *, owed: bool, reason: str, by: Actor, now: datetime
) -> list[Obligation]:
    """Set the duties that hang on the risk, to these recipients, owed or excused. Call inside a write unit.

    A rule that asks for no risk is touched by no decision about risk.
    """
    wanted = set(recipient_types)
    touched = [row for row in session.scalars(of_case(case.id))
               if row.recipient_type in wanted and row.state in (*STILL_OPEN, EXCUSED)
               and row.threshold_id in BY_RISK and not (row.always and not owed)]
    _settle(session, case, touched, owed=owed, reason=reason, by=by, now=now)
    return touched


def _settle(
    session: Session, case: Case, rows: list[Obligation], *, owed: bool, reason: str, by: Actor, now: datetime
) -> None:
    for row in rows:
        row.state, row.state_reason = (OWED if owed else EXCUSED), reason
        row.version += 1
        if not owed:
            alerts.cancel_for_obligation(session, row.id, reason="Decided: not owed.", now=now)
    if rows:
        audit.record(
            session, action="obligation.owed" if owed else "obligation.excused", by=by, now=now, case_id=case.id,
            subject="case", subject_id=case.ref, details={"duties": [row.id for row in rows], "reason": reason},
        )


def find_duty(session: Session, case_id: int, obligation_id: int, *, lock: bool = False) -> Obligation:
    """Return a duty of this case; one of another case does not exist here. ``lock`` holds the case first, then the duty."""
    if lock:
        session.execute(select(Case.id).where(Case.id == case_id).with_for_update(of=Case, key_share=True))
    row = session.get(Obligation, obligation_id, with_for_update={"of": Obligation} if lock else None)
    if row is None or row.case_id != case_id:
        raise NotFound("There is no such duty.")
    return row


def decide_one(
    session: Session, case_id: int, obligation_id: int, *, owed: bool, reason: str, version: int | None = None, by: Actor,
    now: datetime,
) -> Obligation:
    """Decide one duty by itself, with a reason. Raises ``Refused`` without one, ``Conflict`` when it is done.

    What was done by a public notice that was taken away since, or by a notice whose text was withdrawn, is decided again: owed
    once more, or done all the same.
    What hangs on the risk is not excused here: two people do that, with the whole risk before them.
    """
    require(by, Permission.DECIDE)
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused("The decision was not recorded.", {"reason": "Say why: the record must show it (Art 33(5))."})
    with writing(session):
        row = find_duty(session, case_id, obligation_id, lock=True)
        if asked_again(session, [row]) and row.case.state != CaseState.CLOSED.value:
            _check_version(row, version)
            return _again(session, row, owed=owed, reason=reason.strip(), by=by, now=now)
        if row.state not in (*STILL_OPEN, EXCUSED) or row.case.state == CaseState.CLOSED.value:
            raise Conflict("This duty is settled. Nothing was changed.")
        _check_version(row, version)
        if not owed and row.threshold_id in BY_RISK:
            raise Refused("Whether this is owed hangs on the risk. Decide it there: a second person confirms that nobody "
                          "is told.", {"owed": "Decide it with the risk."})
        _settle(session, row.case, [row], owed=owed, reason=reason.strip(), by=by, now=now)
    return row


def _check_version(row: Obligation, version: int | None) -> None:
    if version is not None and version != row.version:
        raise Stale(f"Somebody decided this duty meanwhile: it is {row.state} now. Look at it again.")


def _again(session: Session, row: Obligation, *, owed: bool, reason: str, by: Actor, now: datetime) -> Obligation:
    """Let a duty that was done be owed once more, or stay done though what told the people was taken away or wrong. What it was
    done by stays on record."""
    row.state_reason = reason
    if owed:
        return reopen(session, row, reason, by=by, now=now)
    was, row.version = _done_by(row), row.version + 1
    audit.record(
        session, action= "obligation.stays_done" if was["how"] == IN_PUBLIC else "obligation.stays_told",
        by=by, now=now, case_id=row.case_id, subject="obligation", subject_id=row.id, details={"reason": reason, **was})
    return row


def _done_by(row: Obligation) -> dict[str, object]:
    return {"at": row.discharged_at.isoformat() if row.discharged_at else "", "how": row.discharged_how,
            "reference": row.receipt_reference, "proof": row.proof_document_id, "public_reason": row.public_reason}


def reopen(session: Session, row: Obligation, reason: str, *, by: Actor, now: datetime) -> Obligation:
    """Let a duty that was done be owed again. What it was done by stays on record. Call inside a write unit."""
    was, row.version = _done_by(row), row.version + 1
    row.state, row.discharged_at, row.discharged_how, row.receipt_reference = OWED, None, "", ""
    row.proof_document_id, row.late_by_seconds, row.late_reason, row.public_reason = None, None, "", ""
    if row.case.state == CaseState.NOTIFIED.value:
        row.case.state = CaseState.DECIDED.value
    audit.record(session, action="obligation.reopened", by=by, now=now, case_id=row.case_id, subject="obligation", subject_id=row.id,
                 details={"reason": reason, **was})
    return row
