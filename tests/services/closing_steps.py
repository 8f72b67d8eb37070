"""Cases in which nothing is open, and reviews that two people signed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.models.cases import Case
from incident_app.models.obligations import EXCUSED, MAYBE, SUPERSEDED, Obligation
from incident_app.models.remediation import Action
from incident_app.services import review
from tests.people import People

JUDGED, CHANGE = "It was seen late, for nobody read the alerts of the store.", "Alerts of the store wake the on-call."
WHY_OVER = "The processor went bankrupt: nobody can tell us more about it."


def quieten(session: Session, case: Case) -> Case:
    """Leave nothing open in a case: every duty excused, every action not needed, no data of people, so that no review is owed."""
    for duty in session.scalars(select(Obligation).where(Obligation.case_id == case.id)):
        duty.state = SUPERSEDED if duty.state == MAYBE else EXCUSED if duty.state != SUPERSEDED else duty.state
    for action in session.scalars(select(Action).where(Action.case_id == case.id)):
        action.state, action.checked_at = "not_needed", case.filed_at
    case.state, case.people_data = "decided", "no"
    session.commit()
    return case


def written_review(session: Session, case: Case, by: Actor, now: datetime) -> str:
    """Write the words of a review; return the hash that is to be signed."""
    seen = review.look(session, case)
    review.save(session, case.id, JUDGED, CHANGE, version=seen.words.number if seen.words else 0, by=by, now=now)
    return review.look(session, session.get_one(Case, case.id)).content_hash


def signed_review(session: Session, case: Case, people: People, now: datetime) -> str:
    """Write a review and have a responder and an approver sign it; return the hash they signed."""
    content = written_review(session, case, people.responder, now)
    for person in (people.responder, people.approver):
        review.sign(session, case.id, content, by=person, now=now)
    return content
