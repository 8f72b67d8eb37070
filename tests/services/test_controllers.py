"""A processor tells its controllers (GDPR Art 33(2)): list, text, four eyes, sending, receipts, the duty."""


import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.adapters.sheets import SheetFiles
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.controllers import ControllerReceipt
from incident_app.models.obligations import Obligation, of_case
from incident_app.models.recipients import Recipient
from incident_app.services import controllers, deliveries, notices, trust
from tests.controllers_kit import ENVELOPE, LIST, Office
from tests.fakes import FakeClock
from tests.people import People

HARBOUR, NORDWIND, CLAIRE = "dpo@blueharbour.example", "privacy@nordwind.example", "donnees@claire.example"
NOBODYS = "a" * 32


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Office:
    return Office(session, people, clock)


def duty(desk: Office, case_id: int) -> Obligation:
    """Return the duty to tell the controllers under the GDPR."""
    return next(one for one in desk.session.scalars(of_case(case_id)) if one.recipient_type == "controller")


def test_each_controller_reads_what_is_its_own_in_its_own_language_and_nothing_of_another(desk: Office) -> None:
    notice = desk.told()

    by_address = {message.address: message for message in desk.email.sent}
    assert set(by_address) == {HARBOUR, NORDWIND, CLAIRE}
    nordwind, harbour, claire = by_address[NORDWIND], by_address[HARBOUR], by_address[CLAIRE]
    assert "Nordwind Versand" in nordwind.subject
    assert "Hallo Ines Amt," in nordwind.text or "Ines Amt" in nordwind.text
    for words in ("DPA-17", "1.204", "3.000", "Kontaktdaten, Zahlungsdaten", "Art. 33 Abs. 2 DSGVO", "dpo@example.org"):
        assert words in nordwind.text
    assert "DPA-18" in harbour.text
    assert "health data" in harbour.text
    assert "People concerned: number not known yet." in harbour.text
    assert "12" in claire.text.split("Personnes concernées")[1]
    assert "échanges avec l’assistant" in claire.text  # nothing of its own is named: the data of the case
    for own, others in ((nordwind, ("Harbour", "Claire", "DPA-18")), (harbour, ("Nordwind", "DPA-17", "Claire"))):
        assert not [word for word in others if word in own.text + own.subject + (own.html or "")]
    assert notices.get(desk.session, notice.id).state == "finished"


def test_every_link_is_another_one_and_the_only_one_and_stands_in_the_html_too(desk: Office) -> None:
    desk.told()

    codes = desk.codes()

    assert len(set(codes.values())) == 3
    for message in desk.email.sent:
        link = f"https://incident.test/receipt/{codes[message.address]}"
        assert message.text.count("https://") == 1
        assert link in (message.html or "")
    kept = desk.session.scalars(select(ControllerReceipt.code_hash)).all()
    assert not set(kept) & set(codes.values())


def test_a_list_is_taken_whole_or_not_at_all_and_every_line_says_why(desk: Office) -> None:
    case = desk.case()
    bad = LIST + "Blue Harbour Ltd,,other@blueharbour.example,en,DPA-18,1,,\n,x,y@z.example,en,,1,,\nFoo,,no-address,en,,,,\n"
    bad += "Bar,,bar@bar.example,en,,some,,\nshort,line\n"

    with pytest.raises(Refused, match="Nothing was taken over") as refused:
        desk.customers(case, bad)

    words = refused.value.problems["file"]
    assert "Line 5: the same organisation and contract as line 3" in words
    assert "Line 6: organisation is missing" in words
    assert "Line 7: email is not an email address" in words
    assert "Line 8: people is not a whole number" in words
    assert "Line 9 has 2 cells, the first line has 8" in words
    assert "blueharbour" not in words
    assert desk.session.scalar(select(Recipient.id)) is None


def test_a_file_that_cannot_be_read_or_is_too_large_is_refused(desk: Office) -> None:
    case, sheets = desk.case(), SheetFiles()

    def upload(content: bytes) -> None:
        controllers.import_controllers(desk.session, case.id, "x.csv", content, by=desk.people.responder, now=desk.now,
                                       vault=desk.vault, sheets=sheets)

    with pytest.raises(Refused, match="not UTF-8"):
        upload("organisation,email\nMüller,a@b.example\n".encode("latin-1"))
    with pytest.raises(Refused, match="too large"):
        upload(b"x" * (4 * 2**20 + 1))
    with pytest.raises(Forbidden):
        controllers.import_controllers(desk.session, case.id, "x.csv", LIST.encode(), by=desk.people.auditor, now=desk.now,
                                       vault=desk.vault, sheets=sheets)


def test_a_spreadsheet_and_rows_of_the_interface_give_the_same_list(desk: Office) -> None:
    case = desk.case()

    class Sheet:
        """A spreadsheet whose third row is empty."""

        def rows(self, pieces: object, most: int | None = None) -> list[tuple[int, list[str]]]:
            """Return its filled rows."""
            del pieces, most
            return [(1, ["Organisation", "E-Mail"]), (2, ["Nordwind", "a@b.example"]), (4, ["Claire", "c@d.example"])]

    sheet = controllers.import_controllers(desk.session, case.id, "x.xlsx", b"PK\x03\x04", by=desk.people.responder, now=desk.now,
                                           vault=desk.vault, sheets=Sheet())  # type: ignore[arg-type]  # as little of it as is asked
    rows = controllers.import_controller_rows(
        desk.session, case.id, "api", [{"organisation": "Nordwind", "email": "a@b.example"}], by=desk.people.responder,
        now=desk.now, vault=desk.vault)

    assert (sheet.people_count, sheet.line_count, sheet.other_count, sheet.kind) == (2, 4, 2, "controllers")
    assert sheet.adds_up
    assert (rows.people_count, rows.adds_up, rows.number) == (1, True, 2)


