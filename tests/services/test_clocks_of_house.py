"""Clocks of contracts and insurers, in the same form as a law; and looking at what if."""

from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Forbidden, NotFound, Refused
from incident_app.models.cases import Case
from incident_app.models.obligations import of_case
from incident_app.models.organisation import Organisation
from incident_app.services import obligations
from incident_app.services.obligations import Imagined, NewClock
from tests.builders import a_case, the_law
from tests.fakes import START, FakeCalendar
from tests.people import People
from tests.services.duty_steps import change, duty_of

LATER = START + timedelta(hours=9)
INSURER = NewClock("Cyber policy", "Insurer hotline", "aware", 48, "hours", "Policy 77, clause 4", "Call, then write.")


def follow(session: Session) -> None:
    obligations.follow_law(session, law=the_law(), calendar=FakeCalendar(), now=LATER)


def test_a_clock_of_a_contract_runs_beside_the_law_until_it_is_ended(session: Session, people: People) -> None:
    case = a_case(session, people.responder)

    clock = obligations.add_clock(session, INSURER, by=people.approver, now=START)
    follow(session)

    duty = duty_of(session, case, "Policy 77, clause 4")
    assert (duty.recipient, duty.recipient_type, duty.due_at) == ("Insurer hotline", "other", START + timedelta(hours=48))
    obligations.end_clock(session, clock.id, by=people.approver, now=LATER)
    follow(session)
    assert "Policy 77, clause 4" not in {one.provision for one in session.scalars(of_case(case.id))}
    assert obligations.clocks_of_house(session) == []
    assert [one.ended_at for one in obligations.clocks_of_house(session, all_versions=True)] == [LATER]
    with pytest.raises(NotFound):
        obligations.end_clock(session, clock.id, by=people.approver, now=LATER)


def test_a_contract_binds_a_processor_too(session: Session, people: People) -> None:
    case = a_case(session, people.responder)
    obligations.add_clock(session, INSURER, by=people.approver, now=START)

    case = change(session, case, people.responder, role="processor")

    assert duty_of(session, case, "Policy 77, clause 4")


def test_a_clock_that_makes_no_sense_is_refused_field_by_field(session: Session, people: People) -> None:
    with pytest.raises(Refused) as refused:
        obligations.add_clock(session, NewClock(" ", "", "moon", 0, "months", ""), by=people.approver, now=START)

    assert set(refused.value.problems) == {"name", "recipient", "anchor", "value", "unit", "source"}
    with pytest.raises(Forbidden):
        obligations.add_clock(session, INSURER, by=people.responder, now=START)


def test_without_an_organisation_there_are_no_clocks_of_the_house(session: Session, people: People) -> None:
    obligations.add_clock(session, INSURER, by=people.approver, now=START)
    session.execute(delete(Organisation))

    assert obligations.with_house(session, the_law()) is the_law()


def look(session: Session, case: Case, people: People, *, hours: int | None = None, proposal: str = "") -> list[Imagined]:
    at = None if hours is None else START + timedelta(hours=hours)
    return obligations.what_if(session, case, aware_at=at, proposal=proposal, by=people.responder, now=LATER,
                               law=the_law(), calendar=FakeCalendar())


def test_another_moment_of_awareness_moves_every_date_and_saves_nothing(session: Session, people: People) -> None:
    case = a_case(session, people.responder, countries=("RU",))
    before = [(one.id, one.due_at) for one in session.scalars(of_case(case.id))]

    rows = look(session, case, people, hours=-5)

    moved = {(row.now.regime, row.now.stage): row.moved for row in rows if row.now}
    assert moved["EU-GDPR", "initial"] == moved["RU-152FZ", "initial"] == timedelta(hours=-5)
    assert [(one.id, one.due_at) for one in session.scalars(of_case(case.id))] == before
    assert rows[0].then is not None
    assert rows[0].then.regime == "RU-152FZ"


def test_the_proposed_ninety_six_hours_can_be_looked_at(session: Session, people: People) -> None:
    case = a_case(session, people.responder)
    ((proposal, _),) = obligations.proposals(the_law())

    (authority,) = [row for row in look(session, case, people, proposal=proposal) if row.moved]

    assert authority.moved == timedelta(hours=24)
    assert authority.then is not None
    assert authority.then.provision == "new Art 33(1) GDPR"


def test_a_duty_that_comes_or_goes_is_shown_on_one_side_only(session: Session, people: People) -> None:
    case = a_case(session, people.responder, countries=("CL",), aware_at=START)

    rows = look(session, case, people, hours=-24 * 30)

    assert {row.then.regime for row in rows if row.then} >= {"EU-GDPR"}
    assert all(row.moved is None for row in rows if row.now is None or row.then is None)


@pytest.mark.parametrize(("asked", "field"), [({"hours": 10}, "aware_at"), ({"proposal": "XX"}, "proposal")])
def test_what_cannot_be_is_refused(session: Session, people: People, asked: dict[str, object], field: str) -> None:
    case = a_case(session, people.responder)

    with pytest.raises(Refused) as refused:
        look(session, case, people, **asked)  # type: ignore[arg-type]  # named by the test

    assert list(refused.value.problems) == [field]
