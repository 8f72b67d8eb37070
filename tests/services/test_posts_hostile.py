"""Whatever outsiders put into what a provider passes on is kept and applied, and holds up nobody else's receipt."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.api.hooks import KINDS, events_of
from incident_app.domain.ports import Message, Outcome, Rejected, Sent
from incident_app.domain.providers import LONGEST_REASON
from incident_app.models.deliveries import Attempt, Delivery, Receipt
from incident_app.models.receiving import ReceiptPost
from incident_app.services import deliveries
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People

ONE_NOTICE = 40
LONG = 200_000
UGLY = (
    "", "\0", "\x1f", "a\x1fb\x1fc", "\x1f" * 300, "\ud800", "\udfff a", "\u202eevil\u2066", "\u200f", "'\"; --", "\\", "\\x00", "\\u0000",
    "\\N", "{a,b}", '{"a": 1}', ",,,", "NULL", "\t\n\r", "\ufffe\uffff", "\U0010ffff", "é" * 161, "a" * LONG, "@" * LONG, "a@b" * LONG,
    " " * LONG,
)
WORDS = st.one_of(st.sampled_from(UGLY), st.text(st.characters(codec=None), max_size=30),  # lone surrogates are among them
                  st.lists(st.sampled_from(UGLY[:22]), max_size=4).map("".join))
EVENT = st.fixed_dictionaries(
    {"event": st.sampled_from(sorted(KINDS)), "delivery_id": WORDS, "sg_event_id": WORDS},
    optional={"reason": WORDS, "response": WORDS, "sg_message_id": WORDS, "timestamp": st.sampled_from((1, 2**33 - 1, 2**33, -1, True))})
SLOW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])


@dataclass
class Posts:
    """People who were written to, and what the provider says of it."""

    desk: Desk
    fresh: list[str] = field(default_factory=list)
    count: int = 0

    def told(self) -> str:
        """Return the id of a message of which nothing was said yet."""
        if not self.fresh:
            lines = "".join(f"p{number}@example.org,{number}\n" for number in range(1, ONE_NOTICE + 1))
            notice = self.desk.launched(f"email,telegram_id\n{lines}".encode(), order=["email", "telegram"])
            self.desk.send_all()
            self.fresh = list(self.desk.session.scalars(
                select(Delivery.public_id).where(Delivery.notice_id == notice.id).order_by(Delivery.id)))
            self.desk.session.rollback()
        return self.fresh.pop()

    def event(self, kind: str, delivery_id: str, words: str = "250 OK", key: str = "") -> dict[str, Any]:
        """An event as the provider makes it, with an id that no other has."""
        self.count += 1
        return {"event": kind, "delivery_id": delivery_id, "sg_event_id": f"e{self.count}-{key}", "response": words}

    def post(self, *events: dict[str, Any]) -> None:
        """Let them come as one post, in JSON as it travels."""
        found = events_of(json.dumps(events).encode(), self.desk.now)
        assert len(found) == len(events)
        deliveries.record_receipts(self.desk.session, "sendgrid", found, now=self.desk.now)

    def apply(self) -> int:
        """Apply what waits, as the clock does; return what is left of what is due."""
        session = self.desk.session
        while deliveries.apply_receipts(session, now=self.desk.now):
            pass
        left = (session.scalar(select(func.count()).select_from(ReceiptPost)) or 0) + (session.scalar(
            select(func.count()).select_from(Receipt).where(Receipt.applied_at.is_(None), Receipt.due_at <= self.desk.now)) or 0)
        session.rollback()
        return left

    def said_of(self, delivery_id: str) -> tuple[str, str]:
        """Return what a message came to, and what is written of it."""
        row = self.desk.session.execute(select(Delivery.receipt, Delivery.reason).where(Delivery.public_id == delivery_id)).one()
        self.desk.session.rollback()
        return row.receipt, row.reason

    def kept(self) -> int:
        """Return how many receipts are kept."""
        found = self.desk.session.scalar(select(func.count()).select_from(Receipt)) or 0
        self.desk.session.rollback()
        return found


@pytest.fixture
def posts(session: Session, people: People, clock: FakeClock) -> Posts:
    """A provider that passes on what others wrote."""
    return Posts(Desk(session, people, clock))


@given(words=WORDS, key=WORDS, strangers=st.lists(EVENT, max_size=4))
@example(words="a\0b", key="\0", strangers=[])
@example(words="\ud800", key="\udfff", strangers=[{"event": "bounce", "delivery_id": "\ud800\x1f", "sg_event_id": "\0"}])
@example(words="a" * LONG, key="\x1f" * 300, strangers=[{"event": "delivered", "delivery_id": "", "sg_event_id": ""}])
@SLOW
def test_what_outsiders_wrote_is_kept_and_holds_nobody_up(posts: Posts, words: str, key: str, strangers: list[dict[str, Any]]) -> None:
    # Given hostile words in a post: about messages of ours, and about none, around an honest receipt; and another post
    honest, bounced, arrived, elsewhere = (posts.told() for _ in range(4))
    before = posts.kept()
    posts.post(*strangers, posts.event("bounce", bounced, words, key), posts.event("delivered", honest),
               posts.event("delivered", arrived, words, key))
    posts.post(posts.event("delivered", elsewhere))

    # When they are applied, then nothing waits
    assert posts.apply() == 0

    # And everybody's receipt counts, the hostile ones too
    assert [posts.said_of(one)[0] for one in (honest, arrived, elsewhere)] == ["delivered"] * 3
    receipt, reason = posts.said_of(bounced)
    assert receipt == "bounced"
    assert "\0" not in reason
    assert len(reason) <= LONGEST_REASON
    assert posts.kept() >= before + 4


@given(words=WORDS, permanent=st.booleans())
@example(words="550 \0", permanent=True)
@example(words="\ud800", permanent=False)
@SLOW
def test_a_refusal_in_hostile_words_is_written_down_beside_the_others(posts: Posts, words: str, *, permanent: bool) -> None:
    # Given a mail server that refuses one message in such words
    desk = posts.desk

    def answer(message: Message) -> Outcome:
        return Rejected(words, permanent) if message.address == "p1@example.org" else Sent("taken")

    desk.answer("email", answer)

    # When a notice goes to four people
    notice = desk.launched(b"email\np1@example.org\np2@example.org\np3@example.org\np4@example.org\n", order=["email"])
    desk.send()

    # Then each has what came of it, and the refusal is in the story of the one
    states = desk.session.execute(select(Delivery.number, Delivery.state).where(Delivery.notice_id == notice.id)).all()
    tried = desk.session.scalars(select(Attempt.outcome).join(Delivery, Delivery.id == Attempt.delivery_id)
                                 .where(Delivery.notice_id == notice.id, Delivery.number == 1)).all()
    desk.session.rollback()
    assert {row.number: row.state for row in states} == {1: "failed" if permanent else "retry_wait", 2: "accepted", 3: "accepted", 4: "accepted"}
    assert tried == ["rejected"]