def test_the_check_asks_for_the_parts_of_art_33_and_for_the_link(desk: Office) -> None:
    notice = desk.written()
    fresh = notices.check(desk.session, notice.id)
    assert {language: check.problems for language, check in fresh.items()} == {"en": (), "de": (), "fr": ()}
    assert [part.article for part in fresh["en"].parts] == ["33(3)(a)", "33(3)(a)", "33(3)(c)", "33(3)(d)", "33(4)", "33(1), 34",
                                                           "33(3)(b)"]

    text = notice.texts["en"]
    notices.edit(desk.session, notice.id, language="en", subject="A breach", body=text["body"].replace(
        "((receipt))", "").replace("((people))", "many").replace("((records))", "many"), version=notice.version,
        by=desk.people.responder, now=desk.now)

    blocked = " ".join(notices.check(desk.session, notice.id)["en"].problems)
    assert "put ((receipt)) in" in blocked
    assert "The controller's own data and numbers" in blocked
    with pytest.raises(Refused, match="not complete"):
        notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now, envelope=ENVELOPE)


def test_fields_of_the_other_kind_are_refused_on_saving(desk: Office) -> None:
    notice = desk.written()

    with pytest.raises(Refused) as refused:
        notices.edit(desk.session, notice.id, language="en", subject="x", body="((steps))", version=notice.version,
                     by=desk.people.responder, now=desk.now)

    assert "((steps)) is not a field" in refused.value.problems["body"]
    assert "receipt" in refused.value.problems["body"]


def test_without_an_address_of_our_own_no_notice_with_a_link_is_approved(desk: Office) -> None:
    case = desk.case()
    notice = notices.draft(desk.session, case.id, desk.customers(case).id, by=desk.people.responder, now=desk.now)

    assert any("PUBLIC_URL" in words for words in notices.check(desk.session, notice.id)["de"].problems)


def test_a_notice_keeps_to_its_kind_of_list(desk: Office) -> None:
    case = desk.case()
    to_people = notices.draft(desk.session, case.id, desk.listed(case).id, by=desk.people.responder, now=desk.now)
    customers = desk.customers(case)
    with pytest.raises(Refused) as refused:
        notices.set_list(desk.session, to_people.id, customers.id, version=to_people.version, by=desk.people.responder, now=desk.now)
    assert "Choose a list of people" in refused.value.problems["list_id"]

    notice = notices.draft(desk.session, case.id, customers.id, by=desk.people.responder, now=desk.now, envelope=ENVELOPE)
    newer = desk.customers(case, LIST.replace("1,204", "1,300"))
    moved = notices.set_list(desk.session, notice.id, newer.id, version=notice.version, by=desk.people.responder, now=desk.now)

    assert moved.list_id == newer.id
    assert moved.texts == notice.texts


def test_one_changed_number_of_one_controller_takes_the_approved_list_away(desk: Office) -> None:
    case = desk.case()
    first, second = desk.customers(case), desk.customers(case, LIST.replace("1,204", "1,205"))
    assert first.digest != second.digest

    notice = desk.agreed(desk.written(case=case))
    row = desk.session.scalar(select(Recipient).where(Recipient.list_id == notice.list_id, Recipient.number == 1))
    other = desk.session.scalar(select(Recipient).where(Recipient.list_id == second.id, Recipient.number == 1))
    assert row is not None
    assert other is not None
    desk.session.execute(update(Recipient).where(Recipient.id == row.id).values(blind=other.blind, sealed=other.sealed))
    desk.session.commit()

    with pytest.raises(Conflict, match="no longer what was approved"):
        deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now, envelope=ENVELOPE)
    assert desk.session.scalar(select(ControllerReceipt.id)) is None


def test_a_second_person_approves_it_and_the_writer_cannot(desk: Office) -> None:
    notice = desk.written()
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now, envelope=ENVELOPE)

    with pytest.raises(Forbidden):
        notices.approve(desk.session, notice.id, by=desk.people.responder, now=desk.now, envelope=ENVELOPE)


def test_what_staff_see_of_a_letter_holds_no_code_that_would_acknowledge_it(desk: Office) -> None:
    notice = desk.told()
    codes = desk.codes().values()

    seen = notices.preview(desk.session, notice.id, 2, by=desk.people.responder, vault=desk.vault, letters=desk.letters)
    got = deliveries.recall(desk.session, notice.id, 2, by=desk.people.responder, now=desk.now, vault=desk.vault,
                            letters=desk.letters, envelope=ENVELOPE)
    tried = notices.send_test(desk.session, notice.id, "en", by=desk.people.responder, now=desk.now, letters=desk.letters)

    for words in (seen.body, got.copies[0].text, tried.text):
        assert "https://incident.test/receipt/…" in words
        assert not [code for code in codes if code in words]
    assert "Blue Harbour Ltd" in seen.body
    assert "Blue Harbour" not in tried.text


def test_the_trust_page_names_no_controller(desk: Office) -> None:
    notice = desk.told()

    found = trust.check_code(desk.session, notice.code or "")

    assert found.verdict.value == "sent"
    assert found.subjects["en"].startswith("Personal data breach affecting data of …")
    assert "Nordwind" not in str(found)
