"""What providers say later counts once, only forward, and moves people on."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import ReceiptKind
from incident_app.domain.ports import Uncertain
from incident_app.models.deliveries import Delivery, Receipt
from incident_app.services import deliveries
from incident_app.services.deliveries import Event
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
    event = Event(key, delivery or newest or "", kind, reason, desk.now)
    new = deliveries.record_receipts(desk.session, "sendgrid", [event], now=desk.now)
    deliveries.apply_receipts(desk.session, now=desk.now)
    return new


def test_a_delivered_receipt_is_shown_and_counts_once(desk: Desk) -> None:
    notice = desk.launched(b"email\nann@example.org\n")
    desk.send_all()

    assert say(desk, ReceiptKind.DELIVERED) == 1
    assert say(desk, ReceiptKind.DELIVERED) == 0
    assert say(desk, ReceiptKind.DEFERRED, "e2") == 1

    assert desk.progress(notice).delivered == 1
    assert [step.what for step in deliveries.story(desk.session, notice.id, 1, by=desk.people.responder)] == [
        "sent", "delivered", "deferred"]
    assert desk.session.scalar(select(func.count()).select_from(Receipt)) == 2


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
    assert row.reason == "Mailbox (address) is full"


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
    assert desk.session.scalar(select(func.count()).select_from(Receipt)) == 1
