"""Impatient hands: send, pause and stop are pressed many times at once, and each means what it says."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier, Event

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from incident_app.domain.refusals import Conflict
from incident_app.models.engine import prepare
from incident_app.services import deliveries
from tests.fakes import FakeClock
from tests.faults.crew import IN_FLIGHT, SOME, Crew, a_crew, list_of, look, until, until_over
from tests.faults.judge import judge, outcomes_of
from tests.letters_kit import Desk
from tests.people import People

PRESSES = 100
HANDS = 4
WORKERS = 2
STOPS_WITHIN = 5.0  # seconds, promised


def _press(database_url: str, act: Callable[[Session], object], ready: Barrier | None = None) -> str:
    """Do it in a session of one's own; return what came of it."""
    engine = prepare(create_engine(database_url, poolclass=NullPool))
    with Session(engine) as session:
        if ready is not None:
            ready.wait(20)
        try:
            act(session)
        except Conflict:
            return "refused"
        return "done"


def test_send_pressed_twenty_times_at_once_is_one_launch(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given an approved notice
    desk = Desk(session, people, clock)
    notice = desk.approved(list_of(SOME), canary=False)
    session.rollback()

    # When twenty hands press “send” at the same moment, while workers wait for it
    with a_crew(database_url, tmp_path) as (crew, ledger), ThreadPoolExecutor(20) as hands:
        crew.start(WORKERS)
        ready = Barrier(20)
        launch = partial(deliveries.launch, notice_id=notice.id, typed_count=SOME, by=people.responder, now=desk.now)
        pressed = list(hands.map(lambda _: _press(database_url, launch, ready), range(20)))
        until_over(desk, notice.id)
        crew.dismiss()

    # Then one of them sent it, and everybody has one message
    assert Counter(pressed) == {"done": 1, "refused": 19}
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=0) == []


def _hand(database_url: str, crew: Crew, notice_id: int, people: People, pauses: bool) -> Counter[str]:
    act, by = (deliveries.pause, people.responder) if pauses else (deliveries.resume, people.responder)
    breath, said = Event(), Counter[str]()
    for number in range(PRESSES // HANDS * 2):
        press = partial(act, notice_id=notice_id, reason=f"press {number}", by=by, now=crew.clock.now())
        said[_press(database_url, press)] += 1
        breath.wait(0.005)
    return said


def test_pause_and_go_on_pressed_a_hundred_times_loses_nobody(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list that two workers send
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, rate=150.0) as (crew, ledger), ThreadPoolExecutor(HANDS) as hands:
        crew.start(WORKERS)
        until(lambda: ledger.arrivals > SOME // 10, "the first were written to")

        # When two hands press “pause” and two others “go on”, a hundred times each
        futures = [hands.submit(_hand, database_url, crew, notice.id, people, number % 2 == 0) for number in range(HANDS)]
        said = [future.result() for future in futures]
        assert sum(said[0].values()) + sum(said[2].values()) == PRESSES
        if look(desk, notice.id).state == "paused":
            deliveries.resume(session, notice.id, "now really", by=people.responder, now=crew.clock.now())
        until_over(desk, notice.id)
        crew.dismiss()

    # Then every press was done or refused in words, and everybody has one message
    assert said[0]["done"] + said[2]["done"] > 1
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=0) == []


def test_a_stop_in_the_middle_means_stop(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list a third of which is sent
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, rate=150.0) as (crew, ledger):
        crew.start(WORKERS)
        until(lambda: ledger.arrivals > SOME // 3, "a third was written to")

        # When it is stopped for good
        stop = partial(deliveries.cancel, notice_id=notice.id, reason="wrong list", by=people.approver,
                       now=crew.clock.now())
        assert _press(database_url, stop) == "done"
        stopped, sent_before = time.monotonic(), ledger.arrivals
        until_over(desk, notice.id)
        crew.dismiss()

    # Then what was on its way still left, at once, and nothing after it
    assert ledger.arrivals - sent_before <= WORKERS * IN_FLIGHT
    assert ledger.times[-1] - stopped <= STOPS_WITHIN

    # And everybody else is called stopped, to the last
    found = outcomes_of(session, notice.id, desk.vault)
    states = Counter(state for state, _ in found.values())
    assert states == {"accepted": ledger.arrivals, "cancelled": SOME - ledger.arrivals}
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=0) == []
