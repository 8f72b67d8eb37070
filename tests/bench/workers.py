"""The workers under measurement: real processes, each with the real app, that run the pump as the queue does."""

import cProfile
import os
import pstats
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event, Semaphore
from pathlib import Path

from incident_app.settings import Settings

BREATH = 0.02  # seconds between two wake-ups of a worker that has nothing to do
SOON = 5  # seconds: what the clock starts more often than that is taken as woken whenever there is something
PATIENCE = 60.0
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.bench.workers", "incident_app.app", "incident_app.tasks.deliveries"])


@dataclass(frozen=True, slots=True)
class Spent:
    """What a worker used since it was ready: seconds of CPU, and the most memory it ever held."""

    cpu: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker shares with whoever started it."""

    ready: Semaphore
    home: Event
    spent: "SimpleQueue[Spent]"
    profile: Path | None


def peak_mb(pid: int | str = "self") -> float:
    """Return the most memory a process ever held."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _rounds(chores: bool) -> Callable[[], object]:
    """Return what a worker does each time it is woken: the pump, or whatever else the clock starts about sends."""
    from incident_app.extensions import celery
    from incident_app.tasks import deliveries as tasks
    from incident_app.tasks.schedule import SCHEDULE

    others = [entry for entry in SCHEDULE
              if entry.task.startswith("tasks.deliveries.") and entry.task != tasks.pump.name]
    due = dict.fromkeys(others, 0.0)

    def do_chores() -> None:
        for entry, at in due.items():
            if time.monotonic() >= at:
                celery.tasks[entry.task]()
                # What the clock starts every few seconds may be woken at any time; what is rarer is left rare.
                due[entry] = time.monotonic() + (entry.every if entry.every > SOON else 0.0)

    return do_chores if chores else tasks.pump


def _profiled() -> list[cProfile.Profile]:
    """Profile every thread that starts from now on, by its CPU time: those of the pump send."""
    profiles: list[cProfile.Profile] = []

    def begin(*_event: object) -> None:
        sys.setprofile(None)
        profiles.append(cProfile.Profile(time.thread_time))
        profiles[-1].enable()

    threading.setprofile(begin)
    return profiles


def work(settings: Settings, tools: Tools, *, chores: bool) -> None:
    """Pump until sent home; or do the chores."""
    from incident_app.app import create_app

    create_app(settings)  # binds the tasks to itself
    step, profiles, before = _rounds(chores), _profiled() if tools.profile else [], time.process_time()
    tools.ready.release()
    while not tools.home.is_set():
        if not step():
            tools.home.wait(BREATH)
    spent = Spent(time.process_time() - before, peak_mb())
    if tools.profile:
        threading.setprofile(None)
        pstats.Stats(*profiles).dump_stats(tools.profile / f"worker-{os.getpid()}.prof")
    tools.spent.put(spent)


class Workers:
    """Some of them."""

    def __init__(self, settings: Settings, count: int, profile: Path | None, *, chores: bool) -> None:
        """Start nobody yet."""
        self._tools = Tools(_CONTEXT.Semaphore(0), _CONTEXT.Event(), _CONTEXT.SimpleQueue(), profile)
        self._processes = [_CONTEXT.Process(target=work, args=(settings, self._tools), kwargs={"chores": chores}, daemon=True)
                           for _ in range(count)]

    def start(self) -> None:
        """Start all, and return when every one is ready."""
        for process in self._processes:
            process.start()
        for _ in self._processes:
            assert self._tools.ready.acquire(timeout=PATIENCE), "a worker did not come up"

    def dismiss(self) -> list[Spent]:
        """Send everybody home; return what each used."""
        self._tools.home.set()
        for process in self._processes:
            process.join(PATIENCE)
            assert process.exitcode == 0, f"a worker ended with {process.exitcode}"
        return [self._tools.spent.get() for _ in self._processes]

    def end(self) -> None:
        """Leave no process behind."""
        for process in self._processes:
            if process.is_alive():
                process.kill()
                process.join(5)


@contextmanager
def a_crew(settings: Settings, count: int, profile: Path | None = None, *, chores: bool = False) -> Iterator[Workers]:
    """Run some workers; whoever still runs at the end is ended."""
    crew = Workers(settings, count, profile, chores=chores)
    try:
        crew.start()
        yield crew
    finally:
        crew.end()
