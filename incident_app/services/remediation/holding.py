"""Hold an action, and its case before it, for the length of a transaction; write down what was done about it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Conflict, NotFound, Stale
from incident_app.domain.remediation import ActionState
from incident_app.models.cases import Case
from incident_app.models.remediation import Action, Deed
from incident_app.models.reports import Document
from incident_app.services import scope

CLOSED = "This case is closed. Nothing was changed."


def within(session: Session, action_id: int, by: Actor) -> Action:
    """Return one action of a case that ``by`` may read. Raises ``NotFound``."""
    found = session.scalar(select(Action).where(Action.id == action_id, scope.within(Action.case_id, by)))
    if found is None:
        raise NotFound("There is no such action.")
    return found


def hold_case(session: Session, case_id: int) -> Case:
    """Return a case, held for this transaction. Raises ``NotFound``."""
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case, key_share=True))
    if case is None:
        raise NotFound("There is no such case.")
    return case


def open_case(session: Session, case_id: int) -> Case:
    """Return a case that is not closed, held. Raises ``Conflict``."""
    case = hold_case(session, case_id)
    if case.state == CaseState.CLOSED:
        raise Conflict(CLOSED)
    return case


def hold_action(session: Session, action_id: int, version: int | None, by: Actor, *, in_closed: bool = False) -> Action:
    """Return an action that may be worked on, held, its version counted up.

    In a closed case only what was reopened after the closing may; with ``in_closed`` all of it. Raises ``NotFound``,
    ``Conflict``, ``Stale`` where it is no longer the ``version`` that was read.
    """
    found = within(session, action_id, by)
    case = hold_case(session, found.case_id)
    session.refresh(found, with_for_update={"of": Action})
    if case.state == CaseState.CLOSED and not in_closed and not _lives_on(found, case):
        raise Conflict(CLOSED)
    if version is not None and version != found.version:
        raise Stale("Somebody changed this action meanwhile. Load the page again and compare.")
    found.version += 1
    return found


def _lives_on(action: Action, case: Case) -> bool:
    return action.reopened_at is not None and case.closed_at is not None and action.reopened_at >= case.closed_at


def open_action(session: Session, action_id: int, version: int | None, by: Actor) -> Action:
    """Return an open action that may be worked on, held (see ``hold_action``)."""
    found = hold_action(session, action_id, None, by)
    if found.state != ActionState.OPEN:
        raise Conflict("This action has been ended already.")
    if version is not None and version != found.version - 1:
        raise Stale("Somebody changed this action meanwhile. Load the page again and compare.")
    return found


def ended_action(session: Session, action_id: int, version: int | None, by: Actor, *, in_closed: bool = False) -> Action:
    """Return an action that was ended, held, with its end among its deeds (see ``hold_action``)."""
    found = hold_action(session, action_id, version, by, in_closed=in_closed)
    if found.state == ActionState.OPEN:
        raise Conflict("This action is open: there is nothing to look at yet.")
    _remember_end(session, found)
    return found


def note_deed(
    session: Session, action: Action, what: str, *, by_id: int | None, at: datetime, words: str = "", link: str = "",
    outcome: str = "", document: Document | None = None,
) -> None:
    """Write down what somebody did about an action; the caller holds it."""
    last = session.scalar(select(func.max(Deed.number)).where(Deed.action_id == action.id)) or 0
    session.add(Deed(
        case_id=action.case_id, action_id=action.id, number=last + 1, what=what, outcome=outcome, by_id=by_id, at=at,
        document_id=document.id if document else None, sha256=document.sha256 if document else "", words=words, link=link,
    ))
    session.flush()


def _remember_end(session: Session, action: Action) -> None:
    """Put the end of an action among its deeds where an older version of the app wrote none."""
    if action.ended_at is None or session.scalar(select(Deed.id).where(Deed.action_id == action.id).limit(1)) is not None:
        return
    note_deed(session, action, action.state, by_id=action.ended_by_id, at=action.ended_at,
              words=action.proof_text or action.not_needed_reason, document=action.proof_document)


def reopen(action: Action, now: datetime) -> None:
    """Open an action again; what was done stays among its deeds. Hours count anew, a date that was set stays."""
    action.state, action.reopened_at = ActionState.OPEN.value, now
    action.proof_text = action.proof_link = action.not_needed_reason = ""
    action.proof_document_id = action.ended_by_id = action.ended_at = None
    action.checked_by_id = action.checked_at = action.check_due_at = action.review_due_at = None
    if action.due_hours is not None:
        action.free_at = now
