"""Sending an approved notice: the sum adds up whatever happens, nobody twice, nobody forgotten."""

from collections import Counter

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.domain.ports import Message, Outcome, Rejected, Sent, Uncertain
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.deliveries import Attempt, Delivery
from incident_app.models.notices import Notice
from incident_app.services import deliveries
from tests.builders import the_law
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

BLOCKED = Rejected("The person has blocked the bot.", permanent=True)
BUSY = Rejected("Slow down.", permanent=False, retry_after=7)
DOWN = Rejected("No connection.", permanent=False)
LOST = Uncertain("No answer came.")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def test_each_of_a_thousand_people_gets_exactly_one_message_in_their_language_on_the_right_channel(desk: Desk) -> None:
    notice = desk.launched(csv_of(1000))

    desk.send_all()

    progress = desk.progress(notice)
    assert (progress.total, progress.accepted, progress.waiting) == (1000, 1000, 0)
    assert progress.adds_up
    assert progress.state == "finished"
    addresses = Counter(message.address for message in desk.messages)
    assert len(addresses) == 1000
    assert set(addresses.values()) == {1}
    by_language = Counter(message.language for message in desk.messages)
    assert by_language == dict.fromkeys(("en", "de", "es", "fr", "ru"), 200)
    assert all(not message.address.isdigit() for message in desk.email.sent)
    assert all(message.address.isdigit() for message in desk.telegram.sent)
    assert all(message.html is None for message in desk.telegram.sent)


def test_nobody_reads_anything_of_anybody_else(desk: Desk) -> None:
    desk.launched(csv_of(30))

    desk.send_all()

    for message in desk.messages:
        number = message.address.removeprefix("person").removesuffix("@example.org")
        own = int(number) if not message.address.isdigit() else int(message.address) - 700_000_000
        names = {word.strip(",:!") for word in message.text.split("Person ")[1].split()[:1]}
        assert names == {str(own)}
        assert message.text.count("Person ") == 1


def test_a_failed_telegram_goes_on_by_email_and_people_without_one_are_not_reached(desk: Desk) -> None:
    desk.answer("telegram", lambda message: BLOCKED)
    notice = desk.launched(csv_of(12), canary=False)

    desk.send_all()

    progress = desk.progress(notice)
    assert progress.failed == 4  # every third has Telegram only
    assert progress.accepted == 8
    assert progress.adds_up
    assert progress.reasons == (("The person has blocked the bot.", 4),)
    line = deliveries.people_page(desk.session, notice.id, by=desk.people.responder, limit=1)[0]
    assert [(hop.channel, hop.state) for hop in line.hops] == [("telegram", "failed"), ("email", "accepted")]


def test_the_next_channel_waits_as_long_as_the_plan_says(desk: Desk) -> None:
    desk.answer("telegram", lambda message: BLOCKED)
    notice = desk.launched(csv_of(2), wait_minutes=30)

    desk.send_all()
    assert desk.progress(notice).waiting == 2
    desk.clock.move(minutes=30)
    desk.send_all()

    assert desk.progress(notice).accepted == 2


def test_being_asked_to_slow_down_pauses_the_channel_and_uses_no_attempt(desk: Desk) -> None:
    desk.answer("telegram", lambda message: BUSY)
    notice = desk.launched(csv_of(2))

    desk.send()

    assert desk.limiter.pauses == [("telegram", 7.0)]
    assert set(desk.session.scalars(select(Delivery.attempts))) == {0}
    assert desk.progress(notice).waiting == 2
    desk.answer("telegram", lambda message: Sent("ok"))
    desk.clock.move(seconds=8)
    desk.send_all()
    assert desk.progress(notice).accepted == 2


def test_a_passing_fault_is_tried_again_and_given_up_after_eight_tries(desk: Desk) -> None:
    desk.answer("email", lambda message: DOWN)
    notice = desk.launched(b"email\nann@example.org\n")

    for _ in range(8):
        desk.send()
        desk.clock.move(hours=1)
    desk.sweep()

    progress = desk.progress(notice)
    assert progress.failed == 1
    assert progress.reasons == (("Given up after 8 tries", 1),)
    line = deliveries.people_page(desk.session, notice.id, by=desk.people.responder, bucket="failed")[0]
    assert line.reason == "Given up after 8 tries: No connection."
    assert desk.session.scalar(select(func.count()).select_from(Attempt)) == 8
    assert progress.state == "finished"


def test_a_lost_answer_is_uncertain_and_never_sent_again_by_itself(desk: Desk) -> None:
    desk.answer("telegram", lambda message: LOST)
    notice = desk.launched(csv_of(2))

    desk.send_all()
    desk.clock.move(hours=100)
    desk.send_all()

    progress = desk.progress(notice)
    assert (progress.uncertain, progress.undecided, progress.adds_up, progress.state) == (2, 2, True, "finished")
    assert desk.session.scalar(select(func.count()).select_from(Attempt)) == 2


