"""Send what is due, and take up what a dead worker left behind. The messages that start this carry nothing."""

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from flask import Flask

from incident_app.extensions import celery, db
from incident_app.tasks import bound_app
from incident_app.wiring import now, ports

SECONDS = 20.0
AT_ONCE = {"telegram": 2, "email": 2}  # while the answers of one are written down, the other's messages are under way
_pumping = threading.Lock()


def worker_name() -> str:
    """Name this thread of this process of this machine, for the rows it claims."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:120]


def _send(app: Flask, channel: str) -> int:
    """Send what is due on one channel, with a database session of this thread's own."""
    from incident_app.services import deliveries

    with app.app_context():
        world = ports()
        return deliveries.pump(
            db.session(), clock=world.clock, channels=world.channels, limiter=world.limiter, vault=world.vault,
            letters=world.letters, worker=worker_name(), seconds=SECONDS, only=channel, envelope=world.envelope,
        )


@celery.task(name="tasks.deliveries.pump")
def pump() -> int:
    """Send what is due for some seconds, every channel at its own pace. One pump a process is enough."""
    if not _pumping.acquire(blocking=False):
        return 0
    try:
        lanes = [name for name in ports().channels for _ in range(AT_ONCE.get(name, 1))]
        with ThreadPoolExecutor(max(len(lanes), 1), thread_name_prefix="pump") as pool:
            return sum(pool.map(_send, [bound_app()] * len(lanes), lanes))
    finally:
        _pumping.release()


@celery.task(name="tasks.deliveries.receipts")
def receipts() -> int:
    """Apply what providers said since, for some seconds; return how many events were looked at."""
    from incident_app.services import deliveries

    done, at = 0, now()
    while count := deliveries.apply_receipts(db.session(), now=at):
        done += count
        if now() - at > timedelta(seconds=SECONDS):  # the next wake-up goes on; the sign of life must not wait
            break
    return done


@celery.task(name="tasks.deliveries.check")
def check() -> int:
    """Compare counters with rows; return how many notices were put right."""
    from incident_app.services import deliveries

    return deliveries.check(db.session(), now=now())


@celery.task(name="tasks.deliveries.sweep")
def sweep() -> None:
    """Take up what a dead worker left behind, and end what is done."""
    from incident_app.services import deliveries

    deliveries.sweep(db.session(), now=now())
