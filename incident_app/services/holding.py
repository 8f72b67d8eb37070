"""Hold a case for the length of a transaction."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Conflict, NotFound, Stale
from incident_app.models.cases import Case

STALE = ("Somebody changed this case while you were editing. Nothing of yours was saved: load the page again, compare, "
         "and enter it once more.")


def locked_case(session: Session, case_id: int, version: int | None = None) -> Case:
    """Return an open case, held for this transaction; others may still write rows that point at it.

    Raises ``NotFound``, or ``Conflict`` when it is closed or no longer the ``version`` that was read.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case, key_share=True))
    if case is None:
        raise NotFound("There is no such case.")
    if case.state == CaseState.CLOSED.value:
        raise Conflict("This case is closed. Nothing was changed.")
    if version is not None and version != case.version:
        raise Stale(STALE)
    return case
