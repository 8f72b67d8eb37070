"""A public notice is corrected while everybody reads it, and taken away after it told people: nothing happens unseen."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.filings.answers import moment_words
from incident_app.domain.refusals import Conflict, NotFound, Refused, Stale
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, OWED, Obligation
from incident_app.models.publishing import PublicApproval, PublicNotice
from incident_app.services import approvals, closing, obligations, publishing, review, saying, writing_down
from incident_app.services.asking_again import asked_again
from incident_app.services.filings.records import record_of
from incident_app.services.publications import publications
from incident_app.services.reports import contents
from tests.builders import the_law
from tests.fakes import START, FakeClock
from tests.letters_kit import Desk
from tests.people import People

URL = "https://breach.example.org"
TODAY = START.date()
MONTH = timedelta(days=30)
WHY = "The addresses of 40,000 people are years old; letters would come back."


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def drafted(desk: Desk, first: date = TODAY) -> PublicNotice:
    return publishing.draft(desk.session, desk.case(data_categories=("health",)).id, languages=("en", "de"), first_day=first,
                            last_day=first + MONTH, by=desk.people.responder, now=desk.now)


def approve(desk: Desk, notice: PublicNotice) -> PublicNotice:
    publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    return publishing.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now, vault=desk.vault, public_url=URL)


def correct(desk: Desk, notice: PublicNotice, subject: str) -> None:
    publishing.edit(desk.session, notice.id, language="en", subject=subject, body=notice.texts["en"]["body"],
                    version=notice.version, by=desk.people.responder, now=desk.now)


def lengthen(desk: Desk, notice: PublicNotice, months: int) -> None:
    publishing.set_days(desk.session, notice.id, notice.first_day, TODAY + months * MONTH, version=notice.version,
                        by=desk.people.responder, now=desk.now)


def look(desk: Desk, notice: PublicNotice) -> publishing.Shown | None:
    return publishing.shown(desk.session, notice.slug, "en", now=desk.now)


def told(desk: Desk, notice: PublicNotice) -> Obligation:
    duty = publishing.open_duties(desk.session, notice.case_id)[0]
    return publishing.count(desk.session, notice.id, duty.id, public_reason=WHY, by=desk.people.approver, now=desk.now, public_url=URL)


def withdraw(desk: Desk, notice: PublicNotice) -> None:
    desk.clock.move(hours=1)
    publishing.withdraw(desk.session, notice.id, "It named the wrong day.", by=desk.people.responder, now=desk.now)


def decide(desk: Desk, duty: Obligation, *, owed: bool, version: int | None = None) -> Obligation:
    return obligations.decide_one(desk.session, duty.case_id, duty.id, owed=owed, reason="It stood there for a day.",
                                  version=version, by=desk.people.approver, now=desk.now)


def of_public(desk: Desk, notice: PublicNotice) -> list[tuple[str, date, bool]]:
    return [(one.since.isoformat(), one.last_day, one.ended_at is None) for one in publications(desk.session, [notice.case_id])[notice.case_id]]


def test_everybody_goes_on_reading_what_was_approved_until_its_correction_is_approved_too(desk: Desk) -> None:
    # Given a notice that everybody reads
    notice = approve(desk, drafted(desk))
    before = look(desk, notice)
    assert before is not None

    # When its words and its days are corrected, put up for approval, sent back and corrected once more
    desk.clock.move(hours=1)
    correct(desk, notice, "Corrected")
    lengthen(desk, notice, 2)
    assert (notice.state, look(desk, notice)) == ("draft", before)
    publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    assert look(desk, notice) == before
    publishing.send_back(desk.session, notice.id, "Say which days.", by=desk.people.approver, now=desk.now)
    correct(desk, notice, "Corrected again")

    # Then everybody reads the first, until somebody else approves the last
    assert look(desk, notice) == before
    assert desk.session.scalars(select(PublicApproval)).one().voided_at is None
    approve(desk, notice)
    after = look(desk, notice)
    assert after is not None
    assert (after.subject, after.last_day) == ("Corrected again", TODAY + 2 * MONTH)
    first, second = desk.session.scalars(select(PublicApproval).order_by(PublicApproval.id))
    assert (first.voided_at, first.voided_reason) == (desk.now, "Another text was approved in its place.")
    assert second.voided_at is None
    # and in the record it was there without a break
    assert of_public(desk, notice) == [(START.isoformat(), TODAY + 2 * MONTH, True)]


def test_a_correction_does_not_lengthen_what_was_approved(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))
    lengthen(desk, notice, 3)

    desk.clock.move(hours=24 * 31)

    # What stood there is over on its own last day; edited after that, its approval goes
    assert look(desk, notice) is None
    correct(desk, notice, "Later")
    assert notice.approval_id is None
    assert look(desk, notice) is None
    assert approve(desk, notice).state == "approved"
    assert len(of_public(desk, notice)) == 2


def test_what_nobody_has_read_yet_loses_its_approval_with_the_first_edit(desk: Desk) -> None:
    # Given a notice approved for the day after tomorrow, in which somebody finds a mistake
    notice = approve(desk, drafted(desk, TODAY + timedelta(days=2)))

    correct(desk, notice, "Without the mistake")

    # Then it does not come out with the mistake in it
    assert "took back the approval" in notice.state_reason
    desk.clock.move(hours=48)
    assert look(desk, notice) is None
    assert of_public(desk, notice) == []


def test_a_correction_is_withdrawn_with_what_it_corrects(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))
    desk.clock.move(hours=5)
    publishing.set_days(desk.session, notice.id, TODAY + timedelta(days=9), TODAY + MONTH, version=notice.version,
                        by=desk.people.responder, now=desk.now)

    withdraw(desk, notice)

    # It was there, so its address says that it is over, not that it never was
    assert look(desk, notice) is None
    assert of_public(desk, notice) == [(START.isoformat(), TODAY + MONTH, False)]


def test_a_correction_that_was_begun_is_dropped_with_one_press_and_what_was_approved_stands(desk: Desk) -> None:
    # Given a notice that everybody reads, with a correction that waits for its approval
    notice = approve(desk, drafted(desk))
    before, content = look(desk, notice), publishing.hash_of(notice)
    with pytest.raises(Conflict, match="cannot have its correction dropped"):
        publishing.drop_correction(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    desk.clock.move(hours=1)
    correct(desk, notice, "Corrected")
    lengthen(desk, notice, 2)
    publishing.ask(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    case = desk.session.get_one(Case, notice.case_id)
    assert [one.thing for one in approvals.of_case(desk.session, case, now=desk.now) if "public notice" in one.thing] == ["public notice 1"]

    # When whoever writes notices drops it, as they read it
    with pytest.raises(Stale):
        publishing.drop_correction(desk.session, notice.id, version=1, by=desk.people.responder, now=desk.now)
    publishing.drop_correction(desk.session, notice.id, version=notice.version, by=desk.people.responder, now=desk.now)

    # Then there is exactly what was approved, everybody goes on reading it, and nobody is asked to approve anything
    assert (notice.state, notice.state_reason, notice.published, notice.editor_ids) == ("approved", "", None, [])
    assert (look(desk, notice), publishing.hash_of(notice)) == (before, content)
    assert [one.thing for one in approvals.of_case(desk.session, case, now=desk.now) if "public notice" in one.thing] == []
    assert desk.session.scalars(select(PublicApproval)).one().voided_at is None
    entry = desk.session.scalars(select(Entry).where(Entry.action == "public.correction_dropped")).one()
    assert entry.details == {"content": content, "asked": True}
    with pytest.raises(Conflict):
        publishing.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now, vault=desk.vault, public_url=URL)

    # and another one may be begun, and approved
    correct(desk, notice, "Corrected after all")
    assert approve(desk, notice).state == "approved"


def test_of_a_draft_there_is_no_correction_to_drop(desk: Desk) -> None:
    with pytest.raises(Conflict, match="Nobody has begun to correct it"):
        publishing.drop_correction(desk.session, drafted(desk).id, by=desk.people.responder, now=desk.now)


def test_people_are_told_from_the_first_approval_on_though_a_correction_waits(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))
    desk.clock.move(hours=3)
    correct(desk, notice, "Corrected")

    assert told(desk, notice).discharged_at == START


def test_a_notice_taken_away_asks_whether_the_people_are_still_told(desk: Desk) -> None:
    # Given people who count as told by a public notice, which stands for the duty
    notice = approve(desk, drafted(desk))
    duty = told(desk, notice)
    case = duty.case
    assert publishing.stands_for(desk.session, notice) == [duty]
    assert asked_again(desk.session, [duty]) == {}

    # When it is withdrawn
    desk.clock.move(hours=2)
    withdraw(desk, notice)

    # Then the duty asks, closing the case is held by it, and the story of the case tells of both
    gone = asked_again(desk.session, [duty])[duty.id]
    assert (gone.words, gone.at, gone.why) == ("Public notice 1 was taken away", desk.now, "Withdrawn: It named the wrong day.")
    assert any("public notice 1 that told them was taken away" in gap.words for gap in closing.gaps(desk.session, case, desk.now))
    story = [step["words"] for step in review.look(desk.session, case).facts["steps"]]
    assert "Public notice 1 was approved: everybody can read it on its days" in story
    assert "Public notice 1 was withdrawn" in story


def test_a_person_decides_that_people_are_owed_it_again(desk: Desk) -> None:
    # Given a duty whose public notice was taken away
    notice = approve(desk, drafted(desk))
    duty = told(desk, notice)
    duty.case.state = "notified"
    desk.session.commit()
    withdraw(desk, notice)
    version = duty.version
    with pytest.raises(Refused, match="not recorded"):
        obligations.decide_one(desk.session, duty.case_id, duty.id, owed=True, reason=" ", by=desk.people.approver, now=desk.now)

    # When an approver lets it be owed again, by the version that was read
    decide(desk, duty, owed=True, version=version)
    with pytest.raises(Stale):
        decide(desk, duty, owed=True, version=version)

    # Then its clock runs, and what it had been done by stays on record
    assert (duty.state, duty.discharged_at, duty.receipt_reference, duty.proof_document_id) == (OWED, None, "", None)
    assert duty.case.state == "decided"
    entry = desk.session.scalars(select(Entry).where(Entry.action == "obligation.reopened")).one()
    said = saying.opened(desk.session, [entry])[entry.seq]
    assert (said["reason"], said["reference"], said["public_reason"]) == ("It stood there for a day.", f"{URL}/notice/{notice.slug}", WHY)
    assert duty.public_reason == ""

    # and another public notice may tell them
    other = approve(desk, publishing.draft(desk.session, notice.case_id, languages=("en",), first_day=TODAY, last_day=TODAY + MONTH,
                                           by=desk.people.responder, now=desk.now))
    assert told(desk, other).state == DISCHARGED
    assert asked_again(desk.session, [duty]) == {}


def test_or_that_it_stays_done_and_is_asked_no_more(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))
    duty = told(desk, notice)
    with pytest.raises(Conflict, match="settled"):
        decide(desk, duty, owed=True)
    withdraw(desk, notice)

    decide(desk, duty, owed=False)

    assert (duty.state, duty.state_reason, duty.receipt_reference) == (DISCHARGED, "It stood there for a day.", f"{URL}/notice/{notice.slug}")
    assert asked_again(desk.session, [duty]) == {}
    with pytest.raises(Conflict, match="settled"):
        decide(desk, duty, owed=True)


def test_a_notice_that_had_its_days_is_not_taken_away_by_withdrawing_it(desk: Desk) -> None:
    notice = approve(desk, drafted(desk))
    duty = told(desk, notice)

    desk.clock.move(hours=24 * 40)
    withdraw(desk, notice)

    assert asked_again(desk.session, [duty]) == {}
    assert of_public(desk, notice) == [(START.isoformat(), TODAY + MONTH, True)]


def test_an_approval_that_the_record_does_not_know_tells_nobody(desk: Desk) -> None:
    # Given an approval that somebody wrote into the table
    notice = drafted(desk)
    planted = PublicApproval(public_notice_id=notice.id, content_hash=publishing.hash_of(notice), by_id=desk.people.approver.id, at=desk.now)
    desk.session.add(planted)
    desk.session.flush()
    other = approve(desk, publishing.draft(desk.session, notice.case_id, languages=("en",), first_day=TODAY, last_day=TODAY + MONTH,
                                           by=desk.people.responder, now=desk.now))
    notice.approval_id, notice.document_id = planted.id, other.document_id
    desk.session.commit()
    duty = publishing.open_duties(desk.session, notice.case_id)[0]

    with pytest.raises(Conflict, match="Nobody has approved it"):
        publishing.count(desk.session, notice.id, duty.id, public_reason=WHY, by=desk.people.approver, now=desk.now, public_url=URL)
    assert look(desk, notice) is None


def test_an_address_shut_before_its_first_day_was_never_there(desk: Desk) -> None:
    notice = approve(desk, drafted(desk, TODAY + timedelta(days=5)))

    withdraw(desk, notice)

    with pytest.raises(NotFound):
        look(desk, notice)


def test_every_paper_says_what_was_public_from_when_to_when_and_why(desk: Desk) -> None:
    # Given people told in public, as the register, the case report and a filing to the authority have it
    notice = approve(desk, drafted(desk))
    case = desk.session.get_one(Case, notice.case_id)
    undecided = record_of(desk.session, case, the_law())
    assert (undecided.told_otherwise, undecided.telling_open) == ((), True)
    told(desk, notice)
    asked = record_of(desk.session, case, the_law())
    assert ([(one.how, one.ours) for one in asked.told_otherwise], asked.telling_open) == ([("public", False)], False)
    matter = contents.case_matter(desk.session, case, desk.now, by=desk.people.responder)
    assert "in public, reference" in str(matter["duties"])
    assert f"not one by one, because: {WHY}" in str(matter["duties"])
    assert matter["published"] == ("Public notice 1, for everybody to read from Mon 23 Nov 2026 10:40 CET to the end of Wed 23 Dec 2026.",)

    # When it is withdrawn
    withdraw(desk, notice)

    # Then they say that too, and a filing leaves to a human whether the people are told
    away = "from Mon 23 Nov 2026 10:40 CET to Mon 23 Nov 2026 11:40 CET, when it was taken away (Withdrawn: It named the wrong day)"
    assert away in contents.case_matter(desk.session, case, desk.now, by=desk.people.responder)["published"][0]
    (entry,) = writing_down.entries(desk.session, [case.id])
    assert [one.ended_at for one in entry.published] == [desk.now]
    assert entry.published[0].words(lambda at: moment_words(at, case.zone)).endswith(away)
    assert record_of(desk.session, case, the_law()).telling_open
