"""One duty decided by itself, done with proof, or started by a moment people recorded."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, EXCUSED, OWED, Obligation
from incident_app.models.reports import Document
from incident_app.services import closing, obligations
from tests.builders import a_case, the_law
from tests.fakes import START, FakeCalendar, FakeVault
from tests.people import People
from tests.services.duty_steps import change, duty_of, in_sector

ACTED = START + timedelta(hours=3)


def a_bank(session: Session, people: People) -> Case:
    in_sector(session, "financial")
    return a_case(session, people.responder)


def record(session: Session, case: Case, people: People, **more: object) -> None:
    facts: dict[str, object] = {"anchor": "classified_major", "at": START + timedelta(hours=1), "reason": "The board did",
                                "by": people.responder}
    facts |= more
    obligations.record_moment(session, case.id, str(facts.pop("anchor")), facts.pop("at"), now=ACTED, law=the_law(),  # type: ignore[arg-type]  # named by the test
                              calendar=FakeCalendar(), **facts)  # type: ignore[arg-type]  # named by the test


def done(session: Session, duty: Obligation, people: People, **more: object) -> Obligation:
    facts: dict[str, object] = {"at": ACTED, "how": "email", "reference": "M-1", "late_reason": "", "by": people.approver,
                                "proof_name": "mail.txt", "proof_bytes": b"sent", "proof_type": "text/plain"}
    return obligations.mark_done(session, duty.case_id, duty.id, now=ACTED, vault=FakeVault(), **(facts | more))  # type: ignore[arg-type]  # named by the test


def test_a_moment_people_know_starts_its_clock_and_a_later_version_counts(session: Session, people: People) -> None:
    case = a_bank(session, people)

    record(session, case, people)
    assert duty_of(session, case, "Art 5(1)(a)").due_at == START + timedelta(hours=5)
    record(session, case, people, at=START + timedelta(hours=2), reason="Corrected after the minutes")

    assert duty_of(session, case, "Art 5(1)(a)").due_at == START + timedelta(hours=6)
    assert [one.reason for one in obligations.moments_of(session, case.id)] == [
        "The board did", "Corrected after the minutes"]
    assert session.scalars(select(Entry).where(Entry.action == "case.moment_recorded")).all()


@pytest.mark.parametrize(("field", "value"), [
    ("anchor", "aware"), ("at", ACTED + timedelta(hours=1)), ("reason", " "),
])
def test_a_moment_that_makes_no_sense_is_refused(session: Session, people: People, field: str, value: object) -> None:
    case = a_bank(session, people)

    with pytest.raises(Refused) as refused:
        record(session, case, people, **{field: value})

    assert list(refused.value.problems) == [field]


def test_a_moment_needs_an_open_case(session: Session, people: People) -> None:
    case = a_bank(session, people)
    case.state = "closed"
    session.commit()

    with pytest.raises(Conflict):
        record(session, case, people)
    case.id = 4711
    with pytest.raises(NotFound), session.no_autoflush:
        obligations.record_moment(session, 999, "classified_major", START, reason="x", by=people.responder, now=ACTED,
                                  law=the_law(), calendar=FakeCalendar())
    session.rollback()


def test_one_duty_is_decided_by_itself_and_again(session: Session, people: People) -> None:
    case = a_bank(session, people)
    duty = duty_of(session, case, "Art 5(1)(a)")

    obligations.decide_one(session, case.id, duty.id, owed=False, reason="Not major", by=people.approver, now=ACTED)
    assert (duty.state, duty.state_reason) == (EXCUSED, "Not major")

    obligations.decide_one(session, case.id, duty.id, owed=True, reason="Major after all", by=people.approver, now=ACTED)
    assert duty.state == OWED


def test_a_decision_needs_its_reason_a_person_who_may_and_a_duty_of_the_case(session: Session, people: People) -> None:
    case = a_bank(session, people)
    duty = duty_of(session, case, "Art 5(1)(a)")

    with pytest.raises(Refused):
        obligations.decide_one(session, case.id, duty.id, owed=True, reason=" ", by=people.approver, now=ACTED)
    with pytest.raises(Forbidden):
        obligations.decide_one(session, case.id, duty.id, owed=True, reason="Major", by=people.responder, now=ACTED)
    with pytest.raises(NotFound):
        obligations.decide_one(session, case.id + 1, duty.id, owed=True, reason="Major", by=people.approver, now=ACTED)
    duty.state = DISCHARGED
    session.commit()
    with pytest.raises(Conflict):
        obligations.decide_one(session, case.id, duty.id, owed=True, reason="Major", by=people.approver, now=ACTED)


def test_what_hangs_on_the_risk_is_not_excused_by_one_person(session: Session, people: People) -> None:
    case = a_case(session, people.responder)
    duty = duty_of(session, case, "Art 33(1)")

    with pytest.raises(Refused, match="a second person confirms"):
        obligations.decide_one(session, case.id, duty.id, owed=False, reason="No risk", by=people.approver, now=ACTED)

    obligations.decide_one(session, case.id, duty.id, owed=True, reason="A risk", by=people.approver, now=ACTED)
    assert duty.state == OWED


def test_a_duty_to_a_controller_is_done_with_its_proof(session: Session, people: People) -> None:
    case = change(session, a_case(session, people.responder), people.responder, role="processor")
    duty = duty_of(session, case, "Art 33(2)")

    done(session, duty, people)

    assert (duty.state, duty.discharged_how, duty.receipt_reference) == (DISCHARGED, "email", "M-1")
    proof = session.get_one(Document, duty.proof_document_id)
    assert (proof.kind, proof.name) == ("proof", "mail.txt")
    with pytest.raises(Conflict):
        done(session, duty, people)


def test_people_may_be_told_in_public_and_nobody_else(session: Session, people: People) -> None:
    case = change(session, a_case(session, people.responder), people.responder, countries=("RU",))

    with pytest.raises(Refused) as refused:
        done(session, duty_of(session, case, "Art 34(1)"), people, how="public")
    assert list(refused.value.problems) == ["public_reason"]
    told = done(session, duty_of(session, case, "Art 34(1)"), people, how="public", public_reason="Nobody has their addresses.")
    assert (told.discharged_how, told.public_reason) == ("public", "Nobody has their addresses.")
    with pytest.raises(Refused) as refused:
        done(session, duty_of(session, case, "Art 19(12)-(13)"), people, how="public")
    assert list(refused.value.problems) == ["how"]


def test_an_authority_is_told_by_a_filing_and_the_record_is_kept_by_itself(session: Session, people: People) -> None:
    case = a_case(session, people.responder)

    for provision in ("Art 33(1)", "Art 33(5)"):
        with pytest.raises(Refused, match="is told by a filing"):
            done(session, duty_of(session, case, provision), people)


def test_without_proof_or_for_a_duty_that_is_not_owed_the_clock_goes_on(session: Session, people: People) -> None:
    case = change(session, a_case(session, people.responder), people.responder, countries=("RU",))
    duty = duty_of(session, case, "Art 19(12)-(13)")

    with pytest.raises(Refused) as refused:
        done(session, duty, people, proof_bytes=b"", how="pigeon")
    assert set(refused.value.problems) == {"proof", "how"}
    obligations.decide_one(session, case.id, duty.id, owed=False, reason="Not major", by=people.approver, now=ACTED)
    with pytest.raises(Conflict):
        done(session, duty, people)


def test_a_processor_is_not_asked_about_the_risk_before_closing(session: Session, people: People) -> None:
    case = change(session, a_case(session, people.responder), people.responder, role="processor")
    assert not any("Nobody has decided" in gap.words for gap in closing.gaps(session, case, ACTED))

    case = change(session, case, people.responder, role="controller")
    assert any("Nobody has decided" in gap.words for gap in closing.gaps(session, case, ACTED))


def test_a_duty_decided_meanwhile_is_looked_at_again(session: Session, people: People) -> None:
    # Given two approvers with the same duty before them, and one of them decides
    case = a_bank(session, people)
    duty = duty_of(session, case, "Art 5(1)(a)")
    read = duty.version
    obligations.decide_one(session, case.id, duty.id, owed=False, reason="Not major", version=read, by=people.approver, now=ACTED)

    # When the other one does
    with pytest.raises(Stale, match="decided this duty meanwhile: it is excused"):
        obligations.decide_one(session, case.id, duty.id, owed=True, reason="Major", version=read, by=people.second_approver,
                               now=ACTED)
