"""Who was not reached is tried again by reason; who was stopped gets a row that says so."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.domain.ports import Message, Outcome, Rejected, Sent
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.audit import Entry
from incident_app.models.deliveries import Chunk, Delivery, Tally
from incident_app.models.notices import Notice
from incident_app.models.recipients import PartRow, Recipient
from incident_app.services import deliveries
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

BLOCKED = Rejected("The person has blocked the bot.", permanent=True)
FULL = Rejected("The mailbox is full: quota 4711 reached", permanent=True)


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def test_those_who_failed_for_one_reason_are_tried_again_and_nobody_else(desk: Desk) -> None:
    # Given a notice some were not reached by, for two reasons
    desk.answer("email", lambda message: FULL)
    desk.answer("telegram", lambda message: BLOCKED)
    notice = desk.launched(csv_of(12), order=["email"], canary=False)
    desk.send_all()
    assert desk.progress(notice).reasons == (("The mailbox is full", 8), ("No address on any channel of this plan", 4))

    # When the mailboxes have room again and somebody says so
    desk.answer("email", lambda message: Sent("ok"))
    count = deliveries.retry_failed(desk.session, notice.id, "The mailbox is full", reason="They cleaned up.",
                                    by=desk.people.responder, now=desk.now)

    # Then those are written to once more, with an id of their own, and the notice ends anew
    assert count == 8
    assert desk.progress(notice).state == "sending"
    desk.send_all()
    progress = desk.progress(notice)
    assert (progress.accepted, progress.failed, progress.state, progress.adds_up) == (8, 4, "finished", True)
    assert len({message.delivery_id for message in desk.email.sent}) == 8
    assert "deliveries.tried_again" in desk.session.scalars(select(Entry.action)).all()
    steps = deliveries.story(desk.session, notice.id, 1, by=desk.people.responder)
    assert [step.what for step in steps] == ["rejected", "sent"]


def test_nobody_is_tried_again_for_a_reason_nobody_failed_for(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    desk.send_all()

    with pytest.raises(Refused, match="Nobody to try again"):
        deliveries.retry_failed(desk.session, notice.id, "Bad weather", reason="Sun.", by=desk.people.responder,
                                now=desk.now)
    with pytest.raises(Refused):
        deliveries.retry_failed(desk.session, notice.id, "Bad weather", reason=" ", by=desk.people.responder,
                                now=desk.now)


def test_nobody_of_a_stopped_notice_is_tried_again(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    deliveries.cancel(desk.session, notice.id, "Wrong.", by=desk.people.responder, now=desk.now)

    with pytest.raises(Conflict, match="cannot be tried again"):
        deliveries.retry_failed(desk.session, notice.id, "x", reason="y", by=desk.people.responder, now=desk.now)


def test_a_stop_waits_for_what_is_under_way_and_then_writes_everybodys_row(desk: Desk) -> None:
    # Given a notice with one message under way and others that wait for another try
    notice = desk.launched(csv_of(60), canary=False)
    seen: list[int] = []

    def stop_meanwhile(message: Message) -> Outcome:
        if not seen:
            seen.append(1)
            deliveries.cancel(desk.session, notice.id, "Stop.", by=desk.people.responder, now=desk.now)
            assert desk.progress(notice).cancelled == 0
        return Sent("ok") if len(desk.telegram.sent) % 2 else Rejected("Busy.", permanent=False)

    # When it is stopped meanwhile
    desk.answer("telegram", stop_meanwhile)
    desk.answer("email", stop_meanwhile)
    desk.send()
    desk.sweep()

    # Then who was under way got the answer, and everybody else is called stopped
    progress = desk.progress(notice)
    assert progress.adds_up
    assert progress.waiting == 0
    assert progress.accepted == len(desk.messages)
    assert progress.state == "cancelled"
    assert progress.finished_at is not None
    assert desk.session.scalar(select(func.count()).select_from(Delivery)) == 60
    assert desk.sweep().finished == 0


def test_a_list_whose_people_were_swapped_is_held_before_any_of_them_is_written_to(desk: Desk) -> None:
    notice = desk.launched(csv_of(30), canary=False)
    desk.session.execute(update(Recipient).where(Recipient.number == 7).values(blind=b"somebody else"))
    desk.session.commit()

    desk.send_all()

    assert desk.messages == []
    progress = desk.progress(notice)
    assert (progress.state, progress.waiting) == ("held", 30)


def test_a_list_with_one_more_person_is_held_at_the_launch(desk: Desk) -> None:
    notice = desk.approved(csv_of(3))
    desk.session.execute(update(Recipient).where(Recipient.number == 3).values(number=4))
    desk.session.commit()

    with pytest.raises(Conflict, match="no longer what was approved"):
        deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now)


def test_tallies_and_rows_say_the_same_at_every_moment(desk: Desk) -> None:
    desk.answer("telegram", lambda message: BLOCKED)
    notice = desk.launched(csv_of(40), canary=False)

    while desk.send():
        rows = {(row.channel, row.state, row.cause): row[3] for row in desk.session.execute(
            select(Delivery.channel, Delivery.state, Delivery.cause, func.count().label("count"))
            .where(Delivery.is_current, Delivery.state != "queued")
            .group_by(Delivery.channel, Delivery.state, Delivery.cause))}
        tallied: dict[tuple[str, str, str], int] = {}
        for one in desk.session.scalars(select(Tally).where(Tally.state != "waiting")):
            key = (one.channel, one.state, one.cause)
            tallied[key] = tallied.get(key, 0) + one.count
        desk.session.rollback()
        assert {key: count for key, count in tallied.items() if count} == rows
    assert desk.progress(notice).adds_up


def test_people_who_wait_are_listed_whether_they_have_a_row_or_not(desk: Desk) -> None:
    desk.answer("telegram", lambda message: Rejected("Busy.", permanent=False))
    notice = desk.launched(csv_of(30), canary=False)

    before = deliveries.people_page(desk.session, notice.id, by=desk.people.responder, bucket="waiting", limit=500)
    desk.send()
    waiting = deliveries.people_page(desk.session, notice.id, by=desk.people.responder, bucket="waiting", limit=500)
    accepted = deliveries.people_page(desk.session, notice.id, by=desk.people.responder, bucket="accepted", limit=500)

    assert len(before) == 30
    assert len(waiting) == desk.progress(notice).waiting
    assert sorted(line.number for line in waiting + accepted) == list(range(1, 31))


def test_a_long_list_is_cut_into_chunks_a_slab_at_a_time(desk: Desk) -> None:
    lines = "".join(f"p{number}@example.org\n" for number in range(2500))
    notice = desk.launched(f"email\n{lines}".encode(), canary=False)
    assert desk.session.scalar(select(func.count()).select_from(PartRow)) == 3
    assert desk.session.scalar(select(func.count()).select_from(Chunk)) == 20
    assert desk.progress(notice).seconds_left == 25
    desk.session.rollback()

    desk.send()

    assert desk.session.scalar(select(func.count()).select_from(Chunk)) == 25
    assert desk.progress(notice).by_channel[0].total == 2500
    assert desk.progress(notice).adds_up


def test_counters_and_tallies_that_went_wrong_are_put_right_at_night(desk: Desk) -> None:
    # Given a notice half of which is sent, whose counters and tallies lie
    notice = desk.launched(csv_of(300), canary=False)
    desk.send()
    honest = desk.progress(notice)
    assert 0 < honest.accepted < 300
    assert deliveries.check(desk.session, now=desk.now) == 0
    desk.session.execute(update(Notice).values(accepted_count=1, failed_count=99))
    desk.session.execute(update(Tally).values(count=Tally.count + 5))
    desk.session.commit()

    # When they are checked
    assert deliveries.check(desk.session, now=desk.now) == 1

    # Then they say what the rows say, and it is on record
    progress = desk.progress(notice)
    assert (progress.sum, progress.by_channel) == (honest.sum, honest.by_channel)
    assert "notice.counters_repaired" in desk.session.scalars(select(Entry.action)).all()
    desk.send_all()
    assert desk.progress(notice).state == "finished"
    assert deliveries.check(desk.session, now=desk.now) == 0
