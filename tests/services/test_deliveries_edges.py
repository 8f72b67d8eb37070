"""What happens between two steps of a worker: a stop, a pause, a database that is away, a row that is gone."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.deliveries import ReceiptKind
from incident_app.domain.ports import Message, Outcome, Rejected, Sent, Uncertain
from incident_app.domain.refusals import NotFound
from incident_app.models.deliveries import Chunk, Delivery, Receipt
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services import deliveries, reports
from incident_app.services.deliveries import Event, finishing, launching
from tests.fakes import FakeClock, FakeLimiter, FakePdf
from tests.letters_kit import Desk, Died, PacedLimiter, csv_of
from tests.people import People

BUSY = Rejected("Busy.", permanent=False)
BLOCKED = Rejected("The person has blocked the bot.", permanent=True)
ONE = b"email\nann@example.org\n"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


class MeddlingLimiter(FakeLimiter):
    """Lets something happen while a worker waits for its slot."""

    def __init__(self, what: Callable[[], object]) -> None:
        """Know what."""
        super().__init__()
        self.what = what

    def wait_for(self, channel: str, count: int, lead: float = 0.0) -> float:
        """Do it, and let the worker go on."""
        del channel, count, lead
        self.what()
        return 0.0


def tell(desk: Desk, kind: ReceiptKind, delivery_id: str, key: str) -> None:
    """Let the provider say something, and look at it."""
    deliveries.record_receipts(desk.session, "sendgrid", [Event(key, delivery_id, kind, "", desk.now)], now=desk.now)
    deliveries.apply_receipts(desk.session, now=desk.now)


def test_a_pause_while_a_worker_waits_for_its_slot_holds_the_whole_batch(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    desk.limiter = MeddlingLimiter(lambda: deliveries.pause(
        desk.session, notice.id, "Wait.", by=desk.people.responder, now=desk.now))

    desk.send()

    assert desk.messages == []
    assert desk.progress(notice).waiting == 3
    assert set(desk.session.scalars(select(Chunk.state))) == {"waiting"}


def test_rows_taken_away_meanwhile_are_not_half_begun(desk: Desk) -> None:
    # Given two people whose message is due again
    desk.answer("email", lambda message: BUSY)
    notice = desk.launched(b"email\nann@example.org\nben@example.org\n")
    desk.send_all()
    desk.answer("email", lambda message: Sent("ok"))
    desk.clock.move(minutes=1)

    # When one of them is taken back while the worker waits for its slot
    def take_one_back() -> None:
        desk.session.execute(update(Delivery).where(Delivery.number == 1).values(state="queued", claim_token=None))
        desk.session.commit()

    desk.limiter = MeddlingLimiter(take_one_back)
    desk.send()

    # Then nobody of that batch is begun, and both are sent to in the end
    assert desk.messages == []
    assert "sending" not in desk.session.scalars(select(Delivery.state)).all()
    desk.limiter = FakeLimiter()
    desk.send_all()
    assert desk.progress(notice).accepted == 2


def test_rows_that_wait_again_are_given_back_where_the_pace_holds_them(desk: Desk) -> None:
    desk.answer("email", lambda message: BUSY)
    notice = desk.launched(ONE)
    desk.send_all()
    desk.answer("email", lambda message: Sent("ok"))
    desk.clock.move(minutes=1)
    desk.limiter = PacedLimiter(200.0)

    assert desk.send() == 0
    assert desk.progress(notice).waiting == 1
    desk.clock.move(minutes=5)
    desk.send_all()
    assert desk.progress(notice).accepted == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_answer_is_kept_while_the_database_is_away(desk: Desk, database_url: str) -> None:
    # Given a database that somebody else holds while the answer comes
    notice = desk.launched(ONE)
    desk.session.execute(text("pragma busy_timeout = 1"))
    desk.session.commit()
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)

    def answer_and_lock(message: Message) -> Outcome:
        other.execute("begin immediate")
        return Sent("ok")

    def let_go(seconds: float) -> None:
        desk.slept.append(seconds)
        if len(desk.slept) == 2:
            other.rollback()

    # When it is free again a little later
    desk.answer("email", answer_and_lock)
    deliveries.send_due(
        desk.session, clock=desk.clock, channels={"telegram": desk.telegram, "email": desk.email},
        limiter=desk.limiter, vault=desk.vault, letters=desk.letters, worker="w1", sleep=let_go)
    other.close()

    # Then the answer is written down, nobody is uncertain
    assert desk.slept == [0.5, 0.5]
    assert desk.progress(notice).accepted == 1


def test_a_stop_just_before_rows_are_written_silently_writes_none(desk: Desk) -> None:
    # Given somebody the plan cannot reach
    notice = desk.launched(b"email,telegram_id\n,1001\n", order=["email"])

    class Stopping(FakeClock):
        def now(self) -> object:  # type: ignore[override]  # a moment as any other
            if desk.session.scalar(select(Chunk.state).where(Chunk.channel == "none")) == "claimed":
                desk.session.rollback()
                deliveries.cancel(desk.session, notice.id, "Stop.", by=desk.people.responder, now=desk.now)
            desk.session.rollback()
            return desk.now

    # When it is stopped between the claim and the row
    deliveries.send_due(
        desk.session, clock=Stopping(), channels={"email": desk.email}, limiter=desk.limiter,  # type: ignore[arg-type]  # a clock
        vault=desk.vault, letters=desk.letters, worker="w1", only="email")

    # Then they are called stopped, once
    desk.sweep()
    progress = desk.progress(notice)
    assert (progress.cancelled, progress.failed, progress.adds_up) == (1, 0, True)


def test_people_whose_contact_was_erased_are_refused_here(desk: Desk) -> None:
    notice = desk.launched(ONE)
    desk.session.execute(update(Recipient).values(sealed=b""))
    desk.session.commit()

    desk.send_all()

    assert desk.messages == []
    assert "cannot be opened" in desk.progress(notice).reasons[0][0]


def test_asked_to_slow_down_at_another_try_uses_no_attempt(desk: Desk) -> None:
    answers: Iterator[Outcome] = iter([BUSY, Rejected("Slow down.", permanent=False, retry_after=7), Sent("ok")])
    notice = desk.launched(ONE)
    desk.answer("email", lambda message: next(answers))

    for _ in range(3):
        desk.send()
        desk.clock.move(minutes=1)
    desk.sweep()

    assert desk.progress(notice).accepted == 1
    assert desk.session.scalars(select(Delivery.attempts)).all() == [2]


def test_a_second_try_whose_worker_died_is_uncertain(desk: Desk) -> None:
    desk.answer("email", lambda message: BUSY)
    notice = desk.launched(ONE)
    desk.send_all()
    desk.clock.move(minutes=1)

    def die(message: Message) -> Outcome:
        raise Died

    desk.answer("email", die)
    with pytest.raises(Died):
        desk.send()
    desk.session.rollback()
    desk.clock.move(minutes=5)

    assert desk.sweep().uncertain == 1
    assert desk.progress(notice).uncertain == 1


def test_receipts_count_forward_only_also_where_they_change_what_counts(desk: Desk) -> None:
    notice = desk.launched(ONE)
    desk.send_all()
    delivery_id = desk.session.scalars(select(Delivery.public_id)).one()
    desk.session.rollback()

    for number, kind in enumerate((ReceiptKind.PROCESSED, ReceiptKind.DELIVERED, ReceiptKind.BOUNCED,
                                   ReceiptKind.BOUNCED, ReceiptKind.DELIVERED)):
        tell(desk, kind, delivery_id, f"e{number}")

    progress = desk.progress(notice)
    assert (progress.delivered, progress.failed, progress.adds_up) == (0, 1, True)


def test_an_event_for_nobody_is_looked_for_a_while_and_then_given_up(desk: Desk) -> None:
    tell(desk, ReceiptKind.DELIVERED, "unknown", "e1")
    assert desk.session.scalars(select(Receipt.applied_at)).all() == [None]
    desk.session.rollback()

    desk.clock.move(minutes=11)
    deliveries.apply_receipts(desk.session, now=desk.now)

    assert desk.session.scalars(select(Receipt.kind)).all() == ["unknown"]
    desk.session.rollback()
    assert deliveries.apply_receipts(desk.session, now=desk.now) == 0


def test_uncertain_people_are_lost_to_no_receipt_that_comes_before_their_row(desk: Desk) -> None:
    # Given a provider that is faster than we write
    desk.answer("email", lambda message: Uncertain("Lost."))
    notice = desk.launched(ONE)
    chunk = desk.session.scalars(select(Chunk)).one()
    early = rules.delivery_id(chunk.secret, 1)
    desk.session.rollback()
    tell(desk, ReceiptKind.DELIVERED, early, "e1")

    # When the row is there, a little later
    desk.send_all()
    desk.clock.move(seconds=20)
    deliveries.apply_receipts(desk.session, now=desk.now)

    # Then what was said of it counts
    assert desk.progress(notice).accepted == 1


def test_counters_that_end_a_notice_too_early_are_put_right_and_it_goes_on(desk: Desk) -> None:
    notice = desk.launched(b"email,street,city\nann@example.org,,\n,Street 1,Berlin\n", order=["email", "post"])
    desk.send_all()
    desk.session.execute(update(Notice).values(waiting_count=0, accepted_count=2))
    desk.session.commit()

    assert desk.sweep().finished == 0
    assert desk.progress(notice).waiting == 1


def test_a_list_that_is_not_cut_to_its_end_does_not_end(desk: Desk) -> None:
    lines = "".join(f"p{number}@example.org\n" for number in range(2500))
    notice = desk.launched(f"email\n{lines}".encode(), canary=False)
    desk.session.execute(update(Notice).values(waiting_count=0, accepted_count=2500))
    desk.session.commit()
    assert desk.sweep().finished == 0

    # And cutting it again, or a list that holds fewer than it says, makes nothing up
    launching.cut_further(desk.session, notice.id, desk.now)
    launching.cut_further(desk.session, notice.id, desk.now)
    desk.session.execute(update(Notice).values(list_count=2600))
    desk.session.commit()
    launching.cut_further(desk.session, notice.id, desk.now)
    assert len(desk.session.scalars(select(Chunk.id)).all()) == 25


def test_a_stopped_notice_is_checked_at_night_too(desk: Desk) -> None:
    notice = desk.launched(csv_of(300), canary=False)
    desk.send()
    assert 0 < desk.progress(notice).accepted < 300
    desk.session.execute(update(Notice).values(state="cancelled"))
    desk.session.commit()

    assert deliveries.check(desk.session, now=desk.now) == 0
    assert desk.progress(notice).adds_up


def test_a_proof_is_written_anew_only_where_it_is_due(desk: Desk) -> None:
    notice = desk.launched(ONE)
    desk.send_all()
    assert finishing.prove_again(desk.session, notice.id, desk.now) is False


def test_people_are_tried_again_while_others_are_still_being_sent_to(desk: Desk) -> None:
    desk.answer("email", lambda message: BLOCKED)
    notice = desk.launched(b"email,street,city\nann@example.org,,\n,Street 1,Berlin\n", order=["email", "post"])
    desk.send_all()
    desk.answer("email", lambda message: Sent("ok"))

    assert deliveries.retry_failed(desk.session, notice.id, BLOCKED.reason, reason="x", by=desk.people.responder,
                                   now=desk.now) == 1
    desk.send()
    assert desk.progress(notice).accepted == 1


def test_the_proof_sheet_says_everything_and_can_be_checked_by_hand(desk: Desk) -> None:
    # Given a notice that has not ended
    notice = desk.launched(csv_of(6))
    with pytest.raises(NotFound, match="no proof yet"):
        reports.proof_lines(desk.session, desk.session.get_one(Notice, notice.id), by=desk.people.auditor)

    # When it has
    desk.send_all()
    found = desk.session.get_one(Notice, notice.id)
    proof = deliveries.proofs_of(desk.session, notice.id)[0]

    # Then the lines give the digest, and the sheet is printed
    lines = list(reports.proof_lines(desk.session, found, by=desk.people.auditor))
    assert rules.digest(tuple(line.strip().split(":")) for line in lines) == proof.digest  # type: ignore[misc]  # pairs
    pdf = reports.proof_pdf(desk.session, found, by=desk.people.auditor, now=desk.now, pdf=FakePdf())
    assert b"proof.html Proof 1 of notice 1" in pdf


def test_paid_broadcast_costs_a_tenth_of_a_star_each() -> None:
    assert rules.stars_for(1001, 1000.0) == 101
    assert rules.stars_for(1001, 29.7) == 0
    assert rules.stars_for(1001, None) == 0
