"""A busy machine lets slots of the pace go by: whoever was not tried goes next, and nobody is told twice or not at all."""

from collections import Counter
from collections.abc import Iterable, Sequence

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.ports import Message, Outcome, Rejected, Sent
from incident_app.models.deliveries import Chunk, Delivery
from incident_app.models.recipients import Recipient
from incident_app.services import deliveries
from tests.fakes import FakeChannel, FakeClock, FakeVault
from tests.letters_kit import Desk
from tests.people import People


class Passing(FakeChannel):
    """Tries so many of each batch, one number after the other, then everybody; remembers what it was given to send."""

    def __init__(self, name: str, batch: int, *tried: int) -> None:
        super().__init__(name, batch)
        self.tried = list(tried)
        self.batches: list[tuple[int, int]] = []

    def send(self, messages: Sequence[Message], *, wait: float = 0.0, spare: int = 0) -> list[Outcome]:
        """Try the first of them."""
        self.batches.append((len(messages), spare))
        count = self.tried.pop(0) if self.tried else len(messages)
        return super().send(messages[:count], wait=wait, spare=spare)


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def by_mail(count: int) -> bytes:
    return "".join(["email\n", *(f"person{number}@example.org\n" for number in range(1, count + 1))]).encode()


@pytest.mark.parametrize("tried", [(3, 0, 7, 1), (0,), (9, 9, 9, 9), (10, 10, 10, 10, 10, 10, 10, 10, 10, 3)])
def test_whoever_was_passed_by_goes_next_and_everybody_is_told_once(desk: Desk, tried: tuple[int, ...]) -> None:
    # Given a notice whose channel passes some of the people by
    desk.email = Passing("email", 10, *tried)
    notice = desk.launched(by_mail(100), canary=False)

    # When it is sent
    desk.send_all()

    # Then everybody got it once, as a first try
    told = Counter(message.address for message in desk.messages)
    assert told == Counter({f"person{number}@example.org": 1 for number in range(1, 101)})
    assert desk.progress(notice).sum.accepted == 100
    assert set(desk.session.scalars(select(Delivery.attempts))) == {1}
    assert (desk.progress(notice).adds_up, desk.progress(notice).state) == (True, "finished")


def test_where_nobody_was_tried_the_chunk_is_held_as_before_and_nobody_is_called_uncertain(desk: Desk) -> None:
    # Given a worker for whom every slot goes by, so often that it gives up for now
    desk.email = Passing("email", 10, *[0] * 5)
    notice = desk.launched(by_mail(20), canary=False)
    desk.send()

    # When nobody comes back for a long time
    assert desk.messages == []
    assert list(desk.session.execute(select(Chunk.state, Chunk.sending))) == [("waiting", [])]
    desk.clock.move(hours=1)
    desk.sweep()

    # Then they still wait, and are told by whoever comes next
    assert desk.progress(notice).sum.uncertain == 0
    desk.send_all()
    assert desk.progress(notice).sum.accepted == 20


def test_a_second_try_that_was_passed_by_is_not_counted_as_one(desk: Desk) -> None:
    # Given people whose first try was put off
    desk.answer("email", lambda message: Rejected("Busy.", permanent=False))
    notice = desk.launched(by_mail(12), canary=False)
    desk.send_all()
    desk.clock.move(hours=1)

    # When the line passes some of them by at the second
    desk.email = Passing("email", 20, 5)
    desk.email.answer = lambda message: Sent("ok")
    held = desk.messages.copy()
    deliveries.send_due(
        desk.session, clock=desk.clock, channels={"telegram": desk.telegram, "email": desk.email}, limiter=desk.limiter,
        vault=desk.vault, letters=desk.letters, worker="w1", sleep=desk.sleep)

    # Then all of them are told in the same turn, by their second try
    assert (len(held), len(desk.messages)) == (0, 12)
    assert desk.email.batches == [(12, 0), (7, 7)]
    assert set(desk.session.scalars(select(Delivery.attempts))) == {2}
    assert set(desk.session.scalars(select(Delivery.state))) == {DeliveryState.ACCEPTED.value}
    desk.sweep()
    assert desk.progress(notice).adds_up


