"""What controllers say of a notice (GDPR Art 33(2)): receipts, the duty that ends with them, updates and reminders."""

import zipfile
from datetime import date, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.notices import ChannelPlan, Text
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.controllers import receipts_of
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, OWED, Obligation, of_case
from incident_app.models.recipients import Recipient
from incident_app.services import bundles, controllers, deliveries
from incident_app.services.controllers import Stand
from incident_app.services.filings import telling
from incident_app.services.notices.looking import texts_of
from incident_app.services.reports import proving
from tests.builders import the_forms, the_law
from tests.controllers_kit import ENVELOPE, LIST, Office
from tests.fakes import FakeClock, FakePdf
from tests.people import People

HARBOUR, NORDWIND, CLAIRE = "dpo@blueharbour.example", "privacy@nordwind.example", "donnees@claire.example"
NOBODYS = "a" * 32


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Office:
    return Office(session, people, clock)


def duty(desk: Office, case_id: int) -> Obligation:
    """Return the duty to tell the controllers under the GDPR."""
    return next(one for one in desk.session.scalars(of_case(case_id)) if one.recipient_type == "controller")


# ------------------------------------------------------------------------------------------------------------ receipts


def test_a_controller_acknowledges_once_and_the_second_answer_changes_nothing(desk: Office) -> None:
    notice = desk.told()
    code = desk.codes()[HARBOUR]
    assert controllers.page_of(desk.session, code, now=desk.now).stand is Stand.OPEN

    # When two people there answer, one after the other
    desk.clock.move(hours=2)
    first = controllers.acknowledge(desk.session, code, "  Priya\tShah,\nDPO ", now=desk.now)
    desk.clock.move(hours=1)
    again = controllers.acknowledge(desk.session, code, "Somebody else", now=desk.now)

    # Then the first one stands, and no page says who it was
    assert (first.stand, first.first, again.stand, again.first) == (Stand.GIVEN, True, Stand.GIVEN, False)
    assert first.at == again.at
    receipt = desk.session.scalars(receipts_of(notice.id)).all()[1]
    assert (receipt.by, receipt.organisation) == ("Priya Shah, DPO", "Blue Harbour Ltd")
    entries = desk.session.scalars(select(Entry).where(Entry.action == "controllers.acknowledged")).all()
    assert [(entry.details["controller"], entry.details["through"]) for entry in entries] == [("C-0002", 1)]
    assert "Priya" not in str([entry.details for entry in desk.session.scalars(select(Entry))])


def test_looking_at_the_page_acknowledges_nothing(desk: Office) -> None:
    notice = desk.told()

    for code in desk.codes().values():
        controllers.page_of(desk.session, code, now=desk.now)

    assert controllers.summary(desk.session, notice, hours=0, now=desk.now).acknowledged == 0


@pytest.mark.parametrize("typed", [NOBODYS, "", "x" * 5000, "../../etc", "%00", "' or 1=1 --", "A" * 32])
def test_a_code_that_is_nobodys_says_nothing_and_records_nothing(desk: Office, typed: str) -> None:
    desk.told()

    with pytest.raises(NotFound):
        controllers.page_of(desk.session, typed, now=desk.now)
    with pytest.raises(NotFound):
        controllers.acknowledge(desk.session, typed, "Mallory", now=desk.now)

    assert not desk.session.scalars(select(Entry).where(Entry.action == "controllers.acknowledged")).all()


def test_a_code_with_one_sign_changed_is_nobodys_and_capitals_are_the_same_code(desk: Office) -> None:
    desk.told()
    code = desk.codes()[HARBOUR]
    tampered = ("b" if code[0] == "a" else "a") + code[1:]

    with pytest.raises(NotFound):
        controllers.acknowledge(desk.session, tampered, "Mallory", now=desk.now)
    assert controllers.acknowledge(desk.session, code.upper(), "Priya", now=desk.now).first


def test_a_code_speaks_for_its_own_controller_alone(desk: Office) -> None:
    notice = desk.told()
    other = desk.told()  # another case, the same three organisations

    controllers.acknowledge(desk.session, desk.codes()[HARBOUR], "Priya", now=desk.now)  # of the newer notice

    assert [line.state for line in controllers.lines(desk.session, other, by=desk.people.responder)] == [
        "sent", "acknowledged", "sent"]
    assert controllers.summary(desk.session, notice, hours=0, now=desk.now).acknowledged == 0


