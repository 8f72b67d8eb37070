"""Who may edit a case and send its notices ends no duty to tell people alone: not by the number, the places, a stop or a text."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.cases import Count
from incident_app.domain.ports import Message, Outcome, Rejected, Sent
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, OWED
from incident_app.services import deliveries, notices, obligations
from incident_app.services.asking_again import asked_again
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.duty_steps import change
from tests.services.test_everybody_told import duties, sent, the_case, why
from tests.services.test_numbers_corrected import correct, to_people

FULL = Rejected("The mailbox is full: quota 4711 reached", permanent=True)
BY_HAND = " Mark this as done when everybody was told."


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def judge(desk: Desk, notice: Notice, *, wrong: bool) -> None:
    desk.clock.move(hours=1)
    deliveries.judge_text(desk.session, notice.id, "I looked again.", text_wrong=wrong, by=desk.people.responder, now=desk.now)


def mailed(country: str = "DE") -> bytes:
    """Return a list of twelve people with an address each."""
    return b"name,email,country\n" + b"".join(b"P,p%d@example.org,%b\n" % (number, country.encode()) for number in range(12))


def one_is_full(message: Message) -> Outcome:
    return FULL if message.address == "p3@example.org" else Sent("ok")


def go_on(desk: Desk, notice: Notice) -> None:
    """Try those again whose mailboxes were full, as they have room by now."""
    desk.answer("email", lambda message: Sent("ok"))
    deliveries.retry_failed(desk.session, notice.id, "The mailbox is full", reason="It has room.", by=desk.people.responder, now=desk.now)


def ends(desk: Desk) -> list[str]:
    """Return who ended duties, by name, in the order of the record."""
    return list(desk.session.scalars(select(Entry.actor_name).where(Entry.action == "obligation.discharged").order_by(Entry.seq)))


def launched(desk: Desk, case: Case, content: bytes) -> Notice:
    """Have a notice approved and begin to send it."""
    notice = notices.draft(desk.session, case.id, desk.listed(case, content).id, by=desk.people.responder, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    return deliveries.launch(desk.session, notice.id, typed_count=notice.list_count or 0, by=desk.people.responder, now=desk.now)


def test_a_notice_stopped_for_good_ends_no_duty_whatever_the_number_becomes(desk: Desk) -> None:
    # Given a notice that one person stopped when some of its list were told
    case = the_case(desk, Count.about(10_000))
    notice = sent(desk, case, csv_of(100), stop=True)
    left = desk.session.get_one(Notice, notice.id, populate_existing=True).cancelled_count
    assert 0 < left < 100

    # When the number of people becomes unknown
    correct(desk, case, Count.unknown())

    # Then the duty stays owed, and it is said why
    assert duties(desk, case) == {"EU-GDPR": OWED}
    (words,) = why(desk, case)
    assert words.endswith(f"was about 10\u202f000, and is unknown now. A stop left out {left} people.{BY_HAND}")


def test_nor_where_the_number_was_never_known(desk: Desk) -> None:
    case = the_case(desk, Count.unknown())

    notice = sent(desk, case, csv_of(100), stop=True)

    found = desk.session.get_one(Notice, notice.id, populate_existing=True)
    told, left = found.accepted_count, found.cancelled_count
    assert duties(desk, case) == {"EU-GDPR": OWED}
    assert why(desk, case) == {f"Notice 1 reached {told} of {told} people in its list. A stop left out {left} people.{BY_HAND}"}


def test_a_number_lowered_while_a_notice_goes_out_or_before_it_goes_on_ends_nothing(desk: Desk) -> None:
    # Given an approved notice to twelve of ten thousand, of whom one has no room for it
    desk.answer("email", one_is_full)
    case = the_case(desk, Count.about(10_000))
    notice = launched(desk, case, mailed())

    # When the number is lowered while it goes out, then when it is tried again
    correct(desk, case, Count.exact(12))
    desk.send_all()
    correct(desk, case, Count.unknown())
    go_on(desk, notice)
    desk.send_all()

    # Then its second end is held against what stood there when it was approved
    assert (desk.progress(notice).accepted, desk.progress(notice).state) == (12, "finished")
    assert (duties(desk, case), ends(desk)) == ({"EU-GDPR": OWED}, [])

    # and a notice that is approved with the number of now ends the duty
    sent(desk, case, csv_of(13))
    assert (duties(desk, case), ends(desk)) == ({"EU-GDPR": DISCHARGED}, ["incident-app"])


def test_places_that_are_taken_away_end_nothing_by_themselves(desk: Desk) -> None:
    # Given a notice to people of whom none lives where the case says they do
    case = the_case(desk, Count.exact(12), "DE", "FR")
    sent(desk, case, mailed("CH"))
    assert duties(desk, case) == {"EU-GDPR": OWED}

    # When the places become unknown, so that whom it told may live anywhere
    change(desk.session, desk.session.get_one(Case, case.id), desk.people.responder, countries=())

    assert (set(duties(desk, case).values()), ends(desk)) == ({OWED}, [])


def test_a_number_raised_while_a_notice_goes_on_is_seen_at_its_end(desk: Desk) -> None:
    # Given a notice that told everybody but one, and goes on for that one
    case = the_case(desk, Count.exact(12))
    desk.answer("email", one_is_full)
    notice = sent(desk, case, mailed())
    assert duties(desk, case) == {"EU-GDPR": DISCHARGED}
    go_on(desk, notice)

    # When the number is corrected meanwhile
    correct(desk, case, Count.about(10_000))
    desk.send_all()

    # Then its end does not stand for all of them
    assert duties(desk, case) == {"EU-GDPR": OWED}
    assert why(desk, case) == {f"Notice 1 reached 12 of 12 people in its list; the case says about 10\u202f000 are concerned.{BY_HAND}"}


def test_what_an_approver_let_be_owed_once_more_no_earlier_notice_ends(desk: Desk) -> None:
    # Given people told by a text that was withdrawn, and an approver who wants them told once more
    desk.answer("email", one_is_full)
    case = the_case(desk, Count.exact(12))
    notice = sent(desk, case, mailed())
    judge(desk, notice, wrong=True)
    duty = to_people(desk, case)
    obligations.decide_one(desk.session, case.id, duty.id, owed=True, reason="All twelve, in the right words.", by=desk.people.approver, now=desk.now)

    # When a responder finds the text right after all, corrects the number, and has the notice go on
    judge(desk, notice, wrong=False)
    correct(desk, case, Count.exact(11))
    go_on(desk, notice)
    desk.send_all()

    # Then the decision stands, and no earlier notice is said to speak for or against it
    assert desk.session.get_one(Notice, notice.id, populate_existing=True).state == "finished"
    assert (duties(desk, case), why(desk, case), len(ends(desk))) == ({"EU-GDPR": OWED}, set(), 1)

    # until a new notice tells all of them: one to some does not, with the first taken together or not
    sent(desk, case, csv_of(3))
    assert why(desk, case) == {f"Notice 2 reached 3 of 3 people in its list; the case says 11 are concerned.{BY_HAND}"}
    sent(desk, case, csv_of(12))
    assert (duties(desk, case), len(ends(desk))) == ({"EU-GDPR": DISCHARGED}, 2)


def test_a_number_raised_while_the_text_is_withdrawn_is_owed_once_it_is_right_after_all_and_before(desk: Desk) -> None:
    # Given people told by a text that was withdrawn
    case = the_case(desk, Count.exact(12))
    notice = sent(desk, case, csv_of(12))
    judge(desk, notice, wrong=True)
    duty = to_people(desk, case)
    assert list(asked_again(desk.session, [duty])) == [duty.id]

    # When it turns out that there are far more, then nobody need decide about the text: the others were told nothing
    correct(desk, case, Count.about(10_000))
    assert (duty.state, asked_again(desk.session, [duty])) == (OWED, {})

    # and that stays so with the text right after all, and with the old number
    judge(desk, notice, wrong=False)
    assert why(desk, case) == {f"Notice 1 reached 12 of 12 people in its list; the case says about 10\u202f000 are concerned.{BY_HAND}"}
    correct(desk, case, Count.exact(12))
    assert duties(desk, case) == {"EU-GDPR": OWED}


def test_a_text_that_is_right_after_all_is_held_against_the_number_of_now(desk: Desk) -> None:
    # Given a case whose number was raised by something that did not look at its notices
    case = the_case(desk, Count.exact(12))
    notice = sent(desk, case, csv_of(12))
    judge(desk, notice, wrong=True)
    case.people_count = Count.about(10_000).to_json()
    desk.session.commit()

    judge(desk, notice, wrong=False)

    assert duties(desk, case) == {"EU-GDPR": OWED}


def test_a_text_of_a_closed_case_opens_no_duty(desk: Desk) -> None:
    case = the_case(desk, Count.exact(12))
    notice = sent(desk, case, csv_of(12))
    judge(desk, notice, wrong=True)
    case.people_count, case.state, case.closed_at = Count.about(10_000).to_json(), "closed", desk.now
    desk.session.commit()

    judge(desk, notice, wrong=False)

    assert duties(desk, case) == {"EU-GDPR": DISCHARGED}


NUMBERS = st.sampled_from([Count.unknown(), Count.exact(1), Count.exact(12), Count.between(5, 400), Count.about(13), Count.exact(10_000)])
STEPS = st.lists(st.one_of(NUMBERS, st.sampled_from(["judge", "again", "sweep"])), max_size=6)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=NUMBERS, stop=st.booleans(), steps=STEPS)
def test_no_order_of_what_one_responder_does_ends_what_the_end_of_the_notice_did_not(
    desk: Desk, first: Count, stop: bool, steps: list[Count | str],
) -> None:
    # Given a notice that ended, or was stopped, of which one mailbox was full
    desk.answer("email", one_is_full)
    case = the_case(desk, first)
    notice = sent(desk, case, csv_of(30) if stop else mailed(), stop=stop)
    before = desk.session.scalar(select(func.count(Entry.seq)).where(Entry.action == "obligation.discharged", Entry.case_id == case.id))
    ended, most = before == 1, first.low or 0
    assert ended == (not stop and most <= 12)

    # When a responder does what a responder may, in any order
    for step in steps:
        if isinstance(step, Count):
            correct(desk, desk.session.get_one(Case, case.id), step)
            most = max(most, step.low or 0)
        elif step == "judge":
            desk.send_all()
            judge(desk, notice, wrong=not desk.session.get_one(Notice, notice.id, populate_existing=True).text_withdrawn)
        elif step == "again" and not stop:
            tried_again(desk, notice)
        else:
            desk.send_all()

    # Then it is done only where the end of the notice ended it, and owed wherever more people were ever said than it told
    after = desk.session.scalar(select(func.count(Entry.seq)).where(Entry.action == "obligation.discharged", Entry.case_id == case.id))
    assert after == before
    desk.send_all()
    assert to_people(desk, case).state == (DISCHARGED if ended and most <= 12 else OWED)


def tried_again(desk: Desk, notice: Notice) -> None:
    """Try again who was not reached, where there is somebody and the text may be sent."""
    found = desk.session.get_one(Notice, notice.id, populate_existing=True)
    if found.failed_count and not found.text_withdrawn:
        go_on(desk, notice)
