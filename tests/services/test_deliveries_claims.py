"""A worker whose channel takes a thousand at once claims several chunks; what it does not come to is free for the others."""

from collections import Counter

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.ports import Message, Outcome, Rejected, Sent
from incident_app.models.deliveries import Chunk, Delivery
from incident_app.services import deliveries
from tests.fakes import FakeChannel, FakeClock
from tests.letters_kit import Desk
from tests.people import People

COUNT = 350  # in chunks of a hundred
PEOPLE = ("email\n" + "".join(f"person{number}@example.org\n" for number in range(1, COUNT + 1))).encode()


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock, email=FakeChannel("email", batch=1000))


def chunks(desk: Desk) -> list[tuple[int, str, bool]]:
    """Return how far each chunk is: the first of its people, its state, whether somebody holds it."""
    found = desk.session.execute(select(Chunk.first, Chunk.state, Chunk.claim_token).order_by(Chunk.first)).all()
    desk.session.rollback()
    return [(first, state, state != "done" and token is not None) for first, state, token in found]


@pytest.mark.parametrize("canary", [True, False])
def test_several_chunks_are_claimed_at_once_and_everybody_gets_one_message(desk: Desk, canary: bool) -> None:
    notice = desk.launched(PEOPLE, canary=canary)
    claims = Counter[str]()

    def look(message: Message) -> Outcome:
        claims.update(state for _, state, _ in chunks(desk)[1:])
        return Sent(f"id\t{message.delivery_id}\\n")  # whatever a provider calls it

    desk.answer("email", look)

    # When a worker sends, then more than one chunk is its own meanwhile
    desk.send_all()
    assert claims["claimed"] > 0

    # … and everybody has one message, and the provider's words for it as they are
    assert Counter(message.address for message in desk.messages).most_common(1)[0][1] == 1
    assert len(desk.messages) == COUNT
    progress = desk.progress(notice)
    assert (progress.accepted, progress.state, progress.adds_up) == (COUNT, "finished", True)
    assert set(desk.session.scalars(select(Delivery.provider_reference))) == {
        f"id\t{message.delivery_id}\\n" for message in desk.messages}


def test_what_a_worker_does_not_come_to_is_free_again_at_once(desk: Desk) -> None:
    # Given a provider that refuses everything
    notice = desk.launched(PEOPLE, canary=False)
    desk.answer("email", lambda _message: Rejected("The key is gone.", permanent=True, channel_wide=True))

    # When a worker sends, then the notice stops, and no chunk is held that nobody works on
    desk.send()
    assert desk.progress(notice).state == "paused"
    assert [one[1:] for one in chunks(desk)] == [("done", False)] + 3 * [("waiting", False)]

    # … so that as soon as it goes on, everybody is written to
    desk.answer("email", lambda _message: Sent("m"))
    deliveries.resume(desk.session, notice.id, "The key is back.", by=desk.people.responder, now=desk.now)
    desk.clock.move(minutes=40)
    desk.send_all()
    assert desk.progress(notice).accepted == COUNT
    assert Counter(message.address for message in desk.messages).most_common(1)[0][1] == 1


def test_a_list_that_nobody_cut_further_is_cut_before_it_is_looked_at_again(desk: Desk) -> None:
    # Given a worker that ended after the first two thousand, before it cut the next
    lines = "".join(f"person{number}@example.org\n" for number in range(1, 2002))
    desk.launched(f"email\n{lines}".encode(), canary=False)
    desk.session.execute(update(Chunk).values(state="done", done_to=Chunk.last))
    desk.session.commit()

    # When another one looks once, then it writes to the last
    assert desk.send() == 1
    assert [message.address for message in desk.messages] == ["person2001@example.org"]
