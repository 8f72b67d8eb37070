"""Close a case when nothing is left open."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Refused
from incident_app.models.cases import Case
from incident_app.services import alerts, audit, closing
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing


def close(session: Session, case_id: int, reason: str, *, version: int, by: Actor, now: datetime) -> Case:
    """Close a case, or say in words everything that is still open."""
    require(by, Permission.CLOSE_CASE)
    with writing(session):
        case = locked_case(session, case_id, version)
        if not reason.strip():
            raise Refused("The case was not closed.", {"reason": "Say in a line why the case can be closed."})
        gaps = closing.gaps(session, case, now)
        if gaps:
            raise Refused("This case cannot be closed yet. " + " ".join(gaps), {})
        case.state, case.closed_at, case.close_reason = CaseState.CLOSED.value, now, reason.strip()
        case.version += 1
        audit.record(
            session, action="case.closed", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
        )
        alerts.cancel_for_case(session, case.id, reason="The case was closed.", now=now)
    return case
