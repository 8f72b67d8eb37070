"""End an action: done with its proof, or not needed with the reason."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import remediation as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import Refused
from incident_app.domain.remediation import ActionState
from incident_app.models.remediation import Action
from incident_app.models.reports import Document
from incident_app.services import audit
from incident_app.services.remediation import waits
from incident_app.services.remediation.holding import note_deed, open_action
from incident_app.services.unit import writing

STAYS = "The action stays open."


def complete(
    session: Session, action_id: int, proof_text: str, *, link: str = "", document_id: int | None = None, sha256: str = "",
    version: int | None = None, by: Actor, now: datetime,
) -> Action:
    """Mark it done, with what proves it: words, the address of a page, a file of the case by its id or its hash.

    Raises ``Refused`` while it waits for another one.
    """
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        found = open_action(session, action_id, version, by)
        document, problems = _file(session, found.case_id, document_id, sha256.strip().lower())
        problems |= rules.check_proof(proof_text, link, has_file=document is not None)
        waits_for = rules.why_not_done([one.title for one in waits.open_before(session, found.id)])
        if problems or waits_for:
            raise Refused(STAYS, problems | ({"waits_for": waits_for} if waits_for else {}))
        found.state, found.proof_text, found.proof_link = ActionState.DONE.value, proof_text.strip(), link.strip()
        found.proof_document_id = document.id if document else None
        found.review_due_at = now + timedelta(days=found.review_days) if found.review_days else None
        _ended(session, found, by, now)
        note_deed(session, found, "done", by_id=by.id, at=now, words=found.proof_text, link=found.proof_link, document=document)
        audit.record(
            session, action="action.done", by=by, now=now, case_id=found.case_id, subject="action", subject_id=found.id,
            details={"title": found.title, "proof": found.proof_text, "document": found.proof_document_id} | (
                {"reference": found.proof_link} if found.proof_link else {}) | (
                {"sha256": document.sha256} if document else {}),
        )
        waits.follow(session, found, now)
    session.refresh(found)
    return found


def _file(session: Session, case_id: int, document_id: int | None, sha256: str) -> tuple[Document | None, dict[str, str]]:
    """Return the file of the case that is meant, and what is wrong where there is none."""
    of_case = select(Document).where(Document.case_id == case_id)
    if document_id is not None:
        found = session.scalar(of_case.where(Document.id == document_id))
        return found, {} if found else {"document_id": "There is no such document in this case."}
    if not sha256:
        return None, {}
    found = session.scalars(of_case.where(Document.sha256 == sha256).order_by(Document.id).limit(1)).first()
    return found, {} if found else {"sha256": "No file of this case has this hash."}


def _ended(session: Session, action: Action, by: Actor, now: datetime) -> None:
    action.ended_by_id, action.ended_at, action.works, action.waiting = by.id, now, "", False
    action.checked_by_id = action.checked_at = None
    action.check_due_at = now if action.mandatory else None
    session.flush()


def not_needed(
    session: Session, action_id: int, reason: str, *, version: int | None = None, by: Actor, now: datetime
) -> Action:
    """Mark it as not needed in this case, with the reason; of a mandatory one somebody else has to agree."""
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        found = open_action(session, action_id, version, by)
        if not reason.strip():
            raise Refused(STAYS, {"reason": "Say why this case does not need it."})
        found.state, found.not_needed_reason = ActionState.NOT_NEEDED.value, reason.strip()
        _ended(session, found, by, now)
        note_deed(session, found, "not_needed", by_id=by.id, at=now, words=found.not_needed_reason)
        audit.record(session, action="action.not_needed", by=by, now=now, case_id=found.case_id, subject="action",
                     subject_id=found.id, details={"title": found.title, "reason": found.not_needed_reason})
        waits.follow(session, found, now)
    session.refresh(found)
    return found
