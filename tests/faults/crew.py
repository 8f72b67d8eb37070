"""Several sending workers, each a process of its own, and the lists they send to."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event

from incident_app.domain.deliveries import SENDING_LEASE
from incident_app.models.notices import Notice
from incident_app.services import deliveries
from incident_app.services.deliveries.finishing import PROVE_AGAIN_AFTER
from tests.builders import the_law
from tests.faults import lying
from tests.faults.ledger import Ledger
from tests.faults.sender import BATCH, Orders, work
from tests.letters_kit import Desk

COUNT = int(os.environ.get("FAULTS_N", "600"))
SOME = max(COUNT // 8, 600)  # enough people where the breaks, not the people, make the test
MANY = max(COUNT // 4, 1500)  # enough for several workers to have work at the same time
PATIENCE = 45.0 + COUNT / 20  # seconds until a run that does not end is given up
IN_FLIGHT = BATCH  # the most that one worker has asked for and not written down
PAST_THE_LEASE = SENDING_LEASE.total_seconds() + 1
FIRST_CHAT = 700_000_000
_CONTEXT = get_context("forkserver")  # a clean process, our modules read in once: the next worker is there at once
_CONTEXT.set_forkserver_preload(["tests.faults.sender"])


def chat_of(number: int) -> int:
    """Return the chat of a person of the list."""
    return FIRST_CHAT + number


def list_of(count: int) -> bytes:
    """Return a list of people who have Telegram only."""
    lines = [f"Person {number},{chat_of(number)},en,DE" for number in range(1, count + 1)]
    return ("\n".join(["name,telegram_id,language,country", *lines]) + "\n").encode()


def until(true: Callable[[], object], what: str) -> None:
    """Wait until something is true; give up in words after a while."""
    end, breath = time.monotonic() + PATIENCE, Event()
    while not true():
        assert time.monotonic() < end, f"waited in vain until {what}"
        breath.wait(0.03)


def look(desk: Desk, notice_id: int) -> Notice:
    """Return the notice as it stands, apart from the session: nothing stays open or locked."""
    desk.session.rollback()
    notice = desk.session.get_one(Notice, notice_id, populate_existing=True)
    desk.session.expunge(notice)
    desk.session.rollback()
    return notice


def until_over(desk: Desk, notice_id: int) -> None:
    """Wait until everybody has an outcome and the notice is finished."""
    until(lambda: look(desk, notice_id).finished_at, "the notice is finished")


def prove_late(desk: Desk, crew: "Crew") -> None:
    """Let the time come at which a proof is written anew, where something changed after the end."""
    crew.clock.move(PROVE_AGAIN_AFTER.total_seconds() + 1)
    deliveries.sweep(desk.session, now=crew.clock.now(), law=the_law())


class Crew:
    """The workers of one run. Every one of them is ended at the end, whatever happens."""

    def __init__(self, orders: Orders, work: Callable[[Orders], None] = work) -> None:
        """Start nobody yet; ``work`` is what each of them does."""
        self.orders, self.work = orders, work
        self.clock = orders.open_clock()
        self.workers: list[BaseProcess] = []

    def start(self, count: int = 1, **other: object) -> None:
        """Let some more work; ``other`` replaces orders for these."""
        for _ in range(count):
            orders = replace(self.orders, **other)  # type: ignore[arg-type]  # orders named by the test
            worker = _CONTEXT.Process(target=self.work, args=(orders,), daemon=True)
            worker.start()
            self.workers.append(worker)

    def start_lying(self, seconds: float) -> None:
        """Let one more work on a machine whose clock is wrong by so much."""
        worker = get_context("spawn").Process(target=lying.work, args=(seconds, asdict(self.orders)), daemon=True)
        worker.start()
        self.workers.append(worker)

    def kill(self, pid: int) -> None:
        """Kill a worker of ours as the kernel does."""
        self.signal(pid, signal.SIGKILL)

    def kill_all(self, _pid: int) -> None:
        """Kill everybody at once."""
        for worker in self.workers:
            if worker.pid is not None:
                self.kill(worker.pid)

    def freeze(self, pid: int) -> None:
        """Stop a worker as it stands; what it holds it keeps."""
        self.signal(pid, signal.SIGSTOP)

    def thaw(self, *pids: int) -> None:
        """Let frozen workers go on as if no time had passed."""
        for pid in pids:
            self.signal(pid, signal.SIGCONT)

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a worker of ours that is still there."""
        if any(worker.pid == pid and worker.is_alive() for worker in self.workers):
            os.kill(pid, number)

    def until_all_are_there(self) -> None:
        """Wait until everybody who was started has opened the database and looks for work."""
        home = self.orders.home
        until(lambda: len(list(home.parent.glob(f"{home.name}.*"))) >= len(self.workers), "everybody is there")

    def dead(self) -> int:
        """Return how many were killed."""
        return sum(worker.exitcode == -signal.SIGKILL for worker in self.workers)

    def revive(self, killed: int, *, fresh: int) -> None:
        """Wait until so many are dead, let their leases run out and others take their place."""
        until(lambda: self.dead() >= killed, f"{killed} workers are dead")
        self.clock.move(PAST_THE_LEASE)
        self.start(fresh)

    def dismiss(self) -> None:
        """Send everybody home and wait; whoever was not killed must go in peace."""
        self.orders.home.touch()
        for worker in self.workers:
            worker.join(PATIENCE)
        assert {worker.exitcode for worker in self.workers} <= {0, -signal.SIGKILL}, [
            worker.exitcode for worker in self.workers]

    def end(self) -> None:
        """Leave no process behind."""
        for worker in self.workers:
            if worker.is_alive():
                worker.kill()
            worker.join(5)


@contextmanager
def manned(orders: Orders) -> Iterator[Crew]:
    """Open a crew that works by these orders, and see that nobody is left behind."""
    crew = Crew(orders)
    try:
        yield crew
    finally:
        crew.end()


@contextmanager
def a_crew(database_url: str, folder: Path, **orders: object) -> Iterator[tuple[Crew, Ledger]]:
    """Open a provider and a crew that sends to it; ``orders`` replaces what workers are usually told."""
    with Ledger() as api:
        usual = Orders(database_url, api.url, folder / "clock", folder / "home")
        with manned(replace(usual, **orders)) as crew:  # type: ignore[arg-type]  # orders named by the test
            yield crew, api
