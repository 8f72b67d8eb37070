"""What was kept of chats and of notes to our own people goes when it is of no use any more."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.linking import Chat
from incident_app.domain.ports import Message, Outcome, Rejected, Sent
from incident_app.models.linking import ChatLink, StaffNote
from incident_app.services import linking
from incident_app.tasks import bot as tasks
from tests.fakes import START, FakeChannel, FakeClock
from tests.people import People

DAY = timedelta(days=1)
STRANGER, ANA = Chat("9999", "private", "Stranger"), Chat("7001", "private", "Ana", "ana")


def _claimed(session: Session, who: Actor, chat: Chat) -> int:
    linking.claim(session, linking.new_code(session, by=who, browser="b", now=START), chat, now=START)
    found = linking.latest(session, by=who, browser="b", now=START)
    assert found is not None
    return found.id


def _chats(session: Session) -> list[tuple[str, str]]:
    session.expire_all()
    return [(link.chat_id, link.chat_name) for link in session.scalars(select(ChatLink).order_by(ChatLink.id))]


def test_a_strangers_chat_is_forgotten_when_the_code_it_sent_expires(session: Session, people: People) -> None:
    _claimed(session, people.oncall_person, STRANGER)

    assert linking.forget_old(session, now=START + timedelta(minutes=10)) == 0
    assert _chats(session) == [("9999", "Stranger")]
    assert linking.forget_old(session, now=START + timedelta(minutes=11)) == 1
    assert linking.forget_old(session, now=START + timedelta(minutes=11)) == 0
    assert _chats(session) == [("", "")]


def test_the_chat_of_a_link_that_ended_is_forgotten_after_a_month_and_one_in_force_never(
    session: Session, people: People
) -> None:
    for who, chat in ((people.oncall_person, ANA), (people.responder, Chat("7002", "private", "Ben"))):
        linking.confirm(session, _claimed(session, who, chat), by=who, browser="b", now=START)
    linking.unlink(session, by=people.oncall_person, now=START)

    linking.forget_old(session, now=START + 30 * DAY)
    assert _chats(session) == [("7001", "Ana (@ana)"), ("7002", "Ben")]
    linking.forget_old(session, now=START + 300 * DAY)
    assert _chats(session) == [("", ""), ("7002", "Ben")]


def test_notes_go_a_month_after_they_were_sent_or_given_up_and_not_before(
    session: Session, people: People, clock: FakeClock
) -> None:
    # Given one that was sent, one that was refused, and one nobody has sent yet
    def answer(message: Message) -> Outcome:
        return Rejected("No such mailbox.", permanent=True) if message.address.startswith("responder") else Sent("1")

    email = FakeChannel("email")
    email.answer = answer
    for who in (people.oncall_person, people.responder):
        linking.test(session, "email", by=who, now=START)
    assert linking.send_notes(session, {"email": email}, clock=clock) == 2
    linking.test(session, "email", by=people.approver, now=START)

    def left() -> list[str]:
        return list(session.scalars(select(StaffNote.state).order_by(StaffNote.id)))

    assert linking.forget_old(session, now=START + 30 * DAY) == 0
    assert left() == ["accepted", "failed", "planned"]
    assert linking.forget_old(session, now=START + 31 * DAY) == 2
    assert left() == ["planned"]


def test_the_clock_starts_it(app: Flask) -> None:
    tasks.forget()
