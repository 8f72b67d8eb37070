"""The score proposes, a named human decides."""

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from incident_app.domain import risk as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.obligations import DISCHARGED, EXCUSED, OWED, of_case
from incident_app.models.risk import Assessment
from incident_app.services import audit, obligations, risk
from incident_app.services.unit import writing
from tests.builders import a_case, the_law
from tests.fakes import FakeClock

ANSWERS = rules.Answers(
    classes=(rules.ClassAnswer(rules.DataClass.SENSITIVE, 0, "Health words"),), ei=Decimal("0.75"),
    confidentiality=Decimal("0.5"), integrity=Decimal(0), availability=Decimal(0), malicious=True,
)


def assessed(session: Session, case_id: int, by: Actor, clock: FakeClock) -> Assessment:
    """Score a case."""
    return risk.assess(session, case_id, ANSWERS, reasons={"ei": "Display name"}, extra=risk.Extra(), by=by,
                       now=clock.now(), law=the_law())


def test_a_score_keeps_its_figures_reasons_and_proposal(session: Session, responder: Actor, clock: FakeClock) -> None:
    case = a_case(session, responder)
    first = assessed(session, case.id, responder, clock)
    second = assessed(session, case.id, responder, clock)

    assert (first.se, first.level, first.number, second.number) == ("4", "very_high", 1, 2)
    assert first.proposal["authority"]
    assert first.proposal["people"]
    assert first.reasons
    newest = risk.latest(session, case.id)
    assert newest is not None
    assert newest.id == second.id
    assert [one.number for one in risk.history(session, case.id)] == [2, 1]


def test_duties_follow_the_decision(session: Session, responder: Actor, approver: Actor, clock: FakeClock) -> None:
    # Given a scored case
    case = a_case(session, responder)
    assessed(session, case.id, responder, clock)

    # When the approver needs facts first, nothing moves; then they decide both
    risk.decide(session, case.id, "people", risk.NEED_MORE_FACTS, "Who read it is open", by=approver, now=clock.now())
    assert case.state == "assessed"
    risk.decide(session, case.id, "authority", risk.REQUIRED, "A risk is likely", by=approver, now=clock.now())
    differing = risk.decide(session, case.id, "people", risk.NOT_REQUIRED, "All were told by phone", by=approver,
                            now=clock.now())

    # Then the duties are owed and excused, the difference is on record, and the case is decided
    states = {duty.recipient_type: duty.state for duty in session.scalars(of_case(case.id))}
    assert (states["authority"], states["data_subjects"]) == (OWED, EXCUSED)
    assert differing.differs
    assert case.state == "decided"
    assert len(risk.decisions(session, case.id)) == 3


def test_a_decision_changed_after_everybody_was_told_does_not_send_the_case_back(
    session: Session, responder: Actor, approver: Actor, clock: FakeClock
) -> None:
    # Given a decided case of which everybody has been told
    case = a_case(session, responder)
    assessed(session, case.id, responder, clock)
    for subject in ("authority", "people"):
        risk.decide(session, case.id, subject, risk.REQUIRED, "A risk is likely", by=approver, now=clock.now())
    with writing(session):
        for duty in session.scalars(of_case(case.id)):
            obligations.discharge(session, duty, at=clock.now(), how="portal", reference="1", proof_document_id=None,
                                  late_reason="", by=approver, now=clock.now())
    assert case.state == "notified"

    # When the approver decides once more, then what is done stays done
    risk.decide(session, case.id, "people", risk.NOT_REQUIRED, "It was not even needed", by=approver, now=clock.now())
    assert case.state == "notified"
    assert {duty.state for duty in session.scalars(of_case(case.id))} == {DISCHARGED}


def test_a_decision_about_a_breach_without_personal_data_moves_no_duty(
    session: Session, responder: Actor, approver: Actor, clock: FakeClock
) -> None:
    case = a_case(session, responder, people_data="no")
    assessed(session, case.id, responder, clock)

    risk.decide(session, case.id, "authority", risk.NOT_REQUIRED, "No data of people", by=approver, now=clock.now())

    assert list(session.scalars(of_case(case.id))) == []
    assert "obligation.excused" not in {entry.action for entry in audit.of_case(session, case.id)}


def test_a_decision_needs_a_reason_and_an_approver(
    session: Session, responder: Actor, approver: Actor, clock: FakeClock
) -> None:
    case = a_case(session, responder)
    with pytest.raises(Forbidden):
        risk.decide(session, case.id, "people", risk.REQUIRED, "Because it is so", by=responder, now=clock.now())
    with pytest.raises(Refused) as refused:
        risk.decide(session, case.id, "press", "perhaps", "no", by=approver, now=clock.now())
    assert set(refused.value.problems) == {"subject", "outcome", "reason"}


def test_closed_and_unknown_cases_are_not_scored(session: Session, responder: Actor, clock: FakeClock) -> None:
    case = a_case(session, responder)
    case.state = "closed"
    session.commit()

    with pytest.raises(Conflict):
        assessed(session, case.id, responder, clock)
    with pytest.raises(NotFound):
        assessed(session, 999, responder, clock)