def test_what_cannot_be_printed_behind_those_who_were_passed_by_waits_its_turn(desk: Desk) -> None:
    # Given three people, the last of whom lost their address, and a line that passes by the second
    desk.email = Passing("email", 3, 1)
    notice = desk.launched(by_mail(3), canary=False)
    desk.session.execute(update(Recipient).where(Recipient.number == 3).values(sealed=b""))
    desk.session.commit()

    # When it is sent
    desk.send_all()

    # Then the second is told and the last has failed, each in order
    assert desk.email.batches == [(2, 0), (1, 2)]
    assert [message.address for message in desk.messages] == ["person1@example.org", "person2@example.org"]
    assert (desk.progress(notice).sum.accepted, desk.progress(notice).sum.failed) == (2, 1)
    assert desk.progress(notice).adds_up


def test_slots_that_a_standstill_cost_are_not_taken_again_at_the_end(desk: Desk) -> None:
    # Given a line that stood still for a moment, at the beginning of a long claim
    desk.email = Passing("email", 20, 5)
    desk.launched(by_mail(100), canary=False)

    # When all of it is sent
    desk.send_all()

    # Then the last take as many slots to spare as are missed of so many, not as many as were missed then
    assert desk.email.batches == [(20, 0), (20, 0), (20, 0), (20, 0), (20, 0), (15, 3)]


class Watched(FakeVault):
    """Remembers how many contacts were opened each time."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[int] = []

    def open_each(self, wrapped_key: bytes, sealed: Iterable[tuple[bytes, str]]) -> list[bytes | None]:
        """Open them."""
        found = super().open_each(wrapped_key, sealed)
        self.opened.append(len(found))
        return found


def test_no_more_contacts_are_opened_than_a_claim_sends(desk: Desk) -> None:
    # Given a hundred people of one chunk, of whom a worker sends to fifty before it lets others have their turn
    desk.email = Passing("email", 10)
    desk.vault = watched = Watched()
    desk.launched(by_mail(100), canary=False)

    # When it claims them once
    desk.send()

    # Then these were opened at one go, before the first message left, and nobody else
    assert watched.opened == [50]
    assert len(desk.messages) == 50


def test_a_few_who_would_be_left_over_are_shared_out(desk: Desk) -> None:
    # Given one more than a batch holds, and many more
    desk.email = Passing("email", 20)
    desk.launched(by_mail(45), canary=False)
    desk.send_all()

    # Then nobody has the place of a batch to themselves
    assert [count for count, _ in desk.email.batches] == [20, 13, 12]


def test_the_first_few_at_a_fast_pace_get_slots_to_spare(desk: Desk) -> None:
    desk.email = Passing("email", 400)
    desk.limiter.rates["email"] = 1000.0
    desk.launched(by_mail(300))
    desk.send_all()
    assert desk.email.batches[0] == (25, 50)
    assert all(spare == count // 200 for count, spare in desk.email.batches[1:])


def test_at_a_slow_pace_the_first_few_hold_nobody_up_with_slots_they_do_not_need(desk: Desk) -> None:
    desk.email = Passing("email", 42)
    desk.limiter.rates["email"] = 60.0
    desk.launched(by_mail(300))
    desk.send_all()
    assert desk.email.batches[0] == (25, 3)


def test_a_database_that_is_away_while_slots_go_by_leaves_nobody_uncertain(desk: Desk) -> None:
    # Given a line that passes everybody by, and a database that cannot be written to when that is put down
    desk.email = line = Passing("email", 10, 0)
    notice = desk.launched(by_mail(10), canary=False)
    away = [True]

    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if away and statement.startswith("UPDATE delivery_chunks") and line.batches:
            away.clear()
            raise OperationalError("UPDATE", None, Exception("the server closed the connection"))

    # When it is sent
    engine = desk.session.connection().engine
    event.listen(engine, "before_cursor_execute", fail)
    desk.send_all()
    event.remove(engine, "before_cursor_execute", fail)

    # Then that was asked again, and everybody is told
    assert away == []
    assert desk.slept
    assert (desk.progress(notice).sum.accepted, desk.progress(notice).sum.uncertain) == (10, 0)
