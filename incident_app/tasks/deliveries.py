"""Send what is due, and take up what a dead worker left behind. The messages that start this carry nothing."""

import os
import socket
import threading

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports

SECONDS = 20.0
_pumping = threading.Lock()


def worker_name() -> str:
    """Name this thread of this process of this machine, for the rows it claims."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:120]


@celery.task(name="tasks.deliveries.pump")
def pump() -> int:
    """Send what is due for some seconds. One pump a process: the queue's other work needs a thread too."""
    from incident_app.services import deliveries

    if not _pumping.acquire(blocking=False):
        return 0
    try:
        world = ports()
        return deliveries.pump(
            db.session(), clock=world.clock, channels=world.channels, limiter=world.limiter, vault=world.vault,
            letters=world.letters, worker=worker_name(), seconds=SECONDS,
        )
    finally:
        _pumping.release()


@celery.task(name="tasks.deliveries.sweep")
def sweep() -> None:
    """Take up what a dead worker left behind, and end what is done."""
    from incident_app.services import deliveries

    deliveries.sweep(db.session(), now=now())
