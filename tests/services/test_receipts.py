"""What providers say later counts once, only forward, and moves people on."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import ReceiptKind
from incident_app.domain.ports import Uncertain
from incident_app.models.alerts import Alert
from incident_app.models.deliveries import Delivery, Receipt
from incident_app.models.linking import StaffNote
from incident_app.services import deliveries, linking
from incident_app.services.deliveries import Event, strange
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People

BOTH = b"email,telegram_id\nann@example.org,1\n"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def say(desk: Desk, kind: ReceiptKind, key: str = "e1", reason: str = "", delivery: str | None = None) -> int:
    """Let the provider say something about the newest delivery; return how many events were new."""
    newest = desk.session.scalar(select(Delivery.public_id).order_by(Delivery.id.desc()))
    desk.session.rollback()
    event, before = Event(key, delivery or newest or "", kind, reason, desk.now), _kept(desk)
    deliveries.record_receipts(desk.session, "sendgrid", [event], now=desk.now)
    deliveries.apply_receipts(desk.session, now=desk.now)
    return _kept(desk) - before


def _kept(desk: Desk) -> int:
    found = desk.session.scalar(select(func.count()).select_from(Receipt)) or 0
    desk.session.rollback()
    return found


def test_a_delivered_receipt_is_shown_and_counts_once(desk: Desk) -> None:
    notice = desk.launched(b"email\nann@example.org\n")
    desk.send_all()

    assert say(desk, ReceiptKind.DELIVERED) == 1
    assert say(desk, ReceiptKind.DELIVERED) == 0
    assert say(desk, ReceiptKind.DEFERRED, "e2") == 1

    assert desk.progress(notice).delivered == 1
    assert [step.what for step in deliveries.story(desk.session, notice.id, 1, by=desk.people.responder)] == [
        "sent", "delivered", "deferred"]
    assert _kept(desk) == 2


def test_a_bounce_after_the_end_goes_on_with_the_next_channel(desk: Desk) -> None:
    notice = desk.launched(BOTH, order=["email", "telegram"])
    desk.send_all()
    assert desk.progress(notice).state == "finished"

    assert say(desk, ReceiptKind.BOUNCED, reason="Mailbox ann@example.org is full") == 1

    assert desk.progress(notice).state == "sending"
    desk.send_all()
    progress = desk.progress(notice)
    assert (progress.accepted, progress.state, progress.adds_up) == (1, "finished", True)
    assert len(desk.telegram.sent) == 1
    row = desk.session.scalars(select(Delivery).order_by(Delivery.id)).first()
    assert row is not None
    assert row.reason == "The receiving mail server sent it back: Mailbox (address) is full"


def test_a_bounce_with_nowhere_to_go_is_a_failure_and_is_proved_anew(desk: Desk) -> None:
    notice = desk.launched(b"email\nann@example.org\n")
    desk.send_all()

    say(desk, ReceiptKind.BOUNCED)

    progress = desk.progress(notice)
    assert (progress.failed, progress.state, progress.adds_up) == (1, "finished", True)
    desk.clock.move(seconds=61)
    desk.sweep()
    assert [proof.number for proof in deliveries.proofs_of(desk.session, notice.id)] == [2, 1]


def test_a_receipt_resolves_an_uncertain_message(desk: Desk) -> None:
    desk.answer("email", lambda message: Uncertain("Lost."))
    notice = desk.launched(b"email\nann@example.org\n")
    desk.send_all()

    say(desk, ReceiptKind.DELIVERED)

    assert (desk.progress(notice).accepted, desk.progress(notice).uncertain) == (1, 0)


def test_a_receipt_for_a_message_that_was_sent_again_changes_nothing_for_the_person(desk: Desk) -> None:
    desk.answer("email", lambda message: Uncertain("Lost."))
    notice = desk.launched(b"email\nann@example.org\n")
    desk.send_all()
    first = desk.session.scalar(select(Delivery.public_id))
    desk.resend(notice)

    assert say(desk, ReceiptKind.DELIVERED, delivery=first) == 1

    assert desk.progress(notice).waiting == 1


def test_receipts_for_nobody_we_know_are_kept_and_change_nothing(desk: Desk) -> None:
    assert say(desk, ReceiptKind.DELIVERED, delivery="unknown") == 1
    assert say(desk, ReceiptKind.DELIVERED, delivery="unknown") == 0
    assert _kept(desk) == 1


def strangers(desk: Desk, count: int, began: int = 0) -> None:
    """Let the provider tell of messages that we never sent, and let the time pass that we wait for their rows."""
    events = [Event(f"s{number}", f"not-ours-{number}", ReceiptKind.DELIVERED, "", desk.now) for number in range(began, began + count)]
    deliveries.record_receipts(desk.session, "sendgrid", events, now=desk.now)
    desk.clock.move(minutes=10)
    deliveries.apply_receipts(desk.session, now=desk.now)


def test_messages_nobody_here_sent_wake_somebody_and_tell_every_administrator_once_a_day(desk: Desk) -> None:
    # Given fewer of them than make a doubt, and as many receipts about notes to our own people
    note_id = linking.test(desk.session, "email", by=desk.people.responder, now=desk.now).public_id
    notes = [Event(f"n{number}", note_id, ReceiptKind.DELIVERED, "", desk.now) for number in range(strange.MOST)]
    deliveries.record_receipts(desk.session, "sendgrid", notes, now=desk.now)
    strangers(desk, strange.MOST - 1)
    question = select(Alert).where(Alert.kind == strange.KIND)
    assert desk.session.scalars(question).all() == []
    assert desk.session.scalar(select(func.count()).select_from(Receipt).where(Receipt.kind == strange.STAFF)) == strange.MOST

    # When there is one more within the hour, then it wakes somebody, and the administrators are written to
    strangers(desk, 1, began=100)
    (alert,) = desk.session.scalars(question)
    assert "not in our ledger" in alert.words
    mail = select(StaffNote.address).where(StaffNote.kind == "strange")
    assert desk.session.scalars(mail).all() == ["admin@example.org"]

    # … once a day, however many more there are
    strangers(desk, strange.MOST, began=200)
    assert len(desk.session.scalars(question).all()) == 1
    assert len(desk.session.scalars(mail).all()) == 1