def test_two_people_may_have_the_uncertain_sent_again_once(desk: Desk) -> None:
    desk.answer("telegram", lambda message: LOST)
    notice = desk.launched(csv_of(2))
    desk.send_all()

    with pytest.raises(Forbidden):
        deliveries.resolve_uncertain(desk.session, notice.id, "leave", reason="x", by=desk.people.responder,
                                     now=desk.now)
    assert desk.resend(notice, [1]) == 1
    assert desk.progress(notice).state == "sending"
    desk.send_all()

    progress = desk.progress(notice)
    assert (progress.uncertain, progress.resent, progress.undecided) == (2, 1, 2)
    with pytest.raises(Refused, match="nothing to decide"):
        desk.resend(notice, [1])
    assert deliveries.resolve_uncertain(desk.session, notice.id, "leave", reason="Enough.", by=desk.people.approver,
                                        now=desk.now) == 2
    assert desk.progress(notice).undecided == 0


def test_where_nobody_is_uncertain_there_is_nothing_to_leave(desk: Desk) -> None:
    notice = desk.launched(csv_of(1))
    desk.send_all()

    with pytest.raises(Refused, match="nothing to decide"):
        deliveries.resolve_uncertain(desk.session, notice.id, "leave", reason="Enough.", by=desk.people.approver, now=desk.now)


def test_a_decision_needs_a_reason_and_a_known_word(desk: Desk) -> None:
    desk.answer("telegram", lambda message: LOST)
    notice = desk.launched(csv_of(1))
    desk.send_all()

    with pytest.raises(Refused) as unreasoned:
        deliveries.resolve_uncertain(desk.session, notice.id, "leave", reason=" ", by=desk.people.approver,
                                     now=desk.now)
    assert "reason" in unreasoned.value.problems
    with pytest.raises(Refused) as unknown:
        deliveries.resolve_uncertain(desk.session, notice.id, "guess", reason="x", by=desk.people.approver,
                                     now=desk.now)
    assert "decision" in unknown.value.problems


def test_a_plan_may_send_the_uncertain_again_after_an_hour(desk: Desk) -> None:
    desk.answer("telegram", lambda message: LOST)
    notice = desk.launched(csv_of(1), uncertain_policy="resend_once")
    desk.send_all()
    assert desk.sweep().resent == 0

    desk.clock.move(minutes=61)
    assert desk.sweep().resent == 1
    desk.answer("telegram", lambda message: Sent("late"))
    desk.send_all()

    progress = desk.progress(notice)
    assert (progress.accepted, progress.resent, progress.state) == (1, 1, "finished")


def test_a_notice_cannot_be_launched_twice(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))

    with pytest.raises(Conflict, match="launched before by Rene Responder"):
        deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.approver, now=desk.now)
    desk.send_all()
    assert len(desk.messages) == 3


def test_the_sender_types_the_number_of_people(desk: Desk) -> None:
    notice = desk.approved(csv_of(3))

    with pytest.raises(Refused) as refused:
        deliveries.launch(desk.session, notice.id, typed_count=2, by=desk.people.responder, now=desk.now)
    assert "typed_count" in refused.value.problems
    with pytest.raises(Conflict, match="changed this notice"):
        deliveries.launch(desk.session, notice.id, typed_count=3, version=99, by=desk.people.responder, now=desk.now)
    with pytest.raises(Forbidden):
        deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.auditor, now=desk.now)
    with pytest.raises(NotFound):
        deliveries.launch(desk.session, 999, typed_count=3, by=desk.people.responder, now=desk.now)
    assert desk.session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_a_draft_cannot_be_launched(desk: Desk) -> None:
    notice = desk.drafted(csv_of(3))

    with pytest.raises(Conflict, match="a draft"):
        deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now)


def test_a_text_changed_behind_the_approval_is_held_at_launch(desk: Desk) -> None:
    notice = desk.approved(csv_of(3))
    desk.session.get_one(Notice, notice.id).texts = {"en": {"subject": "Hi", "body": "Something else"}}
    desk.session.commit()

    with pytest.raises(Conflict, match="no longer what was approved"):
        deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now)
    assert desk.progress(notice).state == "held"
    assert desk.messages == []


def test_a_text_changed_while_sending_stops_the_workers(desk: Desk) -> None:
    notice = desk.launched(csv_of(300))
    desk.send()
    before = len(desk.messages)
    desk.session.execute(update(Notice).values(fallback_language="de"))
    desk.session.commit()

    assert desk.send() == 0
    assert len(desk.messages) == before
    assert desk.progress(notice).state == "held"


def test_the_first_twenty_five_go_alone(desk: Desk) -> None:
    desk.launched(csv_of(100))
    known: list[int] = []

    def count_what_is_known(message: Message) -> Outcome:
        known.append(desk.session.scalar(select(func.count()).select_from(Delivery)) or 0)
        desk.session.rollback()
        return Sent("ok")

    desk.answer("telegram", count_what_is_known)
    desk.answer("email", count_what_is_known)
    desk.send_all()

    assert len(known) == 100
    assert all(before >= 25 for before in known[25:])


