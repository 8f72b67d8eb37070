"""Not telling takes two people."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import EXCUSED, OWED, UNDECIDED, Obligation, of_case
from incident_app.models.risk import Decision
from incident_app.services import documents, reports, risk, saying
from incident_app.services.reports.contents import case_matter
from tests.builders import a_case, the_law
from tests.fakes import FakeClock, FakeVault
from tests.services.test_risk import ANSWERS

REASON = "Nobody outside could read the list."


@pytest.fixture
def scored(session: Session, responder: Actor, clock: FakeClock) -> Case:
    """A scored case."""
    case = a_case(session, responder)
    risk.assess(session, case.id, ANSWERS, reasons={}, extra=risk.Extra(), by=responder, now=clock.now(), law=the_law())
    return case


def people_duty(session: Session, case: Case) -> Obligation:
    return next(duty for duty in session.scalars(of_case(case.id)) if duty.recipient_type == "data_subjects")


def quiet(session: Session, case: Case, by: Actor, clock: FakeClock, **more: str) -> Decision:
    return risk.decide(session, case.id, "people", risk.NOT_REQUIRED, REASON, by=by, now=clock.now(), **more)


def test_until_a_second_person_confirms_the_duty_stays_undecided(
    session: Session, scored: Case, approver: Actor, second_approver: Actor, clock: FakeClock
) -> None:
    # Given an approver who decides that people need not be told
    decision = quiet(session, scored, approver, clock)

    # Then it waits, and the duty is as it was
    assert (decision.waits, decision.counts, decision.standing) == (True, False, "waits for a second person")
    assert people_duty(session, scored).state == UNDECIDED
    assert risk.decided(session, scored.id) == {}
    assert risk.newest_decisions(session, scored.id)["people"].id == decision.id

    # When another one confirms it
    clock.move(minutes=5)
    risk.answer(session, scored.id, decision.id, confirmed=True, by=second_approver, now=clock.now())

    # Then the duty is excused, and says who decided and who confirmed
    duty = people_duty(session, scored)
    assert duty.state == EXCUSED
    assert duty.state_reason == f"{REASON} Decided by Ada Approver, confirmed by Sam Second."
    assert decision.standing == "confirmed"
    assert risk.decided(session, scored.id)["people"].id == decision.id


def test_sent_back_with_a_reason_it_has_no_effect(
    session: Session, scored: Case, approver: Actor, second_approver: Actor, clock: FakeClock
) -> None:
    # Given a duty that is owed, and a decision that would take it away
    risk.decide(session, scored.id, "people", risk.REQUIRED, "High risk is likely", by=approver, now=clock.now())
    decision = quiet(session, scored, approver, clock)

    # When the second person sends it back
    with pytest.raises(Refused) as refused:
        risk.answer(session, scored.id, decision.id, confirmed=False, reason="No", by=second_approver, now=clock.now())
    assert list(refused.value.problems) == ["reason"]
    risk.answer(session, scored.id, decision.id, confirmed=False, reason="The log does not say so.", by=second_approver,
                now=clock.now())

    # Then the earlier decision counts, and the duty is still owed
    assert decision.standing == "refused"
    assert people_duty(session, scored).state == OWED
    assert risk.decided(session, scored.id)["people"].outcome == risk.REQUIRED
    entry = session.scalars(select(Entry).order_by(Entry.seq.desc())).first()
    assert entry is not None
    assert (entry.action, saying.opened(session, [entry])[entry.seq]["reason"]) == ("risk.sent_back", "The log does not say so.")


def test_who_decided_does_not_confirm_and_nobody_confirms_twice(
    session: Session, scored: Case, responder: Actor, approver: Actor, second_approver: Actor, clock: FakeClock
) -> None:
    decision = quiet(session, scored, approver, clock)

    with pytest.raises(Forbidden, match="another person"):
        risk.answer(session, scored.id, decision.id, confirmed=True, by=approver, now=clock.now())
    with pytest.raises(Forbidden):
        risk.answer(session, scored.id, decision.id, confirmed=True, by=responder, now=clock.now())
    risk.answer(session, scored.id, decision.id, confirmed=True, by=second_approver, now=clock.now())
    with pytest.raises(Conflict, match="does not wait"):
        risk.answer(session, scored.id, decision.id, confirmed=True, by=second_approver, now=clock.now())


def test_another_decision_or_another_score_overtakes_what_waits(
    session: Session, scored: Case, responder: Actor, approver: Actor, second_approver: Actor, clock: FakeClock
) -> None:
    first, second = quiet(session, scored, approver, clock), quiet(session, scored, approver, clock)
    with pytest.raises(Conflict, match="Another decision"):
        risk.answer(session, scored.id, first.id, confirmed=True, by=second_approver, now=clock.now())

    risk.assess(session, scored.id, replace(ANSWERS, malicious=False), reasons={}, extra=risk.Extra(), by=responder,
                now=clock.now(), law=the_law())
    with pytest.raises(Conflict, match="scored again"):
        risk.answer(session, scored.id, second.id, confirmed=True, by=second_approver, now=clock.now())


def test_a_decision_of_another_case_is_not_there(
    session: Session, scored: Case, responder: Actor, approver: Actor, second_approver: Actor, clock: FakeClock
) -> None:
    decision, other = quiet(session, scored, approver, clock), a_case(session, responder)

    for case_id, decision_id in ((other.id, decision.id), (scored.id, 999)):
        with pytest.raises(NotFound):
            risk.answer(session, case_id, decision_id, confirmed=True, by=second_approver, now=clock.now())


def test_where_no_duty_hangs_on_it_one_person_is_enough(
    session: Session, scored: Case, approver: Actor, clock: FakeClock
) -> None:
    people_duty(session, scored).state = "discharged"
    session.commit()

    decision = quiet(session, scored, approver, clock)

    assert (decision.needs_second, decision.counts, decision.standing) == (False, True, "")


def test_a_ground_of_article_34_3_keeps_its_proof(
    session: Session, scored: Case, responder: Actor, approver: Actor, second_approver: Actor, clock: FakeClock
) -> None:
    # Given a file of the case that shows the encryption
    file = documents.add(session, scored.id, kind="evidence", name="disk.pdf", media_type="application/pdf",
                         content=b"%PDF disk", by=responder, now=clock.now(), vault=FakeVault())

    # When the ground is chosen with words and that file, and confirmed
    with pytest.raises(Refused) as refused:
        quiet(session, scored, approver, clock, exemption="unintelligible")
    assert list(refused.value.problems) == ["proof"]
    with pytest.raises(Refused) as refused:
        quiet(session, scored, approver, clock, exemption="unintelligible", proof="The disk is encrypted.", document="x")
    assert list(refused.value.problems) == ["document"]
    decision = quiet(session, scored, approver, clock, exemption="unintelligible", proof="The disk is encrypted.",
                     document=file.public_id)
    assert decision.differs
    risk.answer(session, scored.id, decision.id, confirmed=True, by=second_approver, now=clock.now())

    # Then decision and duty carry it
    assert decision.proof_document is not None
    assert decision.proof_document.name == "disk.pdf"
    assert "Art 34(3)(a): nobody could read the data. Proof: The disk is encrypted." in people_duty(
        session, scored).state_reason


def test_reports_say_how_a_decision_stands_and_the_register_counts_only_those_with_effect(
    session: Session, scored: Case, approver: Actor, second_approver: Actor, clock: FakeClock
) -> None:
    decision = quiet(session, scored, approver, clock, exemption="risk_removed", proof="All passwords were changed.")
    (row,) = reports.register(session, by=approver, now=clock.now()).rows
    (told,) = case_matter(session, scored, clock.now(), by=approver)["decisions"]
    assert row.people_sub == "not decided"
    assert told["outcome"] == "not required (waits for a second person)"
    assert "Art 34(3)(b)" in told["reason"]

    risk.answer(session, scored.id, decision.id, confirmed=True, by=second_approver, now=clock.now())
    (row,) = reports.register(session, by=approver, now=clock.now()).rows
    (told,) = case_matter(session, scored, clock.now(), by=approver)["decisions"]
    assert row.people_sub == "not needed"
    assert told["outcome"] == "not required (confirmed by Sam Second)"
