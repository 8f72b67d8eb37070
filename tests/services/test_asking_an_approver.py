"""Whoever works on a case asks an approver to close it, or to record what was filed; nothing happens before the answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.proposals import Proposal
from incident_app.models.reports import Document
from incident_app.services import cases, documents, filings, remediation
from tests.builders import a_case, the_forms, the_law
from tests.fakes import FakeCalendar, FakeVault
from tests.people import People
from tests.services.filing_steps import PROOF, SOON, an_approved_filing

WHY = "A lost laptop, encrypted; nothing is left to do."


def a_quiet_case(session: Session, people: People) -> Case:
    """A case in which nothing is open."""
    case = a_case(session, people.responder, people_data="no", kind="other")
    for action in remediation.open_actions(session, case.id):
        remediation.not_needed(session, action.id, "A false alarm.", by=people.responder, now=SOON)
    for action in remediation.open_mandatory(session, case):
        remediation.check(session, action.id, agreed=True, by=people.approver, now=SOON)
    case.state = "decided"
    session.commit()
    return case


def ask(session: Session, filing: Filing, people: People, vault: FakeVault, **more: object) -> Proposal:
    sent: dict[str, object] = {"submitted_at": SOON, "how": "portal", "reference": "CNIL-1", "proof_name": "r.pdf",
                               "proof_bytes": PROOF, "late_reason": ""} | more
    return filings.ask_submitted(session, filing.id, by=people.responder, now=SOON, vault=vault, **sent)  # type: ignore[arg-type]  # as above


def answer(session: Session, filing: Filing, asked: Proposal, people: People, *, agreed: bool, reason: str = "") -> Filing:
    return filings.answer_submitted(
        session, filing.id, asked.public_id, agreed=agreed, reason=reason, by=people.approver, now=SOON, forms=the_forms(),
        law=the_law(), calendar=FakeCalendar())


def test_a_case_is_closed_when_an_approver_agrees_to_the_reason(session: Session, people: People) -> None:
    # Given somebody who works on a case in which nothing is open, and may not close it
    case = a_quiet_case(session, people)
    with pytest.raises(Forbidden):
        cases.close(session, case.id, WHY, version=case.version, by=people.responder, now=SOON)

    # When they ask, and ask once more
    asked = cases.ask_closing(session, case.id, WHY, version=case.version, by=people.responder, now=SOON)
    with pytest.raises(Conflict, match="waits for a second person already"):
        cases.ask_closing(session, case.id, WHY, version=case.version, by=people.responder, now=SOON)

    # Then it stays open until an approver agrees
    waiting = cases.asked_closing(session, case, now=SOON)
    assert waiting is not None
    assert waiting.public_id == asked.public_id
    assert session.get_one(Case, case.id).state != "closed"
    closed = cases.answer_closing(session, case.id, asked.public_id, agreed=True, by=people.approver, now=SOON)
    assert (closed.state, closed.close_reason) == ("closed", WHY)
    assert cases.asked_closing(session, closed, now=SOON) is None
    actions = session.scalars(select(Entry.action).where(Entry.case_id == case.id).order_by(Entry.seq)).all()
    assert actions[-3:] == ["case.closing.asked", "case.closing.agreed", "case.closed"]


def test_an_approver_refuses_with_a_reason_and_the_case_stays_open(session: Session, people: People) -> None:
    case = a_quiet_case(session, people)
    asked = cases.ask_closing(session, case.id, WHY, version=case.version, by=people.responder, now=SOON)

    with pytest.raises(Refused, match="not refused"):
        cases.answer_closing(session, case.id, asked.public_id, agreed=False, by=people.approver, now=SOON)
    still = cases.answer_closing(session, case.id, asked.public_id, agreed=False, reason="The laptop was found today.",
                                 by=people.approver, now=SOON)

    assert still.state != "closed"
    assert cases.asked_closing(session, case, now=SOON) is None


def test_closing_is_not_asked_for_while_something_is_open(session: Session, people: People) -> None:
    case = a_case(session, people.responder)

    with pytest.raises(Refused, match="cannot be closed yet"):
        cases.ask_closing(session, case.id, WHY, version=case.version, by=people.responder, now=SOON)
    with pytest.raises(Forbidden):
        cases.ask_closing(session, case.id, WHY, version=case.version, by=people.auditor, now=SOON)


def test_what_was_filed_is_recorded_when_an_approver_agrees(session: Session, people: People) -> None:
    # Given an approved filing, and somebody who sent it
    vault = FakeVault()
    filing = an_approved_filing(session, people, vault)
    asked = ask(session, filing, people, vault)

    # Then the clock runs on, and the proof is kept
    found = filings.asked_submitted(session, filing, now=SOON)
    assert found is not None
    assert found.public_id == asked.public_id
    assert session.get_one(Filing, filing.id).submitted_at is None
    proof = session.get_one(Document, asked.facts["proof"])

    # And it stops when an approver agrees, at the moment it was sent
    done = answer(session, filing, asked, people, agreed=True)
    assert (done.submitted_at, done.how, done.reference, done.proof_document_id) == (SOON, "portal", "CNIL-1", proof.id)
    assert done.obligation.state == "discharged"
    assert filings.asked_submitted(session, done, now=SOON) is None


def test_what_was_not_filed_is_refused_and_the_clock_runs_on(session: Session, people: People) -> None:
    vault = FakeVault()
    filing = an_approved_filing(session, people, vault)
    with pytest.raises(Refused) as refused:
        ask(session, filing, people, vault, reference=" ", proof_bytes=b"")
    assert set(refused.value.problems) == {"reference", "proof"}
    kept = documents.count(session, filing.case_id)

    asked = ask(session, filing, people, vault)
    same = answer(session, filing, asked, people, agreed=False, reason="That is the receipt of another case.")

    assert same.submitted_at is None
    assert documents.count(session, filing.case_id) == kept + 1, "the proof stays with the case"


def test_another_version_than_was_sent_is_not_recorded(session: Session, people: People) -> None:
    # Given somebody who sent one version, and another one that was approved since
    vault = FakeVault()
    filing = an_approved_filing(session, people, vault)
    asked = ask(session, filing, people, vault)
    filings.save(session, filing.id, {"own_reference": {"value": "X-2"}}, version=filing.version, by=people.responder,
                 now=SOON, forms=the_forms())
    filings.ask_approval(session, filing.id, version=filing.version, by=people.responder, now=SOON, forms=the_forms())
    filings.approve(session, filing.id, version=filing.version, by=people.approver, now=SOON + timedelta(minutes=1),
                    forms=the_forms(), vault=vault)

    # When an approver agrees to what was sent
    with pytest.raises(Conflict, match="Another version"):
        answer(session, filing, asked, people, agreed=True)

    # Then nothing is recorded, and the request still waits
    assert session.get_one(Filing, filing.id).submitted_at is None
    assert filings.asked_submitted(session, filing, now=SOON) is not None
