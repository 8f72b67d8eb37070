"""A list in which many addresses end in one mailbox: somebody says why that is right, or it is not written to."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import second_person
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.recipients import crowd_words
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.recipients import RecipientList
from incident_app.services import audit
from incident_app.services.recipients.looking import find_list
from incident_app.services.unit import writing


def accept_crowd(
    session: Session, case_id: int, list_id: int, reason: str, *, by: Actor, now: datetime
) -> RecipientList:
    """Say why so many addresses end in one mailbox; whoever approves the notice reads it.

    Raises ``Conflict`` where the list is not crowded, ``Refused`` without a reason.
    """
    require(by, Permission.DRAFT_NOTICE)
    words = " ".join(reason.split())
    with writing(session):
        audit.lock(session)
        found = find_list(session, case_id, list_id)
        if len(words) < second_person.SHORTEST_REASON:
            raise Refused("Nothing was changed.", {"reason": f"Say why this is right, in at least {second_person.SHORTEST_REASON} characters: a second person decides by it."})
        if not found.crowded:
            raise Conflict("No mailbox of this list is crowded. Nothing was changed.")
        found.crowd_reason, found.crowd_by_id = words, by.id
        audit.record(session, action="recipients.crowd_accepted", by=by, now=now, case_id=case_id, subject="list",
                     subject_id=list_id, details={**found.crowded, "reason": words})
    return found


def refuse_crowded(people: RecipientList) -> None:
    """Raise ``Refused`` where a list is crowded and nobody said why."""
    if people.crowded and not people.crowd_reason:
        raise Refused("This list is not written to yet.", {
            "list": f"{crowd_words(people.crowded)} Say why that is right, or upload another list."})
