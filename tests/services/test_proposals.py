"""Two people: one asks, another one agrees, once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.proposals import Proposal
from incident_app.services import audit, proposals
from incident_app.services.unit import writing
from tests.fakes import START
from tests.people import People

WHY = "The court asked for it yesterday."


def asked(session: Session, by: Actor, involved: tuple[int, ...] = ()) -> Proposal:
    """Return a request as a use case makes it."""
    with writing(session):
        return proposals.put(session, "hold.set", subject="case", subject_id=1, facts={"until": "2027"}, reason=WHY,
                             by=by, now=START, involved=involved)


def test_a_second_person_agrees_once(session: Session, people: People) -> None:
    # Given a request
    one = asked(session, people.approver)
    assert [row.id for row in proposals.waiting(session, ["hold.set"], now=START)] == [one.id]
    assert proposals.waiting(session, ["hold.set"], now=START, case_id=7) == []

    # When another person agrees
    with writing(session):
        agreed = proposals.agree(session, "hold.set", one.public_id, by=people.second_approver, now=START)

    # Then it is agreed to, cannot be agreed to again, and the record has both acts
    assert (agreed.state, agreed.facts) == ("agreed", {"until": "2027"})
    with writing(session), pytest.raises(Conflict, match="answered already"):
        proposals.agree(session, "hold.set", one.public_id, by=people.second_approver, now=START)
    assert proposals.waiting(session, ["hold.set"], now=START) == []
    assert audit.verify(session).complete


def test_nobody_is_their_own_second_person_not_even_by_another_account(session: Session, people: People) -> None:
    # Given a request of one person, in which a third had a hand
    one = asked(session, people.approver, involved=(people.responder.person,))
    other_account = replace(people.second_approver, person_id=people.approver.id)

    # Then neither of them decides it, whichever account they use
    for who, words in ((people.approver, "You asked"), (other_account, "You asked"), (people.responder, "had a hand")):
        with writing(session), pytest.raises(Forbidden, match=words):
            proposals.agree(session, "hold.set", one.public_id, by=who, now=START)


def test_the_same_is_not_asked_twice_unless_nobody_answered_within_a_day(session: Session, people: People) -> None:
    one = asked(session, people.approver)
    with pytest.raises(Conflict, match="waits for a second person already"):
        asked(session, people.responder)

    tomorrow = START + timedelta(days=1)
    with writing(session), pytest.raises(Conflict, match="within a day"):
        proposals.agree(session, "hold.set", one.public_id, by=people.second_approver, now=tomorrow)
    assert proposals.waiting(session, ["hold.set"], now=tomorrow) == []
    with writing(session):
        again = proposals.put(session, "hold.set", subject="case", subject_id=1, facts={}, reason=WHY,
                              by=people.approver, now=tomorrow)
    assert again.id != one.id


def test_it_is_refused_with_a_reason_or_withdrawn(session: Session, people: People) -> None:
    one = asked(session, people.approver)
    with writing(session), pytest.raises(Refused, match="not refused"):
        proposals.refuse(session, "hold.set", one.public_id, "no", by=people.second_approver, now=START)
    with writing(session):
        proposals.refuse(session, "hold.set", one.public_id, "The case is over for long.", by=people.second_approver, now=START)
    assert one.state == "refused"

    other = asked(session, people.approver)
    with writing(session):
        proposals.refuse(session, "hold.set", other.public_id, "", by=people.approver, now=START)
    assert other.state == "withdrawn"


def test_nothing_is_asked_without_a_reason_and_what_is_not_there_is_not_found(session: Session, people: People) -> None:
    with writing(session), pytest.raises(Refused, match="Nothing was asked"):
        proposals.put(session, "hold.set", subject="case", subject_id=1, facts={}, reason="because",
                      by=people.approver, now=START)
    one = asked(session, people.approver)
    with writing(session), pytest.raises(NotFound):
        proposals.agree(session, "hold.lifted", one.public_id, by=people.second_approver, now=START)
