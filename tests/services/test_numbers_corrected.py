"""The number of people is corrected: duties that hang on it follow, up and down, and nothing is dropped without a word."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.cases import Count
from incident_app.domain.obligations.again import Again
from incident_app.domain.record import detail_of
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, EXCUSED, OWED, SUPERSEDED, UNDECIDED, Obligation
from incident_app.services import cases, closing, deliveries, obligations, saying
from incident_app.services.asking_again import asked_again
from tests.builders import the_world
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.duty_steps import a_case, change, duty_of, versions_of
from tests.services.test_everybody_told import duties, sent, the_case, why

KOREA, SINGAPORE, CALIFORNIA = "Art 34(3)", "s 26D", "(f)"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def correct(desk: Desk, case: Case, people: Count) -> None:
    """Correct the number of people of a case."""
    known = cases.facts_of(case)
    cases.edit(desk.session, case.id, replace(known, people=people), version=case.version, by=desk.people.responder, now=desk.now,
               world=the_world())


def said(session: Session, action: str) -> list[dict[str, str]]:
    """Return what the last entry of this kind says of each duty."""
    entry = session.scalars(select(Entry).where(Entry.action == action).order_by(Entry.seq.desc())).first()
    return [dict(one) for one in entry.details["duties"]] if entry is not None else []


def to_people(desk: Desk, case: Case) -> Obligation:
    """Return the one duty of a case to tell people."""
    return desk.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "data_subjects")).one()


def edits(desk: Desk) -> list[str]:
    """Return what the record says of each edit of facts, in words, the first first."""
    found = desk.session.scalars(select(Entry).where(Entry.action == "case.edited").order_by(Entry.seq))
    return [detail_of(one.details, one.action) for one in found]


def test_a_number_that_is_corrected_down_ends_no_duty_by_itself_and_an_approver_marks_it_as_done(desk: Desk) -> None:
    # Given a notice that told everybody of its list, and a case that said there were more
    case = the_case(desk, Count.about(10_000))
    notice = sent(desk, case, csv_of(12))
    assert (duties(desk, case), len(why(desk, case))) == ({"EU-GDPR": "owed"}, 1)

    # When the number is corrected two days later: to more than the list holds first, then to as many
    desk.clock.move(hours=48)
    correct(desk, case, Count.exact(13))
    assert duties(desk, case) == {"EU-GDPR": "owed"}
    correct(desk, case, Count.exact(12))

    # Then it stays owed: who corrects a number ends no duty, and it is said what the number was and is
    assert duties(desk, case) == {"EU-GDPR": "owed"}
    assert why(desk, case) == {
        "Notice 1 reached 12 of 12 people in its list; the number of people concerned was about 10\u202f000, and is 12 now. "
        "Mark this as done when everybody was told."}
    assert edits(desk) == [
        "how many people: 13 (before: about 10\u202f000)", "how many people: 12 (before: 13)"]
    correct(desk, case, Count.unknown())
    assert "was about 10\u202f000, and is unknown now" in why(desk, case).pop()

    # until an approver marks it as done, as of when the notice ended, with the proof
    duty = to_people(desk, case)
    obligations.mark_done(
        desk.session, case.id, duty.id, at=notice.finished_at or desk.now, how="notice", reference="Notice 1, and the list of accounts",
        late_reason="", proof_name="p.txt", proof_bytes=b"Twelve accounts.", proof_type="text/plain", by=desk.people.approver, now=desk.now, vault=desk.vault)
    assert (duty.state, duty.discharged_at, why(desk, case)) == (DISCHARGED, notice.finished_at, set())


def test_what_the_last_notice_was_too_late_for_stays_open_for_a_persons_reasons(desk: Desk) -> None:
    case = the_case(desk, Count.about(10_000))
    to_people(desk, case).due_at = desk.now - timedelta(hours=1)
    desk.session.commit()
    sent(desk, case, csv_of(12))

    case.people_count = Count.exact(12).to_json()
    desk.session.commit()

    assert duties(desk, case) == {"EU-GDPR": "owed"}
    assert "It is past its date, so say why." in why(desk, case).pop()


def test_a_number_that_is_corrected_up_lets_a_duty_that_a_notice_ended_be_owed_again(desk: Desk) -> None:
    # Given people who were all told, as the case had them, and a case that is notified
    case = the_case(desk, Count.exact(12))
    sent(desk, case, csv_of(12))
    case.state = "notified"
    desk.session.commit()
    duty = desk.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "data_subjects")).one()

    # When the number is corrected to one that the list holds, nothing is owed; when to more, the others are
    correct(desk, case, Count.exact(11))
    assert duty.state == DISCHARGED
    correct(desk, case, Count.about(10_000))
    assert (duty.state, duty.discharged_at, duty.receipt_reference, case.state) == (OWED, None, "", "decided")
    (words,) = why(desk, case)
    assert words.startswith("Notice 1 reached 12 of 12 people in its list; the case says about 10\u202f000 are concerned.")

    # Then the record says by what, what it had been done by, and that no person decided it
    entry = desk.session.scalars(select(Entry).where(Entry.action == "obligation.reopened")).one()
    said_why = saying.opened(desk.session, [entry])[entry.seq]
    assert (entry.actor_name, said_why["how"]) == ("incident-app", "notice")
    assert str(said_why["reason"]).endswith("the case says about 10\u202f000 are concerned.")

    # and the old number alone does not make it done once more
    correct(desk, case, Count.exact(12))
    assert duties(desk, case) == {"EU-GDPR": "owed"}


def test_what_a_person_said_stays_done_is_asked_again_with_a_higher_number_and_what_was_done_by_hand_is_not(desk: Desk) -> None:
    # Given a duty of which an approver said that the withdrawn text suffices
    case = the_case(desk, Count.exact(12))
    notice = sent(desk, case, csv_of(12))
    desk.clock.move(hours=1)
    deliveries.judge_text(desk.session, notice.id, "It named the wrong day.", text_wrong=True, by=desk.people.responder, now=desk.now)
    duty = to_people(desk, case)
    obligations.decide_one(desk.session, case.id, duty.id, owed=False, reason="Only the day.", by=desk.people.approver, now=desk.now)
    correct(desk, case, Count.exact(11))
    correct(desk, case, Count.exact(12))
    assert asked_again(desk.session, [duty]) == {}, "they said it of twelve"

    # When it turns out that there were far more
    desk.clock.move(hours=1)
    correct(desk, case, Count.about(10_000))

    # Then it is asked again, once, and says why: whether the text was right, or the number goes down, is no answer to it
    words = "Notice 1 reached 12 of 12 people in its list; the case says about 10\u202f000 are concerned."
    asked = {duty.id: Again("the number of people", "was corrected upwards", desk.now, words, by_it=False)}
    deliveries.judge_text(desk.session, notice.id, "The day was right after all.", text_wrong=False, by=desk.people.responder, now=desk.now)
    for number in (20_000, 12):
        correct(desk, case, Count.about(number))
    assert (duty.state, asked_again(desk.session, [duty])) == (DISCHARGED, asked)
    assert closing.to_decide_again(desk.session, by=desk.people.approver) == [duty]
    assert any("as the number of people was corrected upwards" in one.words for one in closing.gaps(desk.session, case, desk.now))

    # until an approver decides, who may say that it stays so with that number too
    correct(desk, case, Count.about(10_000))
    obligations.decide_one(desk.session, case.id, duty.id, owed=False, reason="The others by letter.", by=desk.people.approver, now=desk.now)
    assert (duty.state, asked_again(desk.session, [duty])) == (DISCHARGED, {})
    correct(desk, case, Count.about(10_001))
    assert list(asked_again(desk.session, [duty])) == [duty.id]
    obligations.decide_one(desk.session, case.id, duty.id, owed=True, reason="Write to the others.", by=desk.people.approver, now=desk.now)
    assert (duty.state, asked_again(desk.session, [duty])) == (OWED, {})


def test_what_was_done_by_hand_a_higher_number_does_not_touch(desk: Desk) -> None:
    case = the_case(desk, Count.exact(12))
    sent(desk, case, csv_of(12))
    duty = to_people(desk, case)
    duty.discharged_how = "phone"
    desk.session.commit()

    correct(desk, case, Count.about(20_000))

    assert (duty.state, asked_again(desk.session, [duty])) == (DISCHARGED, {})


def test_before_any_notice_ended_and_for_other_facts_nothing_is_looked_at(desk: Desk) -> None:
    case = the_case(desk, Count.about(10_000))
    correct(desk, case, Count.exact(12))
    change(desk.session, case, desk.people.responder, cause="A lost key.")
    assert duties(desk, case) == {"EU-GDPR": "owed"}
    assert desk.session.scalars(select(Entry).where(Entry.action == "obligation.discharged")).all() == []


def test_from_its_number_on_a_law_asks_nothing_else_and_below_it_hangs_on_a_decision_again(session: Session, people: People) -> None:
    # Given a law with a term that asks for one of several grounds, or for a thousand people, and a hundred people there
    case = a_case(session, people.responder, countries=("KR",), people=Count.exact(100), data_categories=("contact",))
    before = duty_of(session, case, KOREA)
    assert (before.state, before.always) == (UNDECIDED, False)

    # When they are two thousand, then it is owed, from the same moment and to the same date
    change(session, case, people.responder, people=Count.exact(2_000))
    now_is = duty_of(session, case, KOREA)
    assert (now_is.state, now_is.always, now_is.due_at) == (OWED, True, before.due_at)
    assert now_is.due_at == case.aware_at + timedelta(hours=72)
    assert before.state_reason == "The facts changed: it is owed now, whatever was decided about the risk."
    assert [one["provision"] for one in said(session, "obligation.arisen")] == ["KR-PIPA Art 34(3)"]

    # And when they are a hundred after all, somebody decides
    change(session, case, people.responder, people=Count.exact(100))
    assert [one.state for one in versions_of(session, case, KOREA)] == [SUPERSEDED, SUPERSEDED, UNDECIDED]

    # but what a person decided stays decided
    change(session, case, people.responder, people=Count.exact(2_000))
    obligations.decide_one(session, case.id, duty_of(session, case, KOREA).id, owed=True, reason="So it is.", by=people.approver,
                           now=case.filed_at)
    change(session, case, people.responder, people=Count.exact(100))
    assert (duty_of(session, case, KOREA).state, duty_of(session, case, KOREA).state_reason) == (OWED, "So it is.")


def test_what_was_excused_is_asked_again_once_the_number_leaves_no_room_for_it(session: Session, people: People) -> None:
    case = a_case(session, people.responder, countries=("SG",), people=Count.exact(100))
    duty = duty_of(session, case, SINGAPORE, recipient="PDPC")
    duty.state, duty.state_reason = EXCUSED, "No harm is likely."
    session.commit()
    change(session, case, people.responder, people=Count.exact(499))
    assert duty_of(session, case, SINGAPORE, recipient="PDPC").state == EXCUSED

    change(session, case, people.responder, people=Count.exact(500))

    assert (duty_of(session, case, SINGAPORE, recipient="PDPC").state, duty_of(session, case, SINGAPORE, recipient="PDPC").state_reason) == (UNDECIDED, "")
    assert [one.state for one in versions_of(session, case, SINGAPORE) if one.recipient == "PDPC"] == [SUPERSEDED, UNDECIDED]


def test_a_duty_below_whose_number_nothing_is_owed_falls_away_with_the_number_in_the_record(session: Session, people: People) -> None:
    # Given a law that is told of from 501 residents on
    case = a_case(session, people.responder, countries=("US-CA",), people=Count.exact(100))
    assert versions_of(session, case, CALIFORNIA) == []
    change(session, case, people.responder, people=Count.exact(600))
    (duty,) = versions_of(session, case, CALIFORNIA)
    obligations.decide_one(session, case.id, duty.id, owed=True, reason="600 live there.", by=people.approver, now=case.filed_at)

    # When they are fewer after all
    change(session, case, people.responder, people=Count.exact(100))

    # Then it is no duty any more, its old version says by which number, and so does the record
    words = "The facts changed: this rule no longer applies. Not owed: 100 people, and it begins at 501."
    assert (duty.state, duty.state_reason) == (SUPERSEDED, words)
    assert [(one["id"], one["why"]) for one in said(session, "obligation.fell_away")] == [(str(duty.id), words)]
