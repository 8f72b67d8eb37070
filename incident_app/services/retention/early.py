"""Erase the contacts of a case before their time: one approver asks, another agrees, and then it is done at once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.notices import LAUNCHED
from incident_app.domain.ports import Vault
from incident_app.domain.refusals import Conflict, NotFound
from incident_app.models.notices import Notice
from incident_app.models.proposals import Proposal
from incident_app.models.recipients import RecipientList
from incident_app.services import proposals, recipients
from incident_app.services.retention.holds import hold_of, taken
from incident_app.services.unit import writing

ERASE = "recipients.erase_early"
HELD = "This case is on legal hold: nothing of it is erased."
SENDING = "A notice to these people is under way: nothing is erased before it has ended."
ENDED = ("finished", "cancelled")


@dataclass(frozen=True, slots=True)
class Early:
    """What may be erased early: how many lists and people, or why not."""

    lists: int
    people: int
    why_not: str


def standing(session: Session, case_id: int) -> Early:
    """Return what would be erased now, and why it may not be."""
    lists = session.scalars(
        select(RecipientList).where(RecipientList.case_id == case_id, RecipientList.erased_at.is_(None))).all()
    why_not = ""
    if not lists:
        why_not = "There are no contacts."
    elif hold_of(session, case_id) is not None:
        why_not = HELD
    elif session.scalar(select(Notice.id).where(
            Notice.case_id == case_id, Notice.state.in_(LAUNCHED), Notice.state.not_in(ENDED)).limit(1)) is not None:
        why_not = SENDING
    return Early(len(lists), sum(one.people_count for one in lists), why_not)


def _facts(session: Session, case_id: int) -> dict[str, int]:
    """Return what exactly is asked. Raises ``Conflict`` where it is not possible."""
    found = standing(session, case_id)
    if found.why_not:
        raise Conflict(found.why_not)
    return {"lists": found.lists, "people": found.people}


def ask_erase(session: Session, case_id: int, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Ask a second person. Raises ``Conflict`` under a hold, while a notice is sent, or where there is nobody."""
    require(by, Permission.ERASE_EARLY)
    with writing(session):
        taken(session, case_id)
        return proposals.put(session, ERASE, subject="case", subject_id=case_id, facts=_facts(session, case_id),
                             reason=reason, by=by, now=now, case_id=case_id)


def erase_early(
    session: Session, case_id: int, public_id: str, *, by: Actor, now: datetime, vault: Vault
) -> tuple[int, int]:
    """Agree as the second person, and erase in the same transaction; return how many lists and people.

    Raises ``Conflict`` where there are other lists or people now than were asked for.
    """
    require(by, Permission.ERASE_EARLY)
    with writing(session):
        case = taken(session, case_id)
        proposal = proposals.agree(session, ERASE, _own(session, case_id, public_id), by=by, now=now)
        facts = _facts(session, case_id)
        if facts != proposal.facts:
            raise Conflict("The lists of this case are not those it was asked for. It has to be asked again.")
        return recipients.erase(session, case, by=by, now=now, vault=vault, reason=proposal.reason)


def refuse_erase(session: Session, case_id: int, public_id: str, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Refuse, or withdraw one's own request."""
    require(by, Permission.ERASE_EARLY)
    with writing(session):
        return proposals.refuse(session, ERASE, _own(session, case_id, public_id), reason, by=by, now=now)


def _own(session: Session, case_id: int, public_id: str) -> str:
    if proposals.find(session, ERASE, public_id).case_id != case_id:
        raise NotFound("There is no such request.")
    return public_id