def test_a_link_ends_after_a_year_and_with_the_texts_of_the_case(desk: Office) -> None:
    notice = desk.told()
    codes = desk.codes()
    controllers.acknowledge(desk.session, codes[CLAIRE], "Luc", now=desk.now)

    desk.clock.move(days=365)
    assert controllers.acknowledge(desk.session, codes[HARBOUR], "Priya", now=desk.now).stand is Stand.OVER
    assert controllers.page_of(desk.session, codes[CLAIRE], now=desk.now).stand is Stand.GIVEN

    desk.clock.move(days=-300)
    desk.session.execute(update(Case).where(Case.id == notice.case_id).values(text_key=None))
    desk.session.commit()
    assert controllers.page_of(desk.session, codes[HARBOUR], now=desk.now).stand is Stand.OVER
    assert controllers.summary(desk.session, notice, hours=0, now=desk.now).acknowledged == 1


@pytest.mark.parametrize("name", ["", " \n\t", "x" * 121])
def test_nothing_is_recorded_without_a_name(desk: Office, name: str) -> None:
    notice = desk.told()

    with pytest.raises(Refused) as refused:
        controllers.acknowledge(desk.session, desk.codes()[HARBOUR], name, now=desk.now)

    assert refused.value.problems == {"name": "missing"}
    assert controllers.summary(desk.session, notice, hours=0, now=desk.now).acknowledged == 0


# ---------------------------------------------------------------------------------------------------------------- duty


def test_the_duty_ends_with_the_proof_when_every_controller_is_told(desk: Office) -> None:
    case = desk.case()
    assert duty(desk, case.id).state == OWED

    notice = desk.told(case=case)

    ended, proof = duty(desk, case.id), deliveries.proofs_of(desk.session, notice.id)[0]
    assert ended.state == DISCHARGED
    assert ended.receipt_reference == f"Notice 1: 3 of 3 controllers told, 0 acknowledged, proof {proof.digest[:12]}"
    assert proof.counts["receipts"] == {"asked": 3, "acknowledged": 0}


def test_who_was_not_reached_keeps_the_duty_open_until_told_by_a_corrected_address(desk: Office) -> None:
    # Given one address that does not exist
    case = desk.case()
    desk.refuse("@claire.example")
    notice = desk.told(case=case)
    assert duty(desk, case.id).state == OWED
    assert [line.state for line in controllers.lines(desk.session, notice, by=desk.people.responder)] == ["sent", "sent", "failed"]

    # When the same controller is written to at another one
    desk.told("organisation,email,contract\nMAISON  Claire,other@claire.fr.example,dpa-19\n", case)

    # Then everybody is told
    assert duty(desk, case.id).state == DISCHARGED


def test_who_says_that_it_arrived_was_told_whatever_the_mail_server_said(desk: Office) -> None:
    case = desk.case()
    desk.refuse("@claire.example")
    notice = desk.told(case=case)
    code = desk.codes()[CLAIRE]

    controllers.acknowledge(desk.session, code, "Luc", now=desk.now)

    assert duty(desk, case.id).state == DISCHARGED
    assert duty(desk, case.id).receipt_reference.startswith("Notice 1: 3 of 3 controllers told, 1 acknowledged")
    # And the proof sheet is written anew, with what is known now
    desk.clock.move(minutes=2)
    desk.sweep()
    assert deliveries.proofs_of(desk.session, notice.id)[0].counts["receipts"] == {"asked": 3, "acknowledged": 1}


def test_a_duty_to_one_named_controller_ends_when_that_one_is_told(desk: Office) -> None:
    case = desk.case(controllers=("Blue  harbour ltd", "Absent GmbH"))
    desk.refuse("@claire.example")

    desk.told(case=case)

    states = {one.controller: one.state for one in desk.session.scalars(of_case(case.id)) if one.recipient_type == "controller"}
    assert states == {"Blue  harbour ltd": DISCHARGED, "Absent GmbH": OWED}


def test_a_late_duty_waits_for_the_reasons_of_a_person(desk: Office) -> None:
    case = desk.case()
    desk.session.execute(update(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "controller")
                         .values(due_at=desk.now - timedelta(hours=1)))
    desk.session.commit()

    desk.told(case=case)

    assert duty(desk, case.id).state == OWED


