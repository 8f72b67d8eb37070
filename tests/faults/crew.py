"""Several sending workers, each a process of its own, and the provider that keeps the true ledger."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Event

from tests.faults.sender import Orders, SharedClock, work
from tests.loopback.serving import Reply
from tests.loopback.telegram_api import TelegramApi

COUNT = int(os.environ.get("FAULTS_N", "600"))
PATIENCE = 45.0 + COUNT / 20  # seconds until a run that does not end is given up
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
        breath.wait(0.02)


class Ledger(TelegramApi):
    """A provider that knows who got what how often, and at which message fate strikes the worker that brings it."""

    def __init__(self) -> None:
        """Know nobody, plan nothing."""
        super().__init__()
        self.arrivals = 0
        self.floods = 0
        self.struck: list[int] = []
        self._fates: list[tuple[int, bool, Callable[[int], None]]] = []

    @property
    def got(self) -> Mapping[int, int]:
        """How many messages each chat got."""
        with self._script.lock:
            return Counter(int(message["chat_id"]) for message in self.sent)

    def at(self, arrival: int, fate: Callable[[int], None], *, taken: bool = True) -> None:
        """Let ``fate`` strike the worker that brings this message (``taken``: after it was carried to the person)."""
        self._fates.append((arrival, taken, fate))

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer as Telegram does; whoever is struck gets an answer it can no longer read."""
        _, worker, rest = path.split("/", 2)
        with self._script.lock:
            self.arrivals += 1
            due = self._due(int(worker))
        if due and not due[0]:
            due[1](int(worker))
            return Reply(reset=True)
        reply = super().answer(f"/{rest}", headers, body)
        with self._script.lock:
            self.floods += reply.status == 429
        if due:
            due[1](int(worker))
        return reply

    def _due(self, worker: int) -> tuple[bool, Callable[[int], None]] | None:
        if not self._fates or self.arrivals < self._fates[0][0] or worker in self.struck:
            return None
        _, taken, fate = self._fates.pop(0)
        self.struck.append(worker)
        return taken, fate


class Crew:
    """The workers of one run. Every one of them is ended at the end, whatever happens."""

    def __init__(self, orders: Orders) -> None:
        """Start nobody yet."""
        self.orders = orders
        self.clock = SharedClock(orders.clock)
        self.workers: list[ForkServerProcess] = []

    def start(self, count: int = 1) -> None:
        """Let some more work."""
        for _ in range(count):
            worker = _CONTEXT.Process(target=work, args=(self.orders,), daemon=True)
            worker.start()
            self.workers.append(worker)

    def kill(self, pid: int) -> None:
        """Kill a worker of ours as the kernel does."""
        self.signal(pid, signal.SIGKILL)

    def kill_all(self, _pid: int) -> None:
        """Kill everybody at once."""
        for worker in self.workers:
            if worker.pid is not None:
                self.signal(worker.pid, signal.SIGKILL)

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a worker of ours that is still there."""
        if any(worker.pid == pid and worker.is_alive() for worker in self.workers):
            os.kill(pid, number)

    def dead(self) -> int:
        """Return how many were killed."""
        return sum(worker.exitcode == -signal.SIGKILL for worker in self.workers)

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
def a_crew(database_url: str, folder: Path) -> Iterator[tuple[Crew, Ledger]]:
    """Open a provider and a crew that sends to it."""
    with Ledger() as api:
        orders = Orders(database_url, api.url, folder / "clock", folder / "home")
        crew = Crew(orders)
        try:
            yield crew, api
        finally:
            crew.end()
