"""Draft from the case, keep what was typed, approve by a second person."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.cases import Count
from incident_app.domain.filings import from_json
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.obligations import Obligation
from incident_app.models.reports import Document
from incident_app.services import cases, documents, filings, saying
from tests.builders import not_told, the_forms, the_law, the_world
from tests.fakes import START, FakePdf, FakeVault
from tests.people import People
from tests.services.filing_steps import (
    SOON,
    a_draft,
    all_answered,
    an_approved_filing,
    an_asked_filing,
    an_owed_case,
    duty_of,
    submit,
)
from tests.services.paper_steps import make


def save(session: Session, filing: Filing, by: Actor, **values: object) -> Filing:
    answers = {name: {"value": value} for name, value in values.items()}
    return filings.save(session, filing.id, answers, version=filing.version, by=by, now=SOON, forms=the_forms())


def test_a_draft_fills_itself_from_the_case(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    answers = from_json(filing.answers)
    assert answers["people_count"].value == Count.about(10_000).to_json()
    assert answers["nature"].value == ["confidentiality"]
    assert answers["data_kinds"].value == ["basic", "communication"]
    assert answers["dpo_name"].value == "Dana Dataprotection"
    assert answers["dpo_contact"].value == "dpo@example.org\n+49 30 5550100"
    assert answers["others"].value == "Example Cloud (processor, hosting)"
    assert answers["risk_outcome"].value == "high_risk"
    assert answers["told"].value == "will_be"
    assert answers["people_countries"].value == ["DE", "FR"]


def test_an_unknown_number_is_to_be_determined_and_never_zero(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    answer = from_json(filing.answers)["records_count"]

    assert (answer.value, answer.not_yet_known) == (None, True)


def test_drafting_twice_gives_the_same_draft(session: Session, people: People) -> None:
    case = an_owed_case(session, people)

    assert a_draft(session, people, case).id == a_draft(session, people, case).id
    assert len(filings.of_case(session, case.id)) == 1


def test_a_duty_that_is_not_owed_gets_no_filing(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    not_told(session, case.id, "authority", "The copy was encrypted.", people.approver, people.second_approver, SOON)

    with pytest.raises(Refused, match="need not be told: The copy was encrypted"):
        a_draft(session, people, case)


def test_only_duties_to_authorities_get_a_filing(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    other = session.scalars(
        select(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "data_subjects")
    ).first()
    assert other is not None

    for wrong in (other.id, 9999):
        with pytest.raises(NotFound):
            filings.draft(session, wrong, by=people.responder, now=SOON, forms=the_forms(), law=the_law())


def test_the_first_filing_comes_first(session: Session, people: People) -> None:
    case = an_owed_case(session, people)

    for phase in ("follow_up", "odd"):
        with pytest.raises(Refused):
            filings.draft(session, duty_of(session, case).id, by=people.responder, now=SOON, forms=the_forms(),
                          law=the_law(), phase=phase)


def test_facts_that_hold_contacts_of_people_are_left_to_a_human(session: Session, people: People) -> None:
    case = an_owed_case(session, people, summary="victim@example.net wrote to us")

    answers = from_json(a_draft(session, people, case).answers)

    assert "what_happened" not in answers


def test_answers_typed_by_hand_are_kept_and_marked_as_typed(session: Session, people: People) -> None:
    filing = save(session, a_draft(session, people), people.responder, systems="Storage in Frankfurt", cause="A debug export was left in open storage.")

    answers = from_json(filing.answers)
    assert answers["systems"].source == "typed"
    assert answers["cause"].source == "case"
    assert filing.version == 2
    assert filing.editor_ids == [people.responder.id]


def test_a_stale_form_saves_nothing(session: Session, people: People) -> None:
    filing = a_draft(session, people)
    save(session, filing, people.responder, systems="Storage in Frankfurt")

    with pytest.raises(Conflict, match="Somebody changed"):
        filings.save(session, filing.id, {"systems": {"value": "other"}}, version=1, by=people.responder, now=SOON,
                     forms=the_forms())

    assert from_json(session.get_one(Filing, filing.id).answers)["systems"].value == "Storage in Frankfurt"


def test_saving_what_is_already_there_changes_nothing(session: Session, people: People) -> None:
    filing = save(session, a_draft(session, people), people.responder, systems="x")

    assert save(session, filing, people.responder, systems="x").version == 2


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"odd": {"value": "x"}}, "odd"),
        ({"dpo_name": {"not_yet_known": True}}, "dpo_name"),
        ({"discovery": {"value": "odd"}}, "discovery"),
        ({"systems": {"value": "a list: eve@example.net"}}, "systems"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_by_field(
    session: Session, people: People, answers: dict[str, dict[str, object]], field: str
) -> None:
    filing = a_draft(session, people)

    with pytest.raises(Refused) as refused:
        filings.save(session, filing.id, answers | {"other_bodies": {"value": "None."}}, version=1, by=people.responder,
                     now=SOON, forms=the_forms())

    assert field in refused.value.problems
    assert "other_bodies" not in session.get_one(Filing, filing.id).answers


def test_the_officers_own_address_may_stand_anywhere(session: Session, people: People) -> None:
    filing = save(session, a_draft(session, people), people.responder, people_words="Ask dpo@example.org.")

    assert from_json(filing.answers)["people_words"].value == "Ask dpo@example.org."


def change_case(session: Session, case: Case, everybody: People, **facts: object) -> None:
    known = cases.facts_of(session.get_one(Case, case.id))
    plain = {name: getattr(known, name) for name in known.__slots__} | facts
    cases.edit(session, case.id, cases.Facts(**plain), version=session.get_one(Case, case.id).version,
               by=everybody.responder, now=SOON, world=the_world())


def test_use_takes_from_the_case_again_but_leaves_what_was_typed(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    filing = save(session, a_draft(session, people, case), people.responder, cause="Typed by hand")
    change_case(session, case, people, cause="Another cause", people=Count.exact(9_998))

    page = filings.page(session, filing, now=SOON, forms=the_forms(), law=the_law())
    assert (page.offers, page.untyped_offers) == (2, 1)
    filing = filings.use(session, filing.id, None, version=filing.version, by=people.responder, now=SOON,
                         forms=the_forms(), law=the_law())

    answers = from_json(filing.answers)
    assert answers["cause"].value == "Typed by hand"
    assert answers["people_count"].value == Count.exact(9_998).to_json()


def test_an_answer_emptied_by_hand_is_filled_again_by_use(session: Session, people: People) -> None:
    filing = save(session, a_draft(session, people), people.responder, cause="")

    page = filings.page(session, filing, now=SOON, forms=the_forms(), law=the_law())
    filing = filings.use(session, filing.id, None, version=filing.version, by=people.responder, now=SOON,
                         forms=the_forms(), law=the_law())

    assert (page.offers, page.untyped_offers) == (1, 1)
    assert from_json(filing.answers)["cause"].source == "case"


def test_use_of_one_field_takes_it_even_where_it_was_typed(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    filing = save(session, a_draft(session, people, case), people.responder, cause="Typed by hand")

    filing = filings.use(session, filing.id, ["cause"], version=filing.version, by=people.responder, now=SOON,
                         forms=the_forms(), law=the_law())

    assert from_json(filing.answers)["cause"].source == "case"


def test_use_of_what_the_case_does_not_say_is_refused(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    for name in ("systems", "odd"):
        with pytest.raises(Refused) as refused:
            filings.use(session, filing.id, [name], version=1, by=people.responder, now=SOON, forms=the_forms(),
                        law=the_law())
        assert name in refused.value.problems


def test_approval_is_not_asked_while_questions_are_open(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    with pytest.raises(Refused) as refused:
        filings.ask_approval(session, filing.id, version=1, by=people.responder, now=SOON, forms=the_forms())

    assert "Art. 33(3)(c)" in refused.value.problems["consequences"]
    assert "people_count" not in refused.value.problems


def test_what_is_not_yet_known_does_not_hold_a_first_filing_up(session: Session, people: People) -> None:
    filing = an_asked_filing(session, people)

    page = filings.page(session, filing, now=SOON, forms=the_forms(), law=the_law())
    assert filing.state == "in_review"
    assert not page.coverage.complete
    assert all(gap.waits for gap in page.gaps)


def test_a_second_person_approves_and_the_pdf_is_kept(session: Session, people: People) -> None:
    vault = FakeVault()

    filing = an_approved_filing(session, people, vault)

    assert (filing.state, filing.approved_hash) == ("approved", filing.content_hash)
    document = session.get_one(Document, filing.pdf_document_id)
    assert (document.kind, document.media_type) == ("pdf", "application/pdf")
    _, content = documents.read(session, filing.case_id, document.public_id, by=people.auditor, now=SOON, vault=vault)
    assert content.startswith(b"%PDF-fake filing.html")


def test_without_a_printer_an_approval_counts_all_the_same(session: Session, people: People) -> None:
    filing = an_approved_filing(session, people, FakeVault(), FakePdf(missing="Install Pango."))

    assert filing.state == "approved"
    assert filing.pdf_document_id is None
    entry = session.scalars(select(Entry).where(Entry.action == "filing.not_printed")).one()
    assert saying.opened(session, [entry])[entry.seq]["reason"] == "Install Pango."


@pytest.mark.parametrize("wrote", ["drafted", "edited"])
def test_an_author_cannot_approve_their_own_filing(session: Session, people: People, wrote: str) -> None:
    case = an_owed_case(session, people)
    author = people.approver if wrote == "drafted" else people.responder
    filing = filings.draft(session, duty_of(session, case).id, by=author, now=SOON, forms=the_forms(), law=the_law())
    filing = filings.save(session, filing.id, all_answered(filing), version=filing.version, by=people.approver,
                          now=SOON, forms=the_forms())
    filing = filings.ask_approval(session, filing.id, version=filing.version, by=people.responder, now=SOON,
                                  forms=the_forms())

    with pytest.raises(Forbidden, match="second person"):
        filings.approve(session, filing.id, version=filing.version, by=people.approver, now=SOON, forms=the_forms(),
                        vault=FakeVault())
    filings.approve(session, filing.id, version=filing.version, by=people.second_approver, now=SOON,
                    forms=the_forms(), vault=FakeVault())


def test_an_edit_voids_the_approval(session: Session, people: People) -> None:
    filing = an_approved_filing(session, people, FakeVault())

    filing = save(session, filing, people.responder, systems="Another storage")

    assert (filing.state, filing.approved_hash, filing.pdf_document_id) == ("draft", None, None)
    entry = session.scalars(select(Entry).where(Entry.action == "filing.edited").order_by(Entry.seq.desc())).first()
    assert entry is not None
    assert entry.details["approval_voided"]


def test_a_filing_edited_while_it_was_printed_keeps_no_pdf(session: Session, people: People) -> None:
    filing, vault = an_asked_filing(session, people), FakeVault()

    class SlowPrinter(FakePdf):
        """While it prints, somebody else edits."""

        def write(self, *args: object, **more: object) -> bytes:
            save(session, session.get_one(Filing, filing.id), people.responder, systems="Another storage")
            return b"%PDF"

    filings.approve(session, filing.id, version=filing.version, by=people.approver, now=SOON, forms=the_forms(), vault=vault)
    make(session, vault, SlowPrinter(), now=SOON)

    assert session.get_one(Filing, filing.id).pdf_document_id is None
    assert documents.of_case(session, filing.case_id) == []


def test_a_filing_is_sent_back_with_a_reason(session: Session, people: People) -> None:
    filing = an_asked_filing(session, people)

    with pytest.raises(Refused):
        filings.send_back(session, filing.id, " ", version=filing.version, by=people.approver, now=SOON)
    filing = filings.send_back(session, filing.id, "Say which storage.", version=filing.version, by=people.approver,
                               now=SOON)

    assert (filing.state, filing.sent_back_reason) == ("draft", "Say which storage.")
    with pytest.raises(Conflict, match="is draft"):
        filings.send_back(session, filing.id, "Say it once more.", version=filing.version, by=people.approver, now=SOON)


def test_when_awareness_moves_the_filing_follows_to_the_new_duty(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    filing = a_draft(session, people, case)
    before = filing.obligation_id
    cases.set_awareness(session, case.id, START - timedelta(hours=1), zone=case.zone, source="log", reason="Earlier hint",
                        version=session.get_one(Case, case.id).version, by=people.approver, now=SOON, world=the_world())

    filing = save(session, filing, people.responder, systems="Storage")

    assert filing.obligation_id != before
    assert filing.obligation_id == duty_of(session, case).id


def test_a_late_filing_must_say_why(session: Session, people: People) -> None:
    filing = a_draft(session, people)
    late = START + timedelta(hours=80)

    page = filings.page(session, filing, now=late, forms=the_forms(), law=the_law())

    assert page.late
    assert "late_reasons" in {gap.field_id for gap in page.gaps}
    assert "late_reasons" not in {
        gap.field_id for gap in filings.page(session, filing, now=SOON, forms=the_forms(), law=the_law()).gaps
    }


def test_a_closed_case_keeps_its_filings_as_they_are(session: Session, people: People) -> None:
    filing = a_draft(session, people)
    session.get_one(Case, filing.case_id).state = "closed"
    session.commit()

    with pytest.raises(Conflict, match="closed"):
        save(session, filing, people.responder, systems="x")
    with pytest.raises(Conflict, match="closed"):
        a_draft(session, people, session.get_one(Case, filing.case_id))


def test_a_filing_nobody_knows_is_not_found(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    with pytest.raises(NotFound):
        filings.find(session, filing.case_id, 7)
    with pytest.raises(NotFound):
        filings.set_phase(session, 999, "initial", version=1, by=people.responder, now=SOON, forms=the_forms())
    with pytest.raises(NotFound, match="not installed"):
        filings.page(session, filing, now=SOON, forms={}, law=the_law())


def test_the_phase_changes_only_where_it_can(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    with pytest.raises(Refused, match="Nothing was filed yet"):
        filings.set_phase(session, filing.id, "final", version=1, by=people.responder, now=SOON, forms=the_forms())
    same = filings.set_phase(session, filing.id, "initial", version=1, by=people.responder, now=SOON,
                             forms=the_forms())

    assert same.version == 1


def test_who_may_not_draft_or_approve_is_refused(session: Session, people: People) -> None:
    filing = an_asked_filing(session, people)

    with pytest.raises(Forbidden):
        save(session, filing, people.auditor, systems="x")
    with pytest.raises(Forbidden):
        filings.approve(session, filing.id, version=filing.version, by=people.responder, now=SOON, forms=the_forms(),
                        vault=FakeVault())
    with pytest.raises(Forbidden):
        submit(session, filing, People(**dict.fromkeys(People.__slots__, people.responder)), FakeVault())
