"""That a controller answered reaches the duty, the record and the papers: which one, when, and who it was for who may see people."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.record import words_of
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, Obligation, of_case
from incident_app.services import audit, cases, controllers, obligations, record
from incident_app.services.record import Asked
from incident_app.services.reports.contents import case_matter
from incident_app.services.reports.printing import case_pdf
from tests.builders import the_law
from tests.controllers_kit import Office
from tests.fakes import FakeClock, KeepingPdf
from tests.letters_kit import Desk
from tests.people import People

HARBOUR = "dpo@blueharbour.example"
NAMES = ("Nordwind Versand", "Blue Harbour Ltd", "Maison Claire")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Office:
    return Office(session, people, clock)


def duties(desk: Office, case: Case) -> dict[str, Obligation]:
    """Return the duties to tell the controllers of a case, by their names."""
    return {one.controller: one for one in desk.session.scalars(of_case(case.id)) if one.recipient_type == "controller"}


def answered(desk: Office) -> Case:
    """Three named controllers are told; an hour later Priya of one of them says that it arrived."""
    case = desk.case(controllers=NAMES)
    desk.told(case=case)
    desk.clock.move(hours=1)
    controllers.acknowledge(desk.session, desk.codes()[HARBOUR], "Priya Shah", now=desk.now)
    return desk.session.get_one(Case, case.id)


def matter(desk: Office, case: Case, *, masked: bool = False) -> dict[str, Any]:
    """Return what is printed for a responder, or for an auditor, who sees no people."""
    return case_matter(desk.session, case, desk.now, by=desk.people.auditor if masked else desk.people.responder)


def test_a_duty_that_ended_before_the_answer_says_afterwards_that_it_came(desk: Office) -> None:
    # Given a duty that the notice ended, when nobody had answered
    case = desk.case(controllers=NAMES)
    desk.told(case=case)
    before = {name: (one.receipt_reference, one.version) for name, one in duties(desk, case).items()}
    assert all("1 of 1 controller told, 0 acknowledged, proof " in reference for reference, _ in before.values())

    # When one of the controllers answers
    controllers.acknowledge(desk.session, desk.codes()[HARBOUR], "Priya Shah", now=desk.now)

    # Then its own duty says so, with the proof it ended with, and no other one does
    after = {name: (one.receipt_reference, one.version) for name, one in duties(desk, case).items()}
    reference, version = before["Blue Harbour Ltd"]
    assert after["Blue Harbour Ltd"] == (reference.replace("0 acknowledged", "1 acknowledged"), version + 1)
    assert {name: after[name] for name in after if name != "Blue Harbour Ltd"} == {
        name: before[name] for name in before if name != "Blue Harbour Ltd"}


def test_a_duty_to_all_of_them_counts_every_answer(desk: Office) -> None:
    case = desk.case()
    desk.told(case=case)

    for address in desk.codes():
        controllers.acknowledge(desk.session, desk.codes()[address], "Somebody", now=desk.now)

    assert "3 of 3 controllers told, 3 acknowledged, proof " in duties(desk, case)[""].receipt_reference


def test_what_a_person_wrote_when_it_was_recorded_by_hand_is_never_rewritten(desk: Office) -> None:
    # Given a duty that somebody marked as done by hand, in words like ours
    case = desk.case(controllers=("Blue Harbour Ltd",))
    duty, words = duties(desk, case)["Blue Harbour Ltd"], "Letter: told, 0 acknowledged, proof 12"
    obligations.mark_done(
        desk.session, case.id, duty.id, at=desk.now, how="notice", reference=words, late_reason="", proof_name="letter.pdf",
        proof_bytes=b"a letter", proof_type="application/pdf", by=desk.people.approver, now=desk.now, vault=desk.vault)

    # When a notice goes out besides and is answered
    desk.told(case=case)
    controllers.acknowledge(desk.session, desk.codes()[HARBOUR], "Priya Shah", now=desk.now)

    # Then the duty stands as it was written, and as handed over
    assert (duties(desk, case)["Blue Harbour Ltd"].receipt_reference, duty.state) == (words, DISCHARGED)
    assert obligations.how_words(duty) == "by written notice, handed over"


def test_what_a_provider_took_is_not_called_handed_over(desk: Office) -> None:
    case = answered(desk)

    assert {obligations.how_words(one) for one in duties(desk, case).values()} == {"by our message, which a provider took"}
    printed = {one["recipient"]: one["outcome"] for one in matter(desk, case)["duties"]}
    assert ", by our message, which a provider took, reference Notice 1: 1 of 1 controller told, 1 ack" in printed["Blue Harbour Ltd"]


def test_the_record_says_which_controller_answered_and_holds_neither_company_nor_person_in_clear(desk: Office) -> None:
    case = answered(desk)

    entry = desk.session.scalars(select(Entry).where(Entry.action == "controllers.acknowledged")).one()
    assert (entry.details["controller"], entry.details["through"]) == ("C-0002", 1)
    kept = str([one.details for one in desk.session.scalars(select(Entry).where(Entry.action.startswith("controllers.")))])
    assert "Priya" not in kept
    assert "Harbour" not in kept
    assert audit.verify(desk.session).complete

    # The company is read by whoever reads the record; the person nowhere in it
    (line,) = record.page(desk.session, Asked(action="controllers.acknowledged"), by=desk.people.auditor).lines
    assert (line.case, line.detail) == (case.ref, "notice 1 to controllers · Blue Harbour Ltd")

    # And by nobody any more once the words of the case are destroyed
    case.text_key = None
    desk.session.commit()
    (line,) = record.page(desk.session, Asked(action="controllers.acknowledged"), by=desk.people.auditor).lines
    assert "Harbour" not in line.detail


def test_the_timeline_names_company_and_person_to_who_may_see_people(desk: Office) -> None:
    case = answered(desk)
    entries = [one for one in audit.of_case(desk.session, case.id) if one.action == "controllers.acknowledged"]

    seen = cases.details_of(desk.session, case, entries, named=True)[entries[0].seq]
    masked = cases.details_of(desk.session, case, entries)[entries[0].seq]

    assert (seen["organisation"], seen["acknowledged_by"]) == ("Blue Harbour Ltd", "Priya Shah")
    assert masked["organisation"] == "Blue Harbour Ltd"
    assert "Priya" not in str(masked)


def test_the_report_of_a_case_says_that_we_are_the_processor_and_prints_every_answer(desk: Office) -> None:
    # Given three controllers, one that answered and one whose server took nothing
    desk.refuse("@claire.example")
    case = answered(desk)
    pdf = KeepingPdf()

    case_pdf(desk.session, case.id, by=desk.people.responder, now=desk.now, pdf=pdf, law=the_law())

    # Then the report says for whom we process, and where each of them stands
    assert dict(pdf.content["facts"])["Our part in it"] == f"processor (Art 28); controllers: {', '.join(NAMES)}"
    (sent,) = pdf.content["deliveries"]
    assert sent["acknowledged"] == "1 of 3 acknowledged that it arrived"
    stands = {one["organisation"]: (one["contract"], one["stand"]) for one in sent["receipts"]}
    assert stands["Nordwind Versand"] == ("DPA-17", "a provider took the message; has not answered")
    assert stands["Blue Harbour Ltd"][1].startswith("acknowledged ")
    assert stands["Blue Harbour Ltd"][1].endswith(" by Priya Shah through notice 1")
    assert stands["Maison Claire"][1].startswith("not reached: ")
    told = next(one for one in pdf.content["timeline"] if one["words"] == words_of("controllers.acknowledged"))
    assert told["reason"] == "notice 1 to controllers · Blue Harbour Ltd · Priya Shah"


def test_who_sees_no_people_reads_in_the_report_which_company_answered_and_not_who(desk: Office) -> None:
    case = answered(desk)

    printed = matter(desk, case, masked=True)

    assert "Blue Harbour Ltd" in str(printed["deliveries"])
    assert "Priya" not in str(printed)


def test_a_case_of_our_own_says_that_we_are_the_controller_and_has_no_receipts(
    session: Session, people: People, clock: FakeClock,
) -> None:
    desk, pdf = Desk(session, people, clock), KeepingPdf()
    notice = desk.launched()

    case_pdf(desk.session, notice.case_id, by=desk.people.responder, now=desk.now, pdf=pdf, law=the_law())

    assert dict(pdf.content["facts"])["Our part in it"] == "controller"
    assert all("receipts" not in one for one in pdf.content["deliveries"])


def test_a_long_list_is_printed_up_to_a_limit_that_says_so(desk: Office) -> None:
    lines = "".join(f"Customer {number},customer{number}@example.org\n" for number in range(401))
    case = desk.case()
    desk.told(f"organisation,email\n{lines}", case)

    (sent,) = matter(desk, case)["deliveries"]

    assert sent["acknowledged"] == ("0 of 401 acknowledged that it arrived; the first 400 follow, the others stand in the file of "
                                    "receipts")
    assert len(sent["receipts"]) == 400
