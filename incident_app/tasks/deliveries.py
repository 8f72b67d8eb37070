"""Send what is due, and take up what a dead worker left behind. The messages that start this carry nothing."""

import ctypes
import gc
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache

from flask import Flask

from incident_app.extensions import celery, db
from incident_app.tasks import bound_app
from incident_app.wiring import now, ports

SECONDS = 20.0
AT_ONCE = {"telegram": 2, "email": 2}  # while the answers of one are written down, the other's messages are under way
PAUSES = 0.05, 0.5  # seconds until a thread that found nothing looks again: the shortest, and the longest
M_ARENA_MAX = -8  # as glibc's malloc.h has it
GIVING_WAY = 10  # niceness: who looks at a page, and who is woken, comes before the next thousand messages of no pace
_pumping = threading.Lock()


def worker_name() -> str:
    """Name this thread of this process of this machine, for the rows it claims."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:120]


class Lanes:
    """Threads that work on one thing. One that finds nothing looks again while another of them still works.

    The first 25 of a notice go alone: without that, whoever had to let them pass would be missing until the next wake-up.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic, pauses: tuple[float, float] = PAUSES) -> None:
        """Nobody works yet. ``seconds`` tells the time."""
        self._seconds, self._pauses = seconds, pauses
        self._working = 0
        self._changed = threading.Condition()

    def work(self, step: Callable[[float], int], seconds: float = SECONDS) -> int:
        """Work for at most ``seconds``, given to ``step`` as what is left of them; return how many got an outcome."""
        shortest, longest = self._pauses
        end, handled, pause = self._seconds() + seconds, 0, shortest
        while (left := end - self._seconds()) > 0:
            if done := self._counted(step, left):
                handled, pause = handled + done, shortest
                continue
            with self._changed:
                if not self._working:
                    break
                self._changed.wait(pause)
            pause = min(2 * pause, longest)
        return handled

    def look_again(self) -> None:
        """Let those that found nothing look at once."""
        with self._changed:
            self._changed.notify_all()

    def _counted(self, step: Callable[[float], int], left: float) -> int:
        with self._changed:
            self._working += 1
        try:
            return step(left)
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()


def _send(app: Flask, channel: str, lanes: Lanes) -> int:
    """Send what is due on one channel, with a database session of this thread's own."""
    from incident_app.services import deliveries

    def send(left: float) -> int:
        return deliveries.pump(
            db.session(), clock=world.clock, channels=world.channels, limiter=world.limiter, vault=world.vault,
            letters=world.letters, law=world.law, worker=worker_name(), seconds=left, only=channel, envelope=world.envelope,
            freed=lanes.look_again, mode=world.mode, marks=world.marks,
        )

    with app.app_context():
        world = ports()
        if world.limiter.rate(channel) is None:  # a slot is missed by some milliseconds, and its message costs little
            _give_way()
        return lanes.work(send)


@cache
def _settle(_process: int) -> None:
    """Leave out of every search for garbage what was read in before the first send: that alone held messages up for a tenth
    of a second at a time, past their slots."""
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):  # where the C library is another one, there is nothing to say to it
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)  # eight heaps, one a thread, keep 8 MB that nobody uses


def _give_way() -> None:
    """Let others go first where there are fewer cores than work; on Linux this thread alone, and those it starts."""
    os.setpriority(os.PRIO_PROCESS, 0, max(GIVING_WAY, os.getpriority(os.PRIO_PROCESS, 0)))


@celery.task(name="tasks.deliveries.pump")
def pump() -> int:
    """Send what is due for some seconds, every channel at its own pace. One pump a process is enough."""
    if not _pumping.acquire(blocking=False):
        return 0
    try:
        _settle(os.getpid())
        names = [name for name in ports().channels for _ in range(AT_ONCE.get(name, 1))]
        lanes = {name: Lanes() for name in names}
        with ThreadPoolExecutor(max(len(names), 1), "pump") as pool:
            return sum(pool.map(_send, [bound_app()] * len(names), names, [lanes[name] for name in names]))
    finally:
        _pumping.release()


def _apply(app: Flask, lanes: Lanes, apply: Callable[..., int]) -> int:
    """Apply one kind of what providers said, with a database session of this thread's own."""
    with app.app_context():
        return lanes.work(lambda _left: apply(db.session(), now=now()))


@celery.task(name="tasks.deliveries.receipts")
def receipts() -> int:
    """Apply what providers said since, for some seconds; return how many events were looked at.

    What comes together is applied while what changes something for somebody is looked at: each waits for the database most
    of the time. The next wake-up goes on: the sign of life must not wait.
    """
    from incident_app.services import deliveries

    app, lanes = bound_app(), Lanes(lambda: now().timestamp())
    steps: list[Callable[..., int]] = [deliveries.apply_posted, deliveries.apply_single]
    with ThreadPoolExecutor(len(steps), "receipts") as pool:
        return sum(pool.map(_apply, [app] * len(steps), [lanes] * len(steps), steps))


@celery.task(name="tasks.deliveries.check")
def check() -> int:
    """Compare counters with rows; return how many notices were put right."""
    from incident_app.services import deliveries

    return deliveries.check(db.session(), now=now())


@celery.task(name="tasks.deliveries.sweep")
def sweep() -> None:
    """Take up what a dead worker left behind, and end what is done."""
    from incident_app.services import deliveries

    deliveries.sweep(db.session(), now=now(), law=ports().law)


@celery.task(name="tasks.deliveries.promised")
def promised() -> int:
    """Remind of what people were promised; return how many reminders were raised."""
    from incident_app.services import notices

    return notices.remind(db.session(), now=now())
