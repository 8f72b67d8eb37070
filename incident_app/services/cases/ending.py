"""Close a case when nothing is left open: an approver does, or somebody who works on it asks for it."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Refused
from incident_app.models.cases import Case
from incident_app.models.proposals import Proposal
from incident_app.services import alerts, audit, closing, proposals
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing

KIND = "case.closing"


def close(session: Session, case_id: int, reason: str, *, version: int, by: Actor, now: datetime) -> Case:
    """Close a case, or say in words everything that is still open."""
    require(by, Permission.CLOSE_CASE)
    with writing(session):
        case = locked_case(session, case_id, version)
        if not reason.strip():
            raise Refused("The case was not closed.", {"reason": "Say in a line why the case can be closed."})
        _end(session, case, reason.strip(), by, now)
    return case


def ask_closing(session: Session, case_id: int, reason: str, *, version: int, by: Actor, now: datetime) -> Proposal:
    """Ask an approver to close a case. Raises ``Refused`` with everything that is still open, or without a reason."""
    require(by, Permission.ASK_APPROVER)
    with writing(session):
        case = locked_case(session, case_id, version)
        _nothing_open(session, case, now)
        return proposals.put(session, KIND, subject="case", subject_id=case.ref, case_id=case.id, facts={}, reason=reason,
                             by=by, now=now)


def asked_closing(session: Session, case: Case, *, now: datetime) -> Proposal | None:
    """Return the request to close this case that nobody answered yet."""
    return next(iter(proposals.waiting(session, [KIND], now=now, case_id=case.id)), None)


def answer_closing(
    session: Session, case_id: int, public_id: str, *, agreed: bool, reason: str = "", by: Actor, now: datetime
) -> Case:
    """Close a case for the reason that was given by who asked, or refuse with one of your own."""
    require(by, Permission.CLOSE_CASE)
    with writing(session):
        case = locked_case(session, case_id)
        proposals.about(session, KIND, public_id, "case", case.ref)
        if agreed:
            asked = proposals.agree(session, KIND, public_id, by=by, now=now)
            _end(session, case, asked.reason, by, now)
        else:
            proposals.refuse(session, KIND, public_id, reason, by=by, now=now)
    return case


def _nothing_open(session: Session, case: Case, now: datetime) -> None:
    gaps = closing.gaps(session, case, now)
    if gaps:
        raise Refused("This case cannot be closed yet. " + " ".join(gaps), {})


def _end(session: Session, case: Case, reason: str, by: Actor, now: datetime) -> None:
    _nothing_open(session, case, now)
    case.state, case.closed_at, case.close_reason = CaseState.CLOSED.value, now, reason
    case.version += 1
    audit.record(
        session, action="case.closed", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
    )
    alerts.cancel_for_case(session, case.id, reason="The case was closed.", now=now)
