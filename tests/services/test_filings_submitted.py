"""The clock stops on proof only; what was filed stays; what comes later is a follow-up."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.cases import Count
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.obligations import Obligation
from incident_app.models.reports import Document
from incident_app.services import cases, filings, saying
from tests.builders import not_told, the_forms, the_law, the_world
from tests.fakes import START, FakeCalendar, FakePdf, FakeVault
from tests.people import People
from tests.services.filing_steps import (
    PROOF,
    SOON,
    a_draft,
    all_answered,
    an_approved_filing,
    an_owed_case,
    duty_of,
    submit,
)
from tests.services.paper_steps import make

LATE = START + timedelta(hours=80)


def test_a_filing_is_submitted_with_proof_and_discharges_the_duty(session: Session, people: People) -> None:
    vault = FakeVault()
    filing = submit(session, an_approved_filing(session, people, vault), people, vault)

    duty = session.get_one(Obligation, filing.obligation_id)
    assert (filing.state, filing.late_by_seconds, filing.complete) == ("submitted", None, False)
    assert (duty.state, duty.discharged_at, duty.receipt_reference) == ("discharged", SOON, "AZ-88213")
    assert duty.case.state == "decided", "the people are still to be told"
    proof = session.get_one(Document, filing.proof_document_id)
    assert (proof.kind, proof.size, duty.proof_document_id) == ("proof", len(PROOF), proof.id)
    actions = session.scalars(select(Entry.action).order_by(Entry.seq)).all()
    assert actions[-4:] == ["document.added", "filing.submitted", "obligation.discharged", "obligation.arisen"]


def test_once_nobody_is_left_to_be_told_the_case_is_notified(session: Session, people: People) -> None:
    case, vault = an_owed_case(session, people), FakeVault()
    not_told(session, case.id, "people", "The export held no prompts.", people.approver, people.second_approver, SOON)

    submit(session, an_approved_filing(session, people, vault, case=case), people, vault)

    assert session.get_one(Case, case.id).state == "notified"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"at": SOON + timedelta(hours=1)}, "submitted_at"),
        ({"at": START - timedelta(hours=1)}, "submitted_at"),
        ({"how": "pigeon"}, "how"),
        ({"reference": " "}, "reference"),
        ({"proof_bytes": b""}, "proof"),
    ],
)
def test_without_proof_or_with_a_wrong_moment_nothing_is_recorded(
    session: Session, people: People, facts: dict[str, object], field: str
) -> None:
    vault = FakeVault()
    filing = an_approved_filing(session, people, vault)

    with pytest.raises(Refused) as refused:
        submit(session, filing, people, vault, **facts)  # type: ignore[arg-type]  # named by the test

    assert field in refused.value.problems
    assert session.get_one(Filing, filing.id).state == "approved"
    assert session.get_one(Obligation, filing.obligation_id).state == "owed"
    assert session.scalars(select(Document).where(Document.kind == "proof")).all() == []


def test_a_filing_in_the_very_minute_of_awareness_is_taken(session: Session, people: People) -> None:
    vault = FakeVault()
    filing = an_approved_filing(session, people, vault)
    filing.case.aware_at = filing.obligation.anchor_at = START + timedelta(seconds=48)
    session.commit()

    assert submit(session, filing, people, vault, at=START).state == "submitted"


def test_a_late_submission_needs_its_reasons(session: Session, people: People) -> None:
    vault = FakeVault()
    filing = an_approved_filing(session, people, vault)

    with pytest.raises(Refused) as refused:
        submit(session, filing, people, vault, at=LATE, now=LATE)
    assert "Art 33(1)" in refused.value.problems["late_reason"]

    filing = submit(session, filing, people, vault, at=LATE, now=LATE, late_reason="The portal was down.")

    duty = session.get_one(Obligation, filing.obligation_id)
    assert (filing.late_by_seconds, filing.late_reason) == (8 * 3600, "The portal was down.")
    assert (duty.late_by_seconds, duty.late_reason) == (8 * 3600, "The portal was down.")


def test_the_reasons_may_stand_in_the_filing_itself(session: Session, people: People) -> None:
    vault = FakeVault()
    filing = a_draft(session, people)
    filing = filings.save(session, filing.id, all_answered(filing, late=True), version=1, by=people.responder, now=LATE,
                          forms=the_forms())
    filing = filings.ask_approval(session, filing.id, version=2, by=people.responder, now=LATE, forms=the_forms())
    filing = filings.approve(session, filing.id, version=3, by=people.approver, now=LATE, forms=the_forms(),
                             vault=vault)

    filing = submit(session, filing, people, vault, at=LATE, now=LATE)

    assert filing.late_reason == "In words."


def test_nothing_is_submitted_before_it_is_approved(session: Session, people: People) -> None:
    with pytest.raises(Conflict, match="is draft"):
        submit(session, a_draft(session, people), people, FakeVault())


def test_a_submitted_filing_never_changes(session: Session, people: People) -> None:
    vault = FakeVault()
    filing = submit(session, an_approved_filing(session, people, vault), people, vault)

    with pytest.raises(Conflict, match="stays as the authority got it"):
        filings.save(session, filing.id, {"systems": {"value": "x"}}, version=filing.version, by=people.responder,
                     now=SOON, forms=the_forms())
    with pytest.raises(Conflict, match="stays as the authority got it"):
        submit(session, filing, people, vault)
    page = filings.page(session, filing, now=LATE, forms=the_forms(), law=the_law())
    assert not page.late
    assert page.offers == 0


def follow_up(session: Session, people: People, vault: FakeVault) -> Filing:
    case = an_owed_case(session, people)
    first = a_draft(session, people, case)
    first = filings.save(session, first.id, all_answered(first) | {"systems": {"value": "Storage in Frankfurt"}},
                         version=1, by=people.responder, now=SOON, forms=the_forms())
    first = filings.ask_approval(session, first.id, version=2, by=people.responder, now=SOON, forms=the_forms())
    first = filings.approve(session, first.id, version=3, by=people.approver, now=SOON, forms=the_forms(),
                            vault=vault)
    make(session, vault, now=SOON)
    submit(session, first, people, vault)
    known = cases.facts_of(case)
    plain = {name: getattr(known, name) for name in known.__slots__} | {"people": Count.exact(9_998)}
    cases.edit(session, case.id, cases.Facts(**plain), version=session.merge(case).version, by=people.responder, now=SOON,
               world=the_world())
    return a_draft(session, people, case)


def test_a_follow_up_starts_from_what_was_filed_and_shows_what_changed(session: Session, people: People) -> None:
    filing = follow_up(session, people, FakeVault())

    page = filings.page(session, filing, now=SOON, forms=the_forms(), law=the_law())
    views = {view.field.id: view for section in page.sections for view in section.fields}
    assert (filing.phase, filing.number) == ("follow_up", 2)
    assert views["systems"].words == "Storage in Frankfurt"
    assert views["people_count"].was == "about 10\u202f000"
    assert views["people_count"].words == "9\u202f998"
    assert views["previous_reference"].words == "AZ-88213"
    assert page.changed >= 2


def test_a_follow_up_on_a_duty_already_done_is_recorded_and_is_never_late(session: Session, people: People) -> None:
    vault = FakeVault()
    filing = follow_up(session, people, vault)
    filing = filings.ask_approval(session, filing.id, version=1, by=people.responder, now=LATE, forms=the_forms())
    filing = filings.approve(session, filing.id, version=2, by=people.approver, now=LATE, forms=the_forms(),
                             vault=vault)

    filing = submit(session, filing, people, vault, at=LATE, now=LATE, reference="AZ-88213/2")

    duty = session.get_one(Obligation, filing.obligation_id)
    assert (filing.state, filing.late_by_seconds) == ("submitted", None)
    assert duty.receipt_reference == "AZ-88213"


def test_a_final_filing_leaves_nothing_open(session: Session, people: People) -> None:
    filing = follow_up(session, people, FakeVault())
    filing = filings.set_phase(session, filing.id, "final", version=1, by=people.responder, now=SOON, forms=the_forms())

    with pytest.raises(Refused) as refused:
        filings.ask_approval(session, filing.id, version=2, by=people.responder, now=SOON, forms=the_forms())

    assert "must follow" in refused.value.problems["records_count"]


def test_a_withdrawal_asks_for_its_reason_only(session: Session, people: People) -> None:
    filing = follow_up(session, people, FakeVault())
    filing = filings.set_phase(session, filing.id, "withdraw", version=1, by=people.responder, now=SOON,
                               forms=the_forms())

    page = filings.page(session, filing, now=SOON, forms=the_forms(), law=the_law())

    assert [section.id for section in page.sections] == ["who", "withdrawal"]
    assert [gap.field_id for gap in page.gaps] == ["withdrawal_reasons"]


def test_the_first_filing_is_not_made_twice(session: Session, people: People) -> None:
    filing = follow_up(session, people, FakeVault())

    with pytest.raises(Refused, match="was made before"):
        filings.set_phase(session, filing.id, "initial", version=1, by=people.responder, now=SOON, forms=the_forms())


def test_only_an_approver_records_a_submission(session: Session, people: People) -> None:
    vault = FakeVault()
    filing = an_approved_filing(session, people, vault)

    with pytest.raises(Forbidden):
        filings.mark_submitted(session, filing.id, submitted_at=SOON, how="portal", reference="x", proof_name="x",
                               proof_bytes=b"x", by=people.responder, now=SOON, vault=vault, forms=the_forms(),
                               law=the_law(), calendar=FakeCalendar())


def test_a_printer_that_gives_up_is_recorded_and_the_approval_stands(session: Session, people: People) -> None:
    class TooLong(FakePdf):
        """Cannot print this one."""

        def write(self, *args: object, **more: object) -> bytes:
            raise Refused("The report is too long to be printed.")

    filing = an_approved_filing(session, people, FakeVault(), TooLong())

    assert (filing.state, filing.pdf_document_id) == ("approved", None)
    entry = session.scalars(select(Entry).where(Entry.action == "filing.not_printed")).one()
    assert saying.opened(session, [entry])[entry.seq]["reason"] == "The report is too long to be printed."


def test_where_no_duty_took_the_place_of_a_superseded_one_the_filing_stays_on_it(
    session: Session, people: People
) -> None:
    case = an_owed_case(session, people)
    filing = a_draft(session, people, case)
    duty = duty_of(session, case)
    duty.state = "superseded"
    session.commit()

    filing = filings.save(session, filing.id, {"systems": {"value": "x"}}, version=1, by=people.responder, now=SOON,
                          forms=the_forms())

    assert filing.obligation_id == duty.id
