"""What a page that follows a send says of who still waits: how long it takes, and whom that does not count."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import LEASE, SENDING_LEASE
from incident_app.domain.ports import Message, Outcome, Rejected
from incident_app.models.following import unanswered_chunk, unanswered_row
from incident_app.models.notices import Notice
from incident_app.services import deliveries
from incident_app.services.deliveries import posting
from tests.fakes import FakeClock
from tests.letters_kit import Desk, Died, PacedLimiter, csv_of
from tests.people import People

GONE = Rejected("The mailbox does not exist", permanent=True)
FIRST, SECOND = "one@example.org", "two@example.org"
LIST = (
    b"name,email,telegram_id,street,postcode,city\n"
    b"One,one@example.org,700000001,,,\n"
    b"Two,two@example.org,,Example street 2,10115,Berlin\n"
    b"Three,,,Example street 3,10115,Berlin\n"
    b"Four,,,Example street 4,10115,Berlin\n"
)


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    made = Desk(session, people, clock)
    made.answer("email", lambda message: GONE)
    return made


@pytest.fixture
def notice(desk: Desk) -> Notice:
    """Two emails came back: one person's turn is Telegram, another's a letter, in two hours; two wait for a letter now."""
    made = desk.launched(LIST, order=["email", "telegram", "post"], wait_minutes=120, canary=False)
    while desk.send():
        pass
    return made


def letters(desk: Desk, notice: Notice, most: int | None = None) -> tuple[int, int, bool]:
    """Return how many wait for a letter, for how many it is their turn, and whether a page may follow that."""
    stand = posting.posting_of(desk.session, desk.session.get_one(Notice, notice.id), now=desk.now, most=most)
    return stand.waiting, stand.due, stand.follows


def test_who_waits_for_the_next_channel_makes_it_last_that_long_and_letters_are_said_apart(desk: Desk, notice: Notice) -> None:
    # Given a send in which the last message goes out in two hours, and three people can only be told by letter
    seen = desk.progress(notice)
    assert (seen.waiting, seen.letters) == (4, 3)
    assert seen.waits_until == desk.now + timedelta(hours=2)
    assert seen.seconds_left == 2 * 3600

    # When that message went out
    desk.clock.move(hours=2, seconds=1)
    while desk.send():
        pass

    # Then nothing is left that takes time: what is left, people do
    seen = desk.progress(notice)
    assert (seen.waiting, seen.letters, seen.seconds_left, seen.waits_until) == (3, 3, None, None)


def test_where_many_are_to_be_written_to_it_takes_as_long_as_they_take(desk: Desk, notice: Notice) -> None:
    # Given two more hours to wait, of which one minute is left
    desk.clock.move(minutes=119)
    assert desk.progress(notice).seconds_left == 60

    # When the turn of all who wait has come, and nobody wrote to them yet
    desk.clock.move(minutes=2)

    # Then only how fast messages go counts
    seen = desk.progress(notice)
    assert (seen.seconds_left, seen.waits_until) == (0, None)


def test_letters_are_known_at_a_glance_as_they_are_when_counted(desk: Desk, notice: Notice) -> None:
    # Given two people whose turn is a letter now, and one whose turn it will be
    assert letters(desk, notice) == (3, 2, True)

    # Then the smaller part tells the larger one, whichever that is
    assert letters(desk, notice, most=1) == (3, 2, True)
    assert letters(desk, notice, most=2) == (3, 2, True)

    # … and where both are too many to count, it says that it does not follow
    assert letters(desk, notice, most=0) == (3, 0, False)

    # … until the turn of all has come
    desk.clock.move(hours=3)
    assert letters(desk, notice, most=0) == (3, 3, True)


def test_the_smaller_part_may_be_those_whose_turn_it_is(desk: Desk) -> None:
    # Given two people whose turn is a letter in two hours, and one whose turn it is
    lines = [f"{number},person{number}@example.org,Example street {number},10115,Berlin" for number in (1, 2)]
    content = "\n".join(["name,email,street,postcode,city", *lines, "3,,Example street 3,10115,Berlin", ""]).encode()
    notice = desk.launched(content, order=["email", "post"], wait_minutes=120, canary=False)
    while desk.send():
        pass

    assert letters(desk, notice) == (3, 1, True)
    assert letters(desk, notice, most=1) == (3, 1, True)


def flood(desk: Desk, notice: Notice, seconds: float = 0) -> deliveries.Progress:
    """Return what a page says while the provider's wish holds Telegram for so many seconds, at ten messages a second."""
    return deliveries.overview(desk.session, notice.id, now=desk.now, rates={"telegram": 10.0, "email": 10.0},
                               holds={"telegram": seconds} if seconds else {})


