"""What exactly did this person get? To the letter what left, recorded as a look at their contact."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.notices import Envelope
from incident_app.domain.ports import Message, Rejected, Uncertain
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery
from incident_app.services import deliveries, notices
from incident_app.services.deliveries import Recalled
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People

LIST = (b"name,email,telegram_id,language,data\nAnn,a@example.org,,en,health\nBob,,700000002,de,wallet\n"
        b"Cem,c@example.org,,tlh,\n")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def recall(desk: Desk, notice_id: int, number: int, envelope: Envelope | None = None) -> Recalled:
    """Ask as the responder."""
    return deliveries.recall(desk.session, notice_id, number, by=desk.people.responder, now=desk.now, vault=desk.vault,
                             letters=desk.letters, envelope=envelope)


def left(message: Message) -> str:
    """Return the text of a message as it left."""
    text = message.text
    for mark, value in message.fill.items():
        text = text.replace(mark, value)
    return text


def test_it_is_to_the_letter_what_left_on_each_channel(desk: Desk) -> None:
    # Given a notice that three people got, each with data and a language of their own
    notice = desk.launched(LIST)
    desk.send_all()
    sent = {message.address: left(message) for message in desk.messages}

    # When somebody asks what they got
    ann, bob, cem = (recall(desk, notice.id, number) for number in (1, 2, 3))

    # Then it is what the channels were given, and nothing of anybody else
    for seen, address, channel in ((ann, "a@example.org", "email"), (bob, "700000002", "telegram"),
                                   (cem, "c@example.org", "email")):
        assert [(copy.channel, copy.text, copy.certain) for copy in seen.copies] == [(channel, sent[address], True)]
        assert seen.copies[0].at is not None
        assert seen.as_approved
    assert (ann.language, bob.language, cem.language) == ("en", "de", "en")
    assert "Hello Ann" in ann.copies[0].text
    assert "health" in ann.copies[0].text
    assert "health" not in cem.copies[0].text

    # And each look is in the record, as one at a contact, without a name
    looks = desk.session.scalars(select(Entry).where(Entry.action == "recipients.opened").order_by(Entry.seq)).all()
    assert [entry.details["person"] for entry in looks] == ["P-00001", "P-00002", "P-00003"]
    assert "Ann" not in str([entry.details for entry in looks])


def test_a_lost_answer_is_said_to_be_one(desk: Desk) -> None:
    desk.answer("email", lambda _message: Uncertain("No answer came."))
    notice = desk.launched(LIST)
    desk.send_all()

    assert [copy.certain for copy in recall(desk, notice.id, 1).copies] == [False]


def test_who_got_nothing_is_not_opened(desk: Desk) -> None:
    desk.answer("email", lambda _message: Rejected("No such mailbox.", permanent=True))
    notice = desk.launched(LIST)
    desk.send_all()

    with pytest.raises(Refused, match="Nothing was sent"):
        recall(desk, notice.id, 1)
    assert desk.session.scalar(select(Entry).where(Entry.action == "recipients.opened")) is None


def test_a_letter_by_post_is_the_words_alone(desk: Desk) -> None:
    notice = desk.launched(LIST)
    desk.send_all()
    row = desk.session.scalars(select(Delivery)).first()
    assert row is not None
    row.channel = "post"
    desk.session.commit()

    assert recall(desk, notice.id, row.number).copies[0].text.startswith(("Hello", "Guten Tag"))


def test_another_layout_than_the_approved_one_is_said(desk: Desk) -> None:
    # Given an approval that binds the layout and the blocks of its day
    then = Envelope("dpo@example.org", "then")
    notice = desk.drafted(LIST)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now, envelope=then)
    deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now)
    desk.send_all()

    assert recall(desk, notice.id, 1, then).as_approved
    assert not recall(desk, notice.id, 1, Envelope("dpo@example.org", "now")).as_approved


def test_only_who_works_on_cases_may_ask_and_nobody_once_the_key_is_gone(desk: Desk) -> None:
    notice = desk.launched(LIST)
    desk.send_all()

    with pytest.raises(Forbidden):
        deliveries.recall(desk.session, notice.id, 1, by=desk.people.auditor, now=desk.now, vault=desk.vault,
                          letters=desk.letters)
    desk.session.execute(update(Case).values(data_key=None))
    desk.session.commit()
    with pytest.raises(Refused, match="cannot be opened"):
        recall(desk, notice.id, 1)
