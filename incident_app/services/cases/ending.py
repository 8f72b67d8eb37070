"""Close a case when nothing is left open: an approver does, or somebody who works on it asks for it. And open it again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.closing import StillOpen
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models.cases import Case
from incident_app.models.closing import Closing
from incident_app.models.proposals import Proposal
from incident_app.services import audit, closing, proposals
from incident_app.services.cases.keeping_closings import end, newest_closing
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing

KIND = "case.closing"


def close(session: Session, case_id: int, reason: str, *, version: int, by: Actor, now: datetime) -> Case:
    """Close a case, or say in words everything that is still open. Raises ``StillOpen`` with the gaps."""
    require(by, Permission.CLOSE_CASE)
    with writing(session):
        case = locked_case(session, case_id, version)
        if not reason.strip():
            raise Refused("The case was not closed.", {"reason": "Say in a line why the case can be closed."})
        _nothing_open(session, case, now)
        end(session, case, reason.strip(), by, now)
    return case


def ask_closing(session: Session, case_id: int, reason: str, *, version: int, by: Actor, now: datetime) -> Proposal:
    """Ask an approver to close a case. Raises ``StillOpen`` with everything that is open, or ``Refused`` without a reason."""
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
            _nothing_open(session, case, now)
            end(session, case, asked.reason, by, now, asked_by=asked.asked_by_id)
        else:
            proposals.refuse(session, KIND, public_id, reason, by=by, now=now)
    return case


def _nothing_open(session: Session, case: Case, now: datetime) -> None:
    gaps = closing.gaps(session, case, now)
    if gaps:
        raise StillOpen(gaps)


def reopen(session: Session, case_id: int, reason: str, *, by: Actor, now: datetime) -> Closing:
    """Open a closed case again, with the reason. What it was closed for, by whom and over what stays, and so does its review.

    Raises ``Conflict`` where it is not closed, or its texts were erased meanwhile: nothing could be written into it.
    """
    require(by, Permission.CLOSE_CASE)
    if not reason.strip():
        raise Refused("The case stays closed.", {"reason": "Say why it is opened again."})
    with writing(session):
        case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case, key_share=True))
        if case is None:
            raise NotFound("There is no such case.")
        if case.state != CaseState.CLOSED.value:
            raise Conflict("This case is not closed. Nothing was changed.")
        if case.text_key is None:
            raise Conflict("What was written in this case was destroyed when its time had come: it cannot be opened again.")
        kept = newest_closing(session, case)
        kept.reopened_at, kept.reopened_by_id, kept.reopen_reason = now, by.id, reason.strip()
        case.state, case.closed_at, case.close_reason = kept.state_before, None, ""
        case.version += 1
        audit.record(session, action="case.reopened", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
                     details={"closing": kept.number, "reason": kept.reopen_reason})
    return kept
