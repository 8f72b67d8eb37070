"""The judge is judged: a fault that is planted is found, and named."""

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.ports import Message, Outcome, Sent, Uncertain
from incident_app.models.audit import Head
from incident_app.models.deliveries import Delivery, Proof
from incident_app.models.notices import Notice
from incident_app.services import audit
from tests.fakes import START, FakeClock
from tests.faults.crew import chat_of, list_of
from tests.faults.judge import judge, spoil
from tests.letters_kit import Desk
from tests.people import People

Ledger = Counter[int]
Fault = Callable[[Session, Ledger], object]
UNSURE = chat_of(5)
ONE_ROW = update(Delivery).where(Delivery.id == 1)


def _answer(message: Message) -> Outcome:
    return Uncertain("lost") if int(message.address) == UNSURE else Sent("1")


def _sent(session: Session, people: People, clock: FakeClock) -> tuple[Desk, int, Ledger]:
    desk = Desk(session, people, clock)
    desk.answer("telegram", _answer)
    notice = desk.launched(list_of(30), canary=False)
    desk.send_all()
    return desk, notice.id, Counter(int(message.address) for message in desk.messages)


def test_a_send_without_a_fault_is_not_blamed(session: Session, people: People, clock: FakeClock) -> None:
    # Given a send in which one person is uncertain, who got it twice
    desk, notice_id, got = _sent(session, people, clock)
    got[UNSURE] = 2

    # Then the judge says nothing
    assert judge(session, notice_id, got, vault=desk.vault, bound=1) == []


def _sent_again(session: Session, got: Ledger) -> None:
    """Write to somebody a second time who has it, and count the second message only."""
    old = session.get_one(Delivery, 1)
    facts = {column.name: getattr(old, column.name) for column in Delivery.__table__.columns if column.name != "id"}
    old.is_current = False
    session.flush()
    session.execute(insert(Delivery).values({**facts, "public_id": "again", "round": 2}))


def _launched_twice(session: Session, got: Ledger) -> None:
    notice = session.scalars(select(Notice)).one()
    audit.record(session, action="notice.launched", by=SYSTEM, now=START, case_id=notice.case_id, subject="notice",
                 subject_id=notice.id)


def _counted_otherwise(session: Session, got: Ledger) -> None:
    proof = session.scalars(select(Proof).order_by(Proof.number.desc())).first()
    assert proof is not None
    proof.counts = {**proof.counts, "people": {**proof.counts["people"], "accepted": 30}}


def _cut_off(session: Session, got: Ledger) -> None:
    """Say that there was one more entry, as somebody who owns the tables can: nothing holds the head any more."""
    session.connection().exec_driver_sql("DROP TRIGGER audit_head_forward")
    session.execute(update(Head).values(seq=Head.seq + 1))


FAULTS: dict[str, tuple[Fault, str]] = {
    "a lost person": (lambda session, got: got.pop(chat_of(3)), "is called accepted and got nothing"),
    "an unlisted double": (lambda session, got: got.update([chat_of(3)]), "got it 2 times and is listed nowhere"),
    "a stranger": (lambda session, got: got.update([1]), "is a stranger"),
    "a wrong counter": (
        lambda session, got: session.execute(update(Notice).values(accepted_count=28)), "the counter accepted says 28"),
    "somebody without an outcome": (
        lambda session, got: session.execute(ONE_ROW.values(state="queued")), "has no outcome: queued"),
    "somebody without a row": (
        lambda session, got: session.execute(ONE_ROW.values(is_current=False)), "has 0 rows that count"),
    "a false refusal": (lambda session, got: session.execute(ONE_ROW.values(state="failed")), "is called failed and got"),
    "an old proof": (
        lambda session, got: session.execute(ONE_ROW.values(state="uncertain")), "the newest proof is not about"),
    "too many uncertain": (
        lambda session, got: session.execute(ONE_ROW.values(state="uncertain")), "2 are uncertain, at most 1"),
    "a failure without a reason": (
        lambda session, got: session.execute(ONE_ROW.values(state="failed")), "is called failed and nobody says why"),
    "a stop that nobody ordered": (
        lambda session, got: session.execute(ONE_ROW.values(state="cancelled")), "1 are called cancelled and nobody"),
    "a message to a changed contact": (
        lambda session, got: spoil(session, session.scalars(select(Notice.id)).one(), [3]), "-3 is called accepted"),
    "a second message unseen": (_sent_again, "was written to again, and the first message is neither"),
    "a second launch": (_launched_twice, "the record says 2 launches"),
    "a record cut off": (_cut_off, "the record does not hold"),
    "a proof that counts otherwise": (_counted_otherwise, "the newest proof counts otherwise"),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_named(session: Session, people: People, clock: FakeClock, name: str) -> None:
    # Given a send that went well but for one, and a fault planted in it
    desk, notice_id, got = _sent(session, people, clock)
    plant, words = FAULTS[name]
    plant(session, got)
    session.commit()

    # Then the judge names it
    said = judge(session, notice_id, got, vault=desk.vault, bound=1)
    assert any(words in line for line in said), said
