"""Breaking the glass of a restricted case: two approvers, one hour, reading alone, and everybody hears it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.linking import StaffNote
from incident_app.services import audit, break_glass, cases
from incident_app.services.unit import writing
from tests.builders import a_case
from tests.fakes import START
from tests.people import People

WHY = "Rene is ill, and the 72 hours end tonight."
SOON = START + timedelta(minutes=10)


@pytest.fixture
def case(session: Session, people: People) -> Case:
    """A case that only its responder and one approver may read."""
    made = a_case(session, people.responder)
    return cases.choose_readers(session, made.id, team_id=None, restricted=True, readers={people.responder.id, people.approver.id},
                                version=made.version, by=people.responder, now=START)


def told(session: Session) -> set[tuple[str, str]]:
    """Return who was written to by which channel since we looked last."""
    found = {(note.channel, note.address) for note in session.scalars(select(StaffNote).where(StaffNote.kind == "glass"))}
    with writing(session):
        for note in session.scalars(select(StaffNote)):
            session.delete(note)
    return found


def with_sight(session: Session, by: Actor, minutes: int) -> Actor:
    """Return somebody as a browser of theirs comes in so many minutes after it was agreed."""
    return replace(by, opened=break_glass.open_to(session, by, now=SOON + timedelta(minutes=minutes)))


def test_two_approvers_open_it_for_an_hour_and_everybody_hears_it(session: Session, people: People, case: Case) -> None:
    # Given an approver who is not listed, and a listed one with a chat
    with writing(session):
        session.get_one(User, people.approver.id).telegram_chat_id = "7007"
    everybody = {("email", "responder@example.org"), ("email", "approver@example.org"), ("telegram", "7007"),
                 ("email", "second_approver@example.org")}
    asker = people.second_approver

    # When they ask, then everybody of the case and every approver hears it, and nothing is open
    asked = break_glass.ask(session, f" {case.ref} ", WHY, by=asker, now=START)
    assert told(session) == everybody
    assert break_glass.open_to(session, asker, now=START) == frozenset()
    (waiting,) = break_glass.requests(session, by=asker, now=START)
    assert (waiting.ref, waiting.asked_by.id, waiting.why_not) == (case.ref, asker.id, "You asked for this. A second person decides it.")

    # When another approver agrees
    ends_at = break_glass.agree(session, asked.public_id, by=people.approver, now=SOON)

    # Then all of them hear it again, it is on record, and the case is open to who asked, for reading, for an hour
    assert ends_at == SOON + timedelta(hours=1)
    assert told(session) == everybody
    (open_now,) = break_glass.opened(session, by=people.approver, now=SOON)
    assert (open_now.ref, open_now.name, open_now.reason, open_now.ends_at) == (case.ref, asker.name, WHY, ends_at)
    assert cases.find(session, case.ref, by=with_sight(session, asker, 59)).id == case.id
    with pytest.raises(NotFound):
        cases.find(session, case.ref, by=with_sight(session, asker, 60))
    for other in (people.auditor, people.admin, people.oncall_person):
        assert break_glass.open_to(session, other, now=SOON) == frozenset()
    assert break_glass.opened(session, by=asker, now=ends_at) == []
    found = [entry.action for entry in session.scalars(select(Entry).where(Entry.case_id == case.id).order_by(Entry.seq))]
    assert found[-3:] == ["case.break_glass.asked", "case.break_glass.agreed", "case.glass_broken"]
    assert audit.verify(session).complete


def test_nobody_breaks_it_alone_or_twice_by_one_word(session: Session, people: People, case: Case) -> None:
    asked = break_glass.ask(session, case.ref, WHY, by=people.second_approver, now=START)

    with pytest.raises(Forbidden, match="You asked"):
        break_glass.agree(session, asked.public_id, by=replace(people.approver, person_id=people.second_approver.person), now=SOON)
    for other in (people.responder, people.auditor, people.admin):
        with pytest.raises(Forbidden, match="break glass"):
            break_glass.agree(session, asked.public_id, by=other, now=SOON)

    break_glass.refuse(session, asked.public_id, "Rene is back at the desk since noon.", by=people.approver, now=SOON)
    with pytest.raises(Conflict, match="answered already"):
        break_glass.agree(session, asked.public_id, by=people.approver, now=SOON)
    assert break_glass.open_to(session, people.second_approver, now=SOON) == frozenset()


def test_whatever_is_not_a_restricted_case_out_of_sight_is_refused_alike(session: Session, people: People, case: Case) -> None:
    # Given a case everybody reads, a restricted one that the asker is listed for, and a number nobody gave
    plain = a_case(session, people.responder, title="Another one")
    for ref, who in ((plain.ref, people.second_approver), (case.ref, people.approver), ("BR-1999-001", people.approver), ("", people.approver)):
        with pytest.raises(Refused) as refused:
            break_glass.ask(session, ref, WHY, by=who, now=START)
        assert refused.value.problems == {"ref": break_glass.NO_CASE}

    # … a reason that is none asks nobody, and one who is the only approver hears why it is not possible
    with pytest.raises(Refused, match="Nothing was asked"):
        break_glass.ask(session, case.ref, "please", by=people.second_approver, now=START)
    with writing(session):
        session.get_one(User, people.approver.id).active = False
    with pytest.raises(Refused, match="no other approver"):
        break_glass.ask(session, case.ref, WHY, by=people.second_approver, now=START)
    assert told(session) == set()