# ----------------------------------------------------------------------------------------------- updates and reminders


def test_an_update_goes_to_the_same_controllers_and_says_what_it_carries_on(desk: Office) -> None:
    first = desk.told()
    desk.clock.move(days=1)

    update_ = controllers.carry_on(desk.session, first.id, again_on=date(2026, 12, 24), by=desk.people.responder, now=desk.now,
                                   envelope=ENVELOPE)
    assert (update_.list_id, update_.follows_id, update_.is_reminder) == (first.list_id, first.id, False)
    texts = texts_of(update_)
    assert texts["en"].subject.startswith("Update: Personal data breach")
    assert f"with the code {(first.code or '')[:4]}-" in texts["en"].body
    assert "24 December 2026" in texts["en"].body
    sent = desk.out(update_)

    assert sent.state == "finished"
    assert len(desk.email.sent) == 6


def test_only_who_says_nothing_is_reminded_and_either_link_answers_for_both(desk: Office) -> None:
    # Given three controllers told, one of whom answered
    first = desk.told()
    codes = desk.codes()
    controllers.acknowledge(desk.session, codes[HARBOUR], "Priya", now=desk.now)
    with pytest.raises(Refused, match="Nobody is left"):
        controllers.remind(desk.session, first.id, 24, by=desk.people.responder, now=desk.now, vault=desk.vault)
    desk.clock.move(hours=25)
    assert controllers.summary(desk.session, first, hours=24, now=desk.now).silent == 2

    # When the others are reminded, by a notice that a second person approves
    reminder = controllers.remind(desk.session, first.id, 24, by=desk.people.responder, now=desk.now, vault=desk.vault,
                                  envelope=ENVELOPE)
    assert texts_of(reminder)["fr"].subject.startswith("Rappel : ")
    desk.email.sent.clear()
    sent = desk.out(reminder)
    assert {message.address for message in desk.email.sent} == {NORDWIND, CLAIRE}

    # Then the link of the reminder answers for the notice, and the old one for the reminder
    controllers.acknowledge(desk.session, desk.codes()[NORDWIND], "Ines", now=desk.now)
    controllers.acknowledge(desk.session, codes[CLAIRE], "Luc", now=desk.now)
    for notice in (first, sent):
        assert {line.state for line in controllers.lines(desk.session, notice, by=desk.people.responder)} == {"acknowledged"}
    through = [line.through for line in controllers.lines(desk.session, first, by=desk.people.responder)]
    assert through == [2, 1, 1]

    # And nobody is left; a reminder of the reminder asks about the notice itself
    with pytest.raises(Refused, match="Nobody is left"):
        controllers.remind(desk.session, sent.id, 0, by=desk.people.responder, now=desk.now, vault=desk.vault)


