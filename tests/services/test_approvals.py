"""What waits for an approver: who sees it, where it leads, who hears of it, and that they hear it once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Role
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.linking import StaffNote
from incident_app.models.obligations import Obligation
from incident_app.services import approvals, audit, cases, notices, publishing, retention
from incident_app.services.deliveries import posting
from incident_app.services.unit import writing
from tests.fakes import START, FakeClock, FakeVault
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.filing_steps import SOON, an_approved_filing, an_asked_filing
from tests.services.letter_steps import sent
from tests.services.test_asking_an_approver import WHY, a_quiet_case
from tests.services.test_asking_an_approver import ask as say_filed
from tests.services.test_four_eyes import OURS, in_review

URL = "https://breaches.example"
NIGHT = START.replace(hour=23, minute=30)
MORNING = NIGHT + timedelta(hours=7, minutes=35)


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def lines(session: Session, by: Actor, now: datetime = SOON) -> list[tuple[str, str]]:
    """Return what the dashboard of somebody says, and where it leads."""
    found = approvals.waiting(session, by=by, now=now)
    return [(f"{one.ref}: {one.waits}", one.path) for one in found]


def told(session: Session) -> list[tuple[str, str, str]]:
    """Return who was written to by which channel, and the first line of it."""
    return [(note.channel, note.address, note.text.splitlines()[0]) for note in session.scalars(
        select(StaffNote).where(StaffNote.kind == "approval").order_by(StaffNote.id))]


def tell(session: Session, now: datetime) -> int:
    return approvals.tell(session, now=now, public_url=URL)


def test_a_notice_waits_for_every_approver_who_had_no_hand_in_it_until_one_has_answered(desk: Desk) -> None:
    # Given a notice that a responder put up for approval
    session, people = desk.session, desk.people
    assert lines(session, people.approver, desk.now) == []
    notice = in_review(desk)
    ref = session.get_one(Case, notice.case_id).ref
    line = (f"{ref}: notice 1 waits for your approval", f"/cases/{ref}/notices/1/approval")

    # Then both approvers have a line that leads to it, and nobody else has
    assert lines(session, people.approver, desk.now) == lines(session, people.second_approver, desk.now) == [line]
    for other in (people.responder, people.oncall_person, people.auditor, people.admin, people.reporter):
        assert lines(session, other, desk.now) == []
    both = replace(people.responder, roles=frozenset({Role.RESPONDER, Role.APPROVER}))
    assert lines(session, both, desk.now) == [], "who asked does not answer"
    assert lines(session, replace(people.approver, person_id=people.responder.person), desk.now) == [], "nor by another account"

    # And nobody has, once it was approved
    notices.approve(session, notice.id, by=people.approver, now=desk.now, envelope=OURS)
    assert lines(session, people.second_approver, desk.now) == []


def test_an_approver_who_asked_or_changed_it_is_not_told_that_it_waits_for_them(desk: Desk) -> None:
    # Given a draft of the responder that one approver changed, and the other put up for approval
    session, people = desk.session, desk.people
    notice = desk.drafted(csv_of(3))
    (language, words), *_ = notice.texts.items()
    notice = notices.edit(session, notice.id, language=language, subject=words["subject"] + " now", body=words["body"], version=notice.version,
                          by=people.approver, now=desk.now)
    notices.ask_approval(session, notice.id, by=people.second_approver, now=desk.now, envelope=OURS)

    # Then it waits for neither of them
    assert lines(session, people.approver, desk.now) == lines(session, people.second_approver, desk.now) == []
    (ask,) = approvals.of_case(session, session.get_one(Case, notice.case_id), now=desk.now)
    assert (ask.thing, ask.asked_by) == ("notice 1", people.second_approver.name)
    assert tell(session, desk.now) == 0


def test_filings_receipts_and_closings_wait_too_each_where_it_is_answered(session: Session, people: People) -> None:
    # Given a filing that was asked for, another one that somebody sent, and a case that somebody wants to close
    draft = an_asked_filing(session, people)
    vault = FakeVault()
    filed = an_approved_filing(session, people, vault)
    say_filed(session, filed, people, vault)
    quiet = a_quiet_case(session, people)
    cases.ask_closing(session, quiet.id, WHY, version=quiet.version, by=people.responder, now=SOON)

    # Then each has its line
    assert sorted(lines(session, people.approver)) == sorted([
        (f"{draft.case.ref}: filing 1 waits for your approval", f"/cases/{draft.case.ref}/filings/1"),
        (f"{filed.case.ref}: the receipt of filing 1 waits for your approval", f"/cases/{filed.case.ref}/filings/1"),
        (f"{quiet.ref}: closing the case waits for your approval", f"/cases/{quiet.ref}/close"),
    ])

    # And a day later nobody answers the requests any more; the filing waits on
    assert [words for words, _ in lines(session, people.approver, SOON + timedelta(days=1))] == [
        f"{draft.case.ref}: filing 1 waits for your approval"]


def test_who_may_not_read_a_case_does_not_hear_what_waits_in_it(session: Session, people: People) -> None:
    case = a_quiet_case(session, people)
    cases.choose_readers(session, case.id, team_id=None, restricted=True, readers={people.responder.id, people.approver.id},
                         version=case.version, by=people.responder, now=START)
    cases.ask_closing(session, case.id, WHY, version=case.version, by=people.responder, now=SOON)

    assert lines(session, people.second_approver) == []
    assert lines(session, replace(people.second_approver, opened=frozenset({case.id}))) == [], "who broke the glass only reads"
    assert [words for words, _ in lines(session, people.approver)] == [f"{case.ref}: closing the case waits for your approval"]

    # And the message to who may says no more than the number
    assert tell(session, SOON) == 1
    assert told(session) == [("email", "approver@example.org", f"{case.ref} · something waits for your approval")]
    assert people.responder.name not in session.scalars(select(StaffNote.text)).one()


def test_a_hold_of_a_closed_case_is_still_answered_and_its_notices_are_not(desk: Desk) -> None:
    session, people = desk.session, desk.people
    notice = in_review(desk)
    case = session.get_one(Case, notice.case_id)
    retention.set_hold(session, case.id, "A court asked for it.", by=people.approver, now=desk.now)
    retention.ask_lift(session, case.id, "The court has finished its work.", by=people.approver, now=desk.now)
    with writing(session):
        session.get_one(Case, case.id).state = "closed"

    assert lines(session, people.second_approver, desk.now) == [
        (f"{case.ref}: lifting the hold waits for your approval", f"/cases/{case.ref}/retention")]


def test_a_public_notice_waits_beside_the_one_to_people(desk: Desk) -> None:
    session, people = desk.session, desk.people
    case_id = in_review(desk).case_id
    ref, day = session.get_one(Case, case_id).ref, desk.now.date()
    public = publishing.draft(session, case_id, languages=["en"], first_day=day, last_day=day + timedelta(days=30),
                              by=people.responder, now=desk.now)
    publishing.ask(session, public.id, by=people.responder, now=desk.now)

    assert lines(session, people.approver, desk.now) == [
        (f"{ref}: notice 1 waits for your approval", f"/cases/{ref}/notices/1/approval"),
        (f"{ref}: public notice 1 waits for your approval", f"/cases/{ref}/public-notices/1")]


def test_letters_are_let_out_by_the_other_approver(desk: Desk) -> None:
    session, people = desk.session, desk.people
    notice = sent(desk)
    ref = session.get_one(Case, notice.case_id).ref
    posting.ask_post_export(session, notice.id, "Letters to people without email", by=people.approver, now=desk.now)

    assert lines(session, people.approver, desk.now) == []
    assert lines(session, people.second_approver, desk.now) == [
        (f"{ref}: the file of letters of notice 1 waits for your approval", f"/cases/{ref}/notices/1/delivery")]


def test_approvers_are_told_once_for_each_time_they_are_asked(desk: Desk) -> None:
    # Given an approver with a chat, and one without
    session, people = desk.session, desk.people
    with writing(session):
        session.get_one(User, people.approver.id).telegram_chat_id = "7007"
    notice = in_review(desk)
    ref = session.get_one(Case, notice.case_id).ref
    first = f"{ref} · notice 1 waits for your approval"

    # When the clock comes by, once and again
    assert tell(session, desk.now) == 2
    assert tell(session, desk.now + timedelta(minutes=1)) == 0
    assert tell(session, desk.now + timedelta(days=40)) == 0, "also when the notes themselves were forgotten"

    # Then each was written to by every way they have, with the way to the page
    assert sorted(told(session)) == [("email", "approver@example.org", first), ("email", "second_approver@example.org", first),
                                     ("telegram", "7007", first)]
    (text, *_) = session.scalars(select(StaffNote.text))
    assert f"{people.responder.name} asked for it Mon 23 Nov 2026" in text
    assert text.endswith(f"{URL}/cases/{ref}/notices/1/approval")
    entries = session.scalars(select(Entry).where(Entry.action == "approval.told")).all()
    assert {entry.subject_id for entry in entries} == {str(people.approver.id), str(people.second_approver.id)}
    assert audit.verify(session).complete

    # And when it was sent back and asked for again, they hear that too
    session.expire_all()
    notices.send_back(session, notice.id, "Say when it happened.", by=people.approver, now=desk.now)
    assert tell(session, desk.now) == 0
    desk.clock.move(minutes=5)
    notices.ask_approval(session, notice.id, by=people.responder, now=desk.now, envelope=OURS)
    assert tell(session, desk.now) == 2


def test_nobody_is_woken_at_night_unless_a_deadline_is_near(session: Session, people: People) -> None:
    # Given a case in which something was asked for late in the evening, where one approver is; the other one is in Tokyo
    with writing(session):
        session.get_one(User, people.approver.id).zone = "UTC"
        session.get_one(User, people.second_approver.id).zone = "Asia/Tokyo"
    case = a_quiet_case(session, people)
    cases.ask_closing(session, case.id, WHY, version=case.version, by=people.responder, now=NIGHT)

    # Then the one where it is morning is told at once, and the other one in the morning
    assert tell(session, NIGHT) == 1
    assert [address for _, address, _ in told(session)] == ["second_approver@example.org"]
    assert tell(session, NIGHT + timedelta(hours=7)) == 0
    assert tell(session, MORNING) == 1

    # Given another night, with a filing that is due before noon
    draft = an_asked_filing(session, people)
    for duty in session.scalars(select(Obligation).where(Obligation.case_id == draft.case_id, Obligation.due_at.is_not(None))):
        duty.due_at = NIGHT + timedelta(hours=14)
    session.commit()
    assert tell(session, NIGHT) == 1, "there is time until the morning"
    assert tell(session, NIGHT + timedelta(hours=2, minutes=1)) == 1, "there is none any more"


def test_what_was_answered_in_the_night_is_not_told_in_the_morning(session: Session, people: People) -> None:
    with writing(session):
        for one in (people.approver, people.second_approver):
            session.get_one(User, one.id).zone = "UTC"
    case = a_quiet_case(session, people)
    asked = cases.ask_closing(session, case.id, WHY, version=case.version, by=people.responder, now=NIGHT)
    assert tell(session, NIGHT) == 0

    cases.answer_closing(session, case.id, asked.public_id, agreed=True, by=people.approver, now=NIGHT)

    assert tell(session, MORNING) == 0
    assert told(session) == []