def test_others_are_told_once_that_the_first_few_went_well(desk: Desk) -> None:
    desk.launched(csv_of(100))
    told: list[int] = []

    deliveries.pump(
        desk.session, clock=desk.clock, channels={"telegram": desk.telegram, "email": desk.email}, limiter=desk.limiter,
        vault=desk.vault, letters=desk.letters, law=the_law(), worker="w1", sleep=desk.sleep, freed=lambda: told.append(len(desk.messages)))

    assert told == [25]
    assert len(desk.messages) == 100


def test_five_equal_errors_among_the_first_pause_the_notice_until_somebody_looked(desk: Desk) -> None:
    desk.answer("telegram", lambda message: BLOCKED)
    notice = desk.launched(csv_of(100))

    while desk.send():
        pass
    progress = desk.progress(notice)
    assert progress.state == "paused"
    assert "failed alike: The person has blocked the bot." in progress.state_reason
    tried = len(desk.messages)
    assert tried < 25

    deliveries.resume(desk.session, notice.id, "They did block it.", by=desk.people.responder, now=desk.now)
    desk.answer("telegram", lambda message: Sent("ok"))
    desk.send_all()
    assert desk.progress(notice).state == "finished"
    assert desk.progress(notice).adds_up


def test_twenty_failures_in_a_row_pause_the_notice(desk: Desk) -> None:
    desk.answer("telegram", lambda message: DOWN)
    notice = desk.launched(csv_of(60), canary=False)

    desk.send()

    assert desk.progress(notice).state == "paused"
    assert "in a row failed" in desk.progress(notice).state_reason


def test_a_refused_token_pauses_the_notice_and_nobody_is_lost(desk: Desk) -> None:
    desk.answer("telegram", lambda message: Rejected("The bot token is not valid.", permanent=True, channel_wide=True))
    notice = desk.launched(csv_of(10))

    desk.send()
    progress = desk.progress(notice)
    assert progress.state == "paused"
    assert "The bot token is not valid." in progress.state_reason
    assert progress.failed == 0

    desk.answer("telegram", lambda message: Sent("ok"))
    desk.clock.move(seconds=31)
    deliveries.resume(desk.session, notice.id, "New token set.", by=desk.people.approver, now=desk.now)
    desk.send_all()
    assert desk.progress(notice).accepted == 10


def test_a_channel_that_is_not_set_up_pauses_the_notice(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))

    deliveries.send_due(desk.session, clock=desk.clock, channels={}, limiter=desk.limiter, vault=desk.vault,
                        letters=desk.letters, worker="w")

    assert "not set up" in desk.progress(notice).state_reason


def test_pause_stops_within_a_sub_batch_and_gives_the_rest_back(desk: Desk) -> None:
    notice = desk.launched(csv_of(100, telegram_only=1), canary=False)

    def pause_after_first(message: Message) -> Outcome:
        if len(desk.telegram.sent) == 0 and desk.progress(notice).state == "sending":
            deliveries.pause(desk.session, notice.id, "Wait.", by=desk.people.oncall_person, now=desk.now)
        return Sent("x")

    desk.answer("telegram", pause_after_first)
    desk.send()

    progress = desk.progress(notice)
    assert (progress.state, progress.accepted, progress.waiting) == ("paused", 20, 80)
    assert desk.session.scalar(select(func.count()).where(Delivery.state == "claimed")) == 0
    assert desk.send() == 0
    deliveries.resume(desk.session, notice.id, "Go on.", by=desk.people.responder, now=desk.now)
    desk.send_all()
    assert desk.progress(notice).accepted == 100


def test_stopping_for_good_cancels_who_waits_and_the_sum_still_adds_up(desk: Desk) -> None:
    notice = desk.launched(csv_of(100))
    deliveries.send_due(
        desk.session, clock=desk.clock, channels={"telegram": desk.telegram, "email": desk.email}, only="email",
        limiter=desk.limiter, vault=desk.vault, letters=desk.letters, worker="w1")
    told = len(desk.messages)

    deliveries.cancel(desk.session, notice.id, "Wrong text.", by=desk.people.oncall_person, now=desk.now)
    desk.send_all()

    progress = desk.progress(notice)
    assert (progress.accepted, progress.cancelled, progress.waiting) == (told, 100 - told, 0)
    assert progress.adds_up
    assert progress.finished_at is not None
    with pytest.raises(Conflict):
        deliveries.resume(desk.session, notice.id, "Oops.", by=desk.people.responder, now=desk.now)
    with pytest.raises(Conflict):
        deliveries.pause(desk.session, notice.id, "Oops.", by=desk.people.responder, now=desk.now)


@pytest.mark.parametrize("outcome", [BLOCKED, BUSY, DOWN, LOST, Sent("x")])
def test_an_answer_after_the_stop_starts_nothing_new(desk: Desk, outcome: Outcome) -> None:
    notice = desk.launched(csv_of(1))

    def stop_meanwhile(message: Message) -> Outcome:
        deliveries.cancel(desk.session, notice.id, "Stop.", by=desk.people.responder, now=desk.now)
        return outcome

    desk.answer("telegram", stop_meanwhile)
    desk.send_all()
    desk.clock.move(hours=1)
    desk.send_all()

    progress = desk.progress(notice)
    assert progress.waiting == 0
    assert progress.adds_up
    assert progress.finished_at is not None
    assert desk.email.sent == []
