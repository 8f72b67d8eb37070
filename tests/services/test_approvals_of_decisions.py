"""A decision not to tell somebody waits for its second person like everything that waits for an approver."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Role
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.linking import StaffNote
from incident_app.models.obligations import Obligation
from incident_app.models.risk import Decision
from incident_app.services import approvals, cases, risk
from incident_app.services.unit import writing
from tests.builders import a_case, the_law
from tests.fakes import START
from tests.people import People
from tests.services.people_steps import hired
from tests.services.test_approvals import NIGHT, URL, lines, tell, told
from tests.services.test_risk import ANSWERS

REASON = "Nobody outside could read the list."


@pytest.fixture
def scored(session: Session, people: People) -> Case:
    """A scored case."""
    case = a_case(session, people.responder)
    score(session, case, people)
    return case


def score(session: Session, case: Case, people: People) -> None:
    risk.assess(session, case.id, ANSWERS, reasons={}, extra=risk.Extra(), by=people.responder, now=START, law=the_law())


def quiet(session: Session, case: Case, people: People, subject: str = "people", now: datetime = START) -> Decision:
    """The approver decides that somebody is not told."""
    return risk.decide(session, case.id, subject, risk.NOT_REQUIRED, REASON, by=people.approver, now=now)


def test_it_waits_for_the_other_approver_who_is_told_once_where_to_answer_it(
    session: Session, scored: Case, people: People
) -> None:
    # Given an approver with two accounts, who decides that people are not told
    hired(session, "approver+two@example.org", Role.APPROVER)
    made = quiet(session, scored, people)

    # Then it waits for the other one, and for nobody else
    line = (f"{scored.ref}: the decision not to tell the people waits for your approval", f"/cases/{scored.ref}/assess#decide-people")
    assert lines(session, people.second_approver) == [line]
    for other in (people.approver, people.responder, people.oncall_person, people.auditor, people.admin, people.reporter):
        assert lines(session, other) == []
    (ask,) = approvals.of_case(session, scored, now=START)
    assert (ask.asked_by, ask.asked_at) == (people.approver.name, START)

    # And they hear it once, with the way to where it is answered
    assert [tell(session, START), tell(session, START + timedelta(minutes=1))] == [1, 0]
    first = f"{scored.ref} · the decision not to tell the people waits for your approval"
    assert told(session) == [("email", "second_approver@example.org", first)]
    words = session.scalars(select(StaffNote.text)).one()
    assert f"{people.approver.name} asked for it Mon 23 Nov 2026" in words
    assert words.endswith(f"{URL}/cases/{scored.ref}/assess#decide-people")

    # Until it was answered
    risk.answer(session, scored.id, made.id, confirmed=True, by=people.second_approver, now=START)
    assert lines(session, people.second_approver) == []


def test_each_party_is_asked_about_by_itself_and_again_when_it_is_decided_anew(
    session: Session, scored: Case, people: People
) -> None:
    # Given both decisions, and one of them sent back
    quiet(session, scored, people, "authority")
    made = quiet(session, scored, people)
    assert [words for words, _ in lines(session, people.second_approver)] == [
        f"{scored.ref}: the decision not to tell the {whom} waits for your approval" for whom in ("authority", "people")]
    assert tell(session, START) == 2
    risk.answer(session, scored.id, made.id, confirmed=False, reason="The log does not say so.", by=people.second_approver, now=START)
    assert tell(session, START) == 0

    # When it is decided anew, twice
    for minutes in (5, 6):
        quiet(session, scored, people, now=START + timedelta(minutes=minutes))

    # Then only the newest waits, and is told
    assert [path for _, path in lines(session, people.second_approver)] == [
        f"/cases/{scored.ref}/assess#decide-authority", f"/cases/{scored.ref}/assess#decide-people"]
    assert tell(session, START + timedelta(minutes=7)) == 1


def test_what_nobody_can_answer_any_more_waits_for_nobody(session: Session, scored: Case, people: People) -> None:
    # Given two decisions that wait; of one it was decided since that the people are told
    quiet(session, scored, people, "authority")
    quiet(session, scored, people)
    risk.decide(session, scored.id, "people", risk.REQUIRED, "High risk is likely.", by=people.approver, now=START)
    assert [path for _, path in lines(session, people.second_approver)] == [f"/cases/{scored.ref}/assess#decide-authority"]

    # When the severity is scored anew, the other one has to be made anew too
    score(session, scored, people)

    # Then neither is shown or told
    assert (lines(session, people.second_approver), tell(session, START)) == ([], 0)


def test_a_decision_that_takes_one_person_asks_nobody_and_a_closed_case_asks_nothing(
    session: Session, scored: Case, people: People
) -> None:
    risk.decide(session, scored.id, "people", risk.NEED_MORE_FACTS, "Who had the list?", by=people.approver, now=START)
    assert lines(session, people.second_approver) == []
    quiet(session, scored, people)
    assert len(lines(session, people.second_approver)) == 1

    with writing(session):
        session.get_one(Case, scored.id).state = "closed"

    assert lines(session, people.second_approver) == []


def test_who_sleeps_is_told_in_the_morning_or_when_a_deadline_is_critical(session: Session, scored: Case, people: People) -> None:
    with writing(session):
        session.get_one(User, people.second_approver.id).zone = "UTC"
        for duty in session.scalars(select(Obligation).where(Obligation.case_id == scored.id, Obligation.due_at.is_not(None))):
            duty.due_at = NIGHT + timedelta(hours=14)
    quiet(session, scored, people, now=NIGHT)

    assert tell(session, NIGHT) == 0, "there is time until the morning"
    assert tell(session, NIGHT + timedelta(hours=2, minutes=1)) == 1, "there is none any more"


def test_of_a_restricted_case_no_more_is_said_than_its_number_and_only_to_who_reads_it(
    session: Session, scored: Case, people: People
) -> None:
    quiet(session, scored, people)
    readers = {people.responder.id, people.approver.id}
    cases.choose_readers(session, scored.id, team_id=None, restricted=True, readers=readers, version=scored.version,
                         by=people.responder, now=START)
    assert (tell(session, START), lines(session, replace(people.second_approver, opened=frozenset({scored.id})))) == (0, [])

    cases.choose_readers(session, scored.id, team_id=None, restricted=True, readers={*readers, people.second_approver.id},
                         version=scored.version, by=people.responder, now=START)

    assert tell(session, START) == 1
    assert told(session)[0][2] == f"{scored.ref} · something waits for your approval"
