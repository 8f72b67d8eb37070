"""What a page that follows a send says of who still waits: how long it takes, and whom that does not count."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.ports import Rejected
from incident_app.models.notices import Notice
from incident_app.services.deliveries import posting
from tests.fakes import FakeClock
from tests.letters_kit import Desk
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
