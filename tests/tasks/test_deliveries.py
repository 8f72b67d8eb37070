"""The clock sends what is due."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from flask import Flask
from sqlalchemy import select

from incident_app.domain.deliveries import ReceiptKind
from incident_app.domain.ports import Message, Outcome
from incident_app.extensions import db
from incident_app.models.deliveries import Delivery
from incident_app.services import accounts, deliveries
from incident_app.services.deliveries import Event
from incident_app.services.deliveries.receipts import TOGETHER
from incident_app.tasks import deliveries as tasks
from incident_app.wiring import KEY, Ports
from tests.fakes import FakeChannel, FakeClock, FakeLimiter, FakeVault
from tests.letters_kit import Desk, csv_of
from tests.people import NAMES, People


def launched(clock: FakeClock, ports: Ports) -> int:
    """Launch a notice to three people."""
    assert isinstance(ports.vault, FakeVault)
    actors = {}
    for name in NAMES:
        user = accounts.find(db.session(), f"{name}@example.org")
        assert user is not None
        actors[name] = user.actor
    return Desk(db.session(), People(**actors), clock, vault=ports.vault).launched(csv_of(3)).id


class Watched(FakeChannel):
    """Lets something happen while messages leave."""

    def __init__(self, what: Callable[[], object]) -> None:
        """Know what."""
        super().__init__("telegram")
        self.what = what

    def send(self, messages: Sequence[Message], *, wait: float = 0.0, spare: int = 0) -> list[Outcome]:
        """Do it, and send."""
        self.what()
        return super().send(messages, wait=wait, spare=spare)


def pumped(app: Flask, clock: FakeClock, ports: Ports, what: Callable[[], object]) -> None:
    """Send to three people while something happens."""
    with app.app_context():
        launched(clock, ports)
        ports.channels["telegram"] = Watched(what)  # type: ignore[index]  # a dict underneath
        assert tasks.pump.run() == 3
        db.session.remove()


def test_a_wake_up_sends_and_a_sweep_ends(app: Flask, clock: FakeClock, test_ports: Ports) -> None:
    with app.app_context():
        notice_id = launched(clock, test_ports)

        assert tasks.pump.run() == 3
        tasks.sweep.run()

        assert deliveries.overview(db.session(), notice_id, now=clock.now()).state == "finished"
        assert set(db.session.scalars(select(Delivery.state))) == {"accepted"}
        assert len(set(db.session.scalars(select(Delivery.public_id)))) == 3
        db.session.remove()


def test_only_one_pump_works_in_a_process(app: Flask, clock: FakeClock, test_ports: Ports) -> None:
    inside: list[int] = []

    def another() -> None:
        other = threading.Thread(target=lambda: inside.append(tasks.pump.run()))
        other.start()
        other.join()

    pumped(app, clock, test_ports, another)

    assert set(inside) == {0}


def test_who_sends_gives_way_to_who_looks(app: Flask, clock: FakeClock, test_ports: Ports) -> None:
    # Given a wake-up in a process that does other things too, and a channel without a pace
    own, seen = os.getpriority(os.PRIO_PROCESS, 0), set[int]()
    limiter = test_ports.limiter
    assert isinstance(limiter, FakeLimiter)
    limiter.rates.clear()

    pumped(app, clock, test_ports, lambda: seen.add(os.getpriority(os.PRIO_PROCESS, 0)))

    # Then what sends comes after pages, and everything else stays what it was
    assert seen == {max(own, tasks.GIVING_WAY)}
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_who_keeps_to_a_pace_is_punctual(app: Flask, clock: FakeClock, test_ports: Ports) -> None:
    own, seen = os.getpriority(os.PRIO_PROCESS, 0), set[int]()

    pumped(app, clock, test_ports, lambda: seen.add(os.getpriority(os.PRIO_PROCESS, 0)))

    assert seen == {own}


def test_a_heap_of_receipts_is_applied_in_turns_so_that_the_sign_of_life_can_come_between(
    app: Flask, clock: FakeClock, test_ports: Ports
) -> None:
    # Given more receipts than one transaction takes, and a machine on which each look takes eleven seconds
    class Slow(FakeClock):
        def now(self) -> datetime:
            return clock.move(seconds=11)

    count, posts = 2 * TOGETHER + 1, 3
    with app.app_context():
        for post in range(posts):
            deliveries.record_receipts(
                db.session(), "sendgrid",
                [Event(f"e{post}-{number}", "nobody", ReceiptKind.PROCESSED, "", clock.now()) for number in range(count)],
                now=clock.now())
        app.extensions[KEY] = replace(test_ports, clock=Slow())

        # When they are applied, then it stops in between
        looked_at = tasks.receipts.run()
        assert 0 < looked_at < posts * count

        # And goes on at the next wake-ups, to the end
        wake_ups = 1
        while done := tasks.receipts.run():
            looked_at, wake_ups = looked_at + done, wake_ups + 1
        assert looked_at >= posts * count
        assert wake_ups > 2


def test_a_lane_that_had_to_wait_for_the_first_few_looks_again() -> None:
    # Given two lanes: one works, the other finds nothing as long as the first few are under way
    lanes, first_few, both = tasks.Lanes(), threading.Event(), threading.Barrier(2, timeout=10)
    found: list[str] = []

    def works(_left: float) -> int:
        first_few.set()
        both.wait()  # the other one has come back
        return 25

    def waits(_left: float) -> int:
        found.append("nothing" if not found else "the rest")
        if found == ["nothing"]:
            return 0
        if len(found) == 2:
            both.wait()
            return 75
        return 0

    # When both run
    counts: list[int] = []
    one = threading.Thread(target=lambda: counts.append(lanes.work(works, 0.01)))
    one.start()
    assert first_few.wait(10)
    counts.append(lanes.work(waits, 10))
    one.join()

    # Then the second came back for the rest, and ends once nobody works
    assert sorted(counts) == [25, 75]
    assert found[:2] == ["nothing", "the rest"]


def test_a_lane_ends_where_no_other_works() -> None:
    asked: list[float] = []

    def finds_nothing(left: float) -> int:
        asked.append(left)
        return 0

    assert tasks.Lanes().work(finds_nothing, 10) == 0
    assert len(asked) == 1


def test_a_lane_that_is_told_looks_again_at_once() -> None:
    # Given a lane that found nothing, while another is at work, and would look again in a minute
    lanes, looked, over = tasks.Lanes(pauses=(60, 60)), threading.Semaphore(0), threading.Event()

    def finds_nothing(_left: float) -> int:
        looked.release()
        return 0

    works = threading.Thread(target=lambda: lanes.work(lambda _left: 0 if over.wait(30) else 1, 30))
    waits = threading.Thread(target=lambda: lanes.work(finds_nothing, 30))
    works.start()
    waits.start()
    assert looked.acquire(timeout=20)

    # When it is told that there is work (again and again: it may not have sat down yet), then it looks
    told = 0
    while not looked.acquire(timeout=0.01):
        lanes.look_again()
        told += 1
        assert told < 2000
    over.set()
    works.join()
    waits.join()
