"""Close a case although something is open: one person gives the reason, another one agrees to exactly these gaps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain import closing as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import Conflict, Stale
from incident_app.models.cases import Case
from incident_app.models.proposals import Proposal
from incident_app.services import closing, proposals
from incident_app.services.cases.keeping_closings import end
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing

KIND = "case.closing_over"


@dataclass(frozen=True, slots=True)
class AskedOver:
    """A request to close over gaps. ``void``: other things are open by now than the two would agree about."""

    proposal: Proposal
    gaps: tuple[dict[str, Any], ...]
    void: bool


def ask_closing_over(
    session: Session, case_id: int, reason: str, *, seen: str, version: int, by: Actor, now: datetime
) -> Proposal:
    """Ask a second person to close a case over its gaps. ``seen`` is the hash of the gaps that were read.

    Raises ``Conflict`` where nothing is open, ``Stale`` where other gaps are open than were read. A request about other
    gaps than there are now falls.
    """
    require(by, Permission.ASK_APPROVER)
    with writing(session):
        case = locked_case(session, case_id, version)
        gaps = closing.gaps(session, case, now)
        if not gaps:
            raise Conflict("Nothing is open: the case can be closed as it is.")
        if seen != rules.hash_of(gaps):
            raise Stale("Something else is open than you saw. Nothing was asked: read it again.")
        before = _waiting(session, case, now)
        if before is not None and before.facts["hash"] != seen:
            proposals.void(session, before, by=by, now=now)
        return proposals.put(
            session, KIND, subject="case", subject_id=case.ref, case_id=case.id, reason=reason, by=by, now=now,
            facts={"hash": seen, "gaps": [one.to_json() for one in gaps]})


def _waiting(session: Session, case: Case, now: datetime) -> Proposal | None:
    return next(iter(proposals.waiting(session, [KIND], now=now, case_id=case.id)), None)


def asked_closing_over(session: Session, case: Case, *, now: datetime) -> AskedOver | None:
    """Return the request to close this case over its gaps that nobody answered yet."""
    found = _waiting(session, case, now)
    if found is None:
        return None
    same = found.facts["hash"] == rules.hash_of(closing.gaps(session, case, now))
    return AskedOver(found, tuple(found.facts["gaps"]), not same)


def answer_closing_over(
    session: Session, case_id: int, public_id: str, *, agreed: bool, reason: str = "", by: Actor, now: datetime
) -> Case:
    """Agree, as the second person, to exactly the gaps that were asked about, or refuse with a reason.

    Raises ``Forbidden`` for who asked, ``Conflict`` where other things are open by now: the request falls then.
    """
    require(by, Permission.CLOSE_CASE)
    fell = False
    with writing(session):
        case = locked_case(session, case_id)
        asked = proposals.about(session, KIND, public_id, "case", case.ref)
        gaps = closing.gaps(session, case, now)
        if not agreed:
            proposals.refuse(session, KIND, public_id, reason, by=by, now=now)
        elif asked.state == proposals.WAITING and asked.facts["hash"] != rules.hash_of(gaps):
            proposals.void(session, asked, by=by, now=now)
            fell = True
        else:
            agreed_to = proposals.agree(session, KIND, public_id, by=by, now=now)
            end(session, case, agreed_to.reason, by, now, asked_by=agreed_to.asked_by_id, over=gaps)
    if fell:
        raise Conflict("Something else is open than was asked about. Nothing was closed: it has to be asked again.")
    return case
