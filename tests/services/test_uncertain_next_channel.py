"""A lost answer, and a plan that tries the next channel after its wait."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import ReceiptKind
from incident_app.domain.ports import Uncertain
from incident_app.models.deliveries import Delivery
from incident_app.services import deliveries
from incident_app.services.deliveries import Event
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People

BOTH = b"email,telegram_id\nann@example.org,700000001\nben@example.org,700000002\n,700000003\n"
LOST = Uncertain("No answer within 10 s.")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    made = Desk(session, people, clock)
    made.answer("telegram", lambda message: LOST)
    return made


def standing(desk: Desk) -> dict[int, list[tuple[str, str, bool]]]:
    """Return the rows of each person: channel, state, whether it counts."""
    desk.session.expire_all()
    found: dict[int, list[tuple[str, str, bool]]] = {}
    for row in desk.session.scalars(select(Delivery).order_by(Delivery.id)):
        found.setdefault(row.number, []).append((row.channel, row.state, row.is_current))
    return found


def test_the_next_channel_is_tried_after_the_wait_and_not_before(desk: Desk) -> None:
    # Given three people whose answers by Telegram were lost, two of whom have an email address
    notice = desk.launched(BOTH, uncertain_policy="next_channel", wait_minutes=30)
    desk.send_all()
    desk.clock.move(minutes=29)
    desk.send_all()
    assert (desk.progress(notice).uncertain, desk.email.sent) == (3, [])

    # When the wait is over
    desk.clock.move(minutes=2)
    assert desk.sweep().resent == 2
    desk.send_all()

    # Then these two got an email, are listed as people who may have got it twice, and the third is to be decided about
    assert sorted(message.address for message in desk.email.sent) == ["ann@example.org", "ben@example.org"]
    progress = desk.progress(notice)
    assert (progress.accepted, progress.uncertain, progress.resent, progress.undecided) == (2, 1, 2, 1)
    assert (progress.state, progress.adds_up) == ("finished", True)
    assert standing(desk)[1] == [("telegram", "resent", False), ("email", "accepted", True)]
    assert desk.sweep().resent == 0


def test_who_was_reached_after_all_or_was_decided_about_is_not_written_to_again(desk: Desk) -> None:
    # Given two lost answers; of one a receipt comes, the other an approver leaves as it is
    notice = desk.launched(BOTH, uncertain_policy="next_channel", wait_minutes=30)
    desk.send_all()
    ann = desk.session.scalars(select(Delivery.public_id).where(Delivery.number == 1)).one()
    deliveries.record_receipts(desk.session, "telegram", [Event("k", ann, ReceiptKind.DELIVERED, "", desk.now)], now=desk.now)
    deliveries.apply_receipts(desk.session, now=desk.now)
    deliveries.resolve_uncertain(desk.session, notice.id, "leave", reason="Ben was told by telephone.", numbers=[2],
                                 by=desk.people.approver, now=desk.now)

    desk.clock.move(hours=3)
    desk.send_all()

    assert desk.email.sent == []
    assert standing(desk)[1] == [("telegram", "accepted", True)]
    assert standing(desk)[2] == [("telegram", "uncertain", True)]


def test_without_that_plan_nobody_is_told_on_another_channel(desk: Desk) -> None:
    notice = desk.launched(BOTH, wait_minutes=30)

    desk.send_all()
    desk.clock.move(hours=30)
    desk.send_all()

    assert (desk.progress(notice).uncertain, desk.email.sent) == (3, [])


def test_of_a_notice_that_was_stopped_nobody_is_told_any_more(desk: Desk) -> None:
    notice = desk.launched(BOTH, uncertain_policy="next_channel", wait_minutes=30)
    desk.send()
    deliveries.cancel(desk.session, notice.id, "The rest gets letters.", text_wrong=False, by=desk.people.responder, now=desk.now)

    desk.clock.move(hours=1)
    desk.send_all()

    assert desk.email.sent == []
