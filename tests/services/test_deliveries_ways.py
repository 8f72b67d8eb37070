"""By which way somebody is told: what may not be carried is not, whom the mail provider drops is told otherwise."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import WITHHELD
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.services import deliveries, recipients
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People
from tests.services.test_preflight import FakeSuppressions, check

MIXED = (
    b"name,email,telegram_id,data\n"
    b"Ann,ann@example.org,1001,health\n"
    b"Ben,ben@example.org,1002,account\n"
    b"Cleo,,1003,health\n"
)
BOTH = b"name,email,telegram_id\nAnn,ann@example.org,1001\nBen,ben@example.org,1002\nCleo,cleo@example.org,1003\n"
WHY = "The law asks us to tell them, whatever they left."


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def suppress(desk: Desk, notice: Notice, **kinds: str) -> None:
    """Let the mail provider say that it would drop these people."""
    listed = [(f"{name}@example.org", kind) for name, kind in kinds.items()]
    recipients.ask_check(desk.session, notice.case_id, notice.list_id, by=desk.people.responder, now=desk.now)
    check(desk, FakeSuppressions(listed))


def test_a_channel_that_must_not_carry_health_data_does_not(desk: Desk) -> None:
    # Given a plan by which Telegram never carries sensitive words
    notice = desk.launched(MIXED, order=["telegram", "email"], never=["telegram"])

    # When it is sent
    desk.send_all()

    # Then who can be told otherwise is, and who cannot is named with the reason
    assert [message.address for message in desk.telegram.sent] == ["1002"]
    assert [message.address for message in desk.email.sent] == ["ann@example.org"]
    progress = desk.progress(notice)
    assert progress.reasons == ((WITHHELD, 1),)
    assert (progress.state, progress.adds_up) == ("finished", True)


def test_whom_the_mail_provider_would_drop_is_told_by_the_next_channel_at_once(desk: Desk) -> None:
    # Given a list of whom one has a dead mailbox and one unsubscribed
    notice = desk.approved(BOTH, order=["email", "telegram"], wait_minutes=60)
    suppress(desk, notice, ann="bounce", ben="unsubscribed")
    deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now)

    # When it is sent
    desk.send_all()

    # Then no email leaves for them, the next channel does not wait, and the reason stays in their story
    assert [message.address for message in desk.email.sent] == ["cleo@example.org"]
    assert [message.address for message in desk.telegram.sent] == ["1001", "1002"]
    steps = deliveries.story(desk.session, notice.id, 1, by=desk.people.responder)
    assert [(step.channel, step.what) for step in steps] == [("email", "rejected"), ("telegram", "sent")]
    assert "sent earlier mail back" in steps[0].reason
    assert desk.progress(notice).adds_up


def test_a_legal_notice_passes_the_list_but_no_dead_mailbox(desk: Desk) -> None:
    # Given a plan that passes the list, for a reason a second person approved
    notice = desk.approved(BOTH, order=["email"], bypass_reason=WHY)
    suppress(desk, notice, ann="bounce", ben="unsubscribed")
    deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now)

    # When it is sent
    desk.send_all()

    # Then who unsubscribed is written to, by a request that says so; the dead mailbox is not
    assert {message.address: message.bypass for message in desk.email.sent} == {
        "ben@example.org": True, "cleo@example.org": False}
    assert desk.progress(notice).failed == 1


def test_who_is_told_by_letter_waits_for_people_and_holds_the_end(desk: Desk) -> None:
    notice = desk.launched(b"name,email,street,city\nAnn,ann@example.org,,\nBob,,Street 1,Berlin\n", order=["email", "post"])

    desk.send_all()

    progress = desk.progress(notice)
    assert (progress.accepted, progress.waiting, progress.state) == (1, 1, "sending")
    assert desk.session.scalars(select(Delivery.state).where(Delivery.channel == "post")).all() == ["queued"]
    desk.session.rollback()
    deliveries.cancel(desk.session, notice.id, "No stamps.", by=desk.people.responder, now=desk.now)
    assert desk.progress(notice).cancelled == 1


def test_rows_that_lost_their_worker_before_leaving_wait_again(desk: Desk) -> None:
    notice = desk.launched(BOTH, order=["email"])
    desk.send_all()
    desk.session.execute(update(Delivery).where(Delivery.number == 1).values(
        state="claimed", lease_until=desk.now))
    desk.session.execute(update(Notice).values(state="sending", finished_at=None, accepted_count=2, waiting_count=1))
    desk.session.commit()

    assert desk.sweep().requeued == 1
    desk.send_all()

    assert desk.progress(notice).adds_up