def test_while_a_provider_holds_the_channel_it_takes_as_long_and_says_until_when(desk: Desk) -> None:
    # Given a notice to forty people by Telegram, launched while another one's flood holds the channel
    content = csv_of(40, telegram_only=1)
    notice = desk.launched(content, order=["telegram"], canary=False)
    assert flood(desk, notice).seconds_left == 4

    # Then it takes as long as the provider asked to wait, and the sending after it
    seen, until = flood(desk, notice, 100), desk.now + timedelta(seconds=100)
    assert (seen.seconds_left, seen.waits_until, seen.holds) == (104, until, (("telegram", until),))

    # … and until when nothing leaves is said too where the sending itself takes longer
    seen, until = flood(desk, notice, 2.5), desk.now + timedelta(seconds=2.5)
    assert (seen.seconds_left, seen.waits_until) == (7, until)


def test_a_channel_that_is_held_and_that_nobody_waits_for_holds_nothing_up(desk: Desk, notice: Notice) -> None:
    # Given a notice of which nobody's turn is Telegram any more, but letters
    desk.clock.move(hours=2, seconds=1)
    while desk.send():
        pass

    seen = flood(desk, notice, 100)

    assert (seen.seconds_left, seen.waits_until, seen.holds) == (None, None, ())


def test_people_whose_turn_was_put_off_make_it_last_that_long(desk: Desk) -> None:
    # Given a worker who gave people back, because the line was held for longer than it keeps them
    notice = desk.launched(csv_of(40, telegram_only=1), order=["telegram"], canary=False)
    desk.limiter = PacedLimiter(90.0)
    desk.send()

    # Then a page that knows of no hold knows it by when they are due
    seen = flood(desk, notice)
    assert (seen.seconds_left, seen.waits_until) == (90, desk.now + timedelta(seconds=90))


def test_what_a_worker_has_in_hand_who_is_gone_is_told_until_others_take_over(desk: Desk) -> None:
    # Given a worker who went down with people in hand, to whom nothing had been sent yet
    notice = desk.launched(csv_of(40, telegram_only=1), order=["telegram"], canary=False)
    desk.limiter, at = PacedLimiter(None), desk.now
    with pytest.raises(Died):
        desk.send()
    desk.session.rollback()
    assert flood(desk, notice).taken_over_at is None  # it may still be at work

    # When nothing was heard of it for longer than any worker keeps silent
    desk.clock.move(seconds=20)

    # Then it takes until others take over
    seen = flood(desk, notice)
    assert (seen.taken_over_at, seen.waits_until, seen.seconds_left) == (at + LEASE, at + LEASE, 40)

    # … and once that is over, a page does not wait for it any more
    desk.clock.move(seconds=41)
    assert flood(desk, notice).taken_over_at is None
    desk.sweep()
    desk.limiter = PacedLimiter()
    assert desk.send() == 40


def test_messages_under_way_of_a_worker_who_is_gone_are_told_too(desk: Desk) -> None:
    # Given people whose second try was under way when the machine went down
    notice = desk.launched(csv_of(3, telegram_only=1), order=["telegram"], canary=False)
    desk.answer("telegram", lambda message: Rejected("Telegram asks us to slow down.", permanent=False, retry_after=30))
    desk.send()
    desk.clock.move(seconds=31)

    def down(message: Message) -> Outcome:
        raise Died

    desk.answer("telegram", down)
    with pytest.raises(Died):
        desk.send()
    desk.session.rollback()

    # Then after a while it takes until their lease runs out: nobody knows before whether they were reached
    at = desk.now
    desk.clock.move(seconds=20)
    seen = flood(desk, notice)
    assert (seen.taken_over_at, seen.seconds_left) == (at + SENDING_LEASE, 130)


@pytest.mark.parametrize(("question", "index"), [
    (unanswered_row, "ix_deliveries_held"), (unanswered_chunk, "ix_delivery_chunks_held"),
])
def test_who_is_in_a_silent_hand_is_read_from_the_few_that_are_in_any(
    desk: Desk, question: Callable[[int, datetime], Select[datetime | None]], index: str
) -> None:
    bind = desk.session.get_bind()
    asked = question(1, desk.now).compile(bind, compile_kwargs={"literal_binds": True})
    if bind.dialect.name == "postgresql":
        desk.session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
    how = "EXPLAIN QUERY PLAN" if bind.dialect.name == "sqlite" else "EXPLAIN"
    steps = "\n".join(str(row) for row in desk.session.connection().exec_driver_sql(f"{how} {asked}"))

    assert index in steps
