"""Legal hold: set at once by one approver, lifted by two; while it stands nothing of its case is erased."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.domain.retention import SHORTEST_REASON
from incident_app.models.cases import Case
from incident_app.models.proposals import Proposal
from incident_app.models.retention import Hold, held
from incident_app.services import audit, proposals
from incident_app.services.unit import writing

LIFT = "hold.lift"


def hold_of(session: Session, case_id: int) -> Hold | None:
    """Return the hold of a case, if there is one."""
    return session.scalar(held(case_id))


def earlier_holds(session: Session, case_id: int) -> Sequence[Hold]:
    """Return the holds of a case that were lifted, the newest first."""
    return session.scalars(
        select(Hold).where(Hold.case_id == case_id, Hold.lifted_at.is_not(None)).order_by(Hold.id.desc())).all()


def taken(session: Session, case_id: int) -> Case:
    """Take a case, open or closed, for this transaction. Raises ``NotFound``."""
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case, key_share=True))
    if case is None:
        raise NotFound("There is no such case.")
    return case


def set_hold(session: Session, case_id: int, reason: str, *, by: Actor, now: datetime) -> Hold:
    """Set a hold at once. Raises ``Refused`` without a reason, ``Conflict`` where one stands."""
    require(by, Permission.HOLD_CASE)
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused("No hold was set.", {"reason": f"Say why, in at least {SHORTEST_REASON} characters: who asked for it, and for what."})
    with writing(session):
        taken(session, case_id)
        if hold_of(session, case_id) is not None:
            raise Conflict("This case is on legal hold already.")
        made = Hold(case_id=case_id, reason=reason.strip(), set_by_id=by.id, set_at=now)
        session.add(made)
        session.flush()
        audit.record(session, action="hold.set", by=by, now=now, case_id=case_id, subject="hold", subject_id=made.id,
                     details={"reason": made.reason})
    return made


def ask_lift(session: Session, case_id: int, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Ask a second person to lift the hold. Raises ``Conflict`` where there is none, or it is asked for already."""
    require(by, Permission.HOLD_CASE)
    with writing(session):
        taken(session, case_id)
        hold = hold_of(session, case_id)
        if hold is None:
            raise Conflict("This case is not on legal hold.")
        return proposals.put(session, LIFT, subject="hold", subject_id=hold.id, facts={"hold": hold.id}, reason=reason,
                             by=by, now=now, case_id=case_id)


def lift(session: Session, case_id: int, public_id: str, *, by: Actor, now: datetime) -> Hold:
    """Lift the hold as the second person.

    Raises ``Forbidden`` for who asked, ``Conflict`` where it was answered, lapsed, or that hold stands no more.
    """
    require(by, Permission.HOLD_CASE)
    with writing(session):
        taken(session, case_id)
        proposal = proposals.agree(session, LIFT, _own(session, case_id, public_id), by=by, now=now)
        hold = hold_of(session, case_id)
        if hold is None or hold.id != proposal.facts["hold"]:
            raise Conflict("That hold stands no more.")
        hold.lifted_at, hold.lifted_by_id, hold.lift_reason = now, by.id, proposal.reason
        session.flush()
        audit.record(session, action="hold.lifted", by=by, now=now, case_id=case_id, subject="hold", subject_id=hold.id,
                     details={"reason": proposal.reason, "asked_by": proposal.asked_by_id})
    return hold


def refuse_lift(session: Session, case_id: int, public_id: str, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Refuse to lift it, or withdraw one's own request."""
    require(by, Permission.HOLD_CASE)
    with writing(session):
        return proposals.refuse(session, LIFT, _own(session, case_id, public_id), reason, by=by, now=now)


def _own(session: Session, case_id: int, public_id: str) -> str:
    if proposals.find(session, LIFT, public_id).case_id != case_id:
        raise NotFound("There is no such request.")
    return public_id