def test_only_a_sent_notice_to_controllers_is_followed(desk: Office) -> None:
    draft, to_people = desk.written(), desk.launched()

    for notice in (draft, to_people):
        with pytest.raises(Conflict, match="can be followed"):
            controllers.carry_on(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    with pytest.raises(Refused) as refused:
        controllers.remind(desk.session, draft.id, -1, by=desk.people.responder, now=desk.now, vault=desk.vault)
    assert "hours" in refused.value.problems


def test_once_the_key_of_the_contacts_is_gone_nobody_is_reminded_and_nothing_is_launched(desk: Office) -> None:
    sent, ready = desk.told(), desk.agreed(desk.written())
    desk.session.execute(update(Recipient).values(sealed=b"changed"))
    desk.session.commit()

    with pytest.raises(Conflict, match="cannot be opened"):
        controllers.remind(desk.session, sent.id, 0, by=desk.people.responder, now=desk.now, vault=desk.vault)
    with pytest.raises(Conflict, match="cannot be opened"):
        deliveries.launch(desk.session, ready.id, typed_count=3, by=desk.people.responder, now=desk.now, envelope=ENVELOPE)
    assert desk.session.get_one(Notice, ready.id).state == "approved"


# ------------------------------------------------------------------------------------------------------------- showing


def test_the_numbers_add_up_and_names_are_for_who_may_see_people(desk: Office) -> None:
    notice = desk.told(LIST + '=cmd(),"Eve, X",eve@evil.example,en,C4,1,1,\n')
    controllers.acknowledge(desk.session, desk.codes()["eve@evil.example"], "=Eve", now=desk.now)

    found = controllers.summary(desk.session, notice, hours=0, now=desk.now)
    assert found.total == 4 == found.acknowledged + found.delivered + found.sent + found.waiting + found.not_reached
    seen = controllers.lines(desk.session, notice, by=desk.people.responder, after=3, limit=1)[0]
    masked = controllers.lines(desk.session, notice, by=desk.people.auditor, after=3, limit=1)[0]
    assert (seen.organisation, seen.by, seen.label) == ("=cmd()", "=Eve", "C-0004")
    assert (masked.organisation, masked.contract, masked.by, masked.state) == ("", "", "", "acknowledged")

    rows = list(controllers.exported(desk.session, notice, by=desk.people.responder, now=desk.now))
    assert rows[0][:2] == ("controller", "organisation")
    assert rows[4][1] == "'=cmd()"
    assert rows[4][7] == "'=Eve"
    assert "@" not in str(rows)
    with pytest.raises(Forbidden):
        controllers.exported(desk.session, notice, by=desk.people.auditor, now=desk.now)


def test_a_stopped_or_waiting_one_is_called_so(desk: Office) -> None:
    notice = desk.agreed(desk.written())
    deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now, envelope=ENVELOPE)
    assert {line.state for line in controllers.lines(desk.session, notice, by=desk.people.responder)} == {"waiting"}

    deliveries.cancel(desk.session, notice.id, "Sent to the wrong list.", by=desk.people.responder, now=desk.now)
    desk.sweep()

    assert {line.state for line in controllers.lines(desk.session, notice, by=desk.people.responder)} == {"stopped"}
    assert controllers.summary(desk.session, notice, hours=0, now=desk.now).not_reached == 3
    assert ChannelPlan.from_json(notice.plan).order == ("email",)
    assert Text(**notice.texts["en"]).subject


def test_who_answers_while_others_still_wait_is_recorded_and_the_duty_waits_for_the_proof(desk: Office) -> None:
    # Given a notice of which one message has gone out
    case = desk.case()
    notice = desk.agreed(desk.written(case=case))
    deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now, envelope=ENVELOPE)
    desk.send()

    # When that controller answers before anything is proved
    controllers.acknowledge(desk.session, desk.codes()[HARBOUR], "Priya", now=desk.now)
    assert duty(desk, case.id).state == OWED

    # Then the duty ends with the proof
    desk.send_all()
    assert duty(desk, case.id).state == DISCHARGED
    assert "1 acknowledged" in duty(desk, case.id).receipt_reference


def test_the_bundle_and_the_proof_sheet_hold_the_receipts(desk: Office) -> None:
    notice = desk.told()
    draft = desk.written(case=desk.session.get_one(Case, notice.case_id))
    controllers.acknowledge(desk.session, desk.codes()[HARBOUR], 'Priya "P" Shah', now=desk.now)
    tools = bundles.Tools(desk.vault, FakePdf(), the_law(), the_forms(), "https://incident.test/", None)

    def taken(by: Actor) -> dict[str, str]:
        made = bundles.make(desk.session, notice.case_id, by=by, now=desk.now, tools=tools)
        with zipfile.ZipFile(BytesIO(b"".join(bundles.zipped(made)))) as file:
            return {name: file.read(name).decode() for name in file.namelist() if name.endswith("receipts.csv")}

    # When an approver takes it, and an auditor
    whole, masked = taken(desk.people.approver), taken(desk.people.auditor)

    # Then who answered stands in the one, and that somebody did in both
    assert list(whole) == list(masked) == ["notices/notice-1-receipts.csv"]
    assert draft.number == 2
    assert '"Blue Harbour Ltd","DPA-18","acknowledged"' in whole["notices/notice-1-receipts.csv"]
    assert '"Priya ""P"" Shah"' in whole["notices/notice-1-receipts.csv"]
    assert "Harbour" not in str(masked)
    assert '"acknowledged"' in str(masked)
    matter = proving.proof_matter(desk.session, desk.session.get_one(Notice, notice.id), desk.now)
    assert (matter["receipts"], matter["whom"], matter["article"]) == ({"asked": 3, "acknowledged": 0}, "controllers", "Art. 33(2)")


def test_what_is_filed_and_registered_about_people_counts_no_controllers(desk: Office) -> None:
    notice = desk.told()

    assert telling.told_people(desk.session, notice.case_id) is None
