"""The serving process: gunicorn, with worker and scheduler as threads of its one process where there is no broker."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from celery.app.trace import setup_worker_optimizations
from celery.beat import EmbeddedService
from celery.worker import WorkController
from flask import Flask
from gunicorn.app.base import BaseApplication

from incident_app.extensions import celery
from incident_app.log_lines import for_gunicorn
from incident_app.tasks import bound_app
from incident_app.tasks.beating import PulseScheduler
from incident_app.watching import Watchdog

THREADS = 16
START_SECONDS = 20
STOP_SECONDS = 10
CONCURRENCY = {"urgent": 1, "bot": 1, "bulk": 2, "receipts": 1, "documents": 2}
log = logging.getLogger(__name__)


class PortBusy(Exception):
    """Somebody else listens there."""


def check_port(host: str, port: int) -> None:
    """Raise :class:`PortBusy` where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortBusy(f"{host}:{port} cannot be used: {error.strerror}.") from error


class _Worker(WorkController):
    """A worker that may live in a thread, and says when it is ready."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.up = threading.Event()
        super().__init__(*args, **kwargs)

    def on_consumer_ready(self, consumer: object) -> None:
        """Say so."""
        del consumer
        self.up.set()


class Embedded:
    """Worker, scheduler and watchdog as threads. Each queue has a worker of its own: urgent work never waits behind bulk."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self.workers: list[_Worker] = []
        self.threads: list[threading.Thread] = []
        self.beat: Any = None
        self.watchdog: Watchdog | None = None

    def start(self) -> None:
        """Start, and return when the workers take messages. Raises ``RuntimeError`` when they do not in 20 s."""
        # As celery's own program does: without it a thread of the pool looks its task up in another, unbound app.
        setup_worker_optimizations(celery)
        for queue, concurrency in CONCURRENCY.items():
            self._start_worker(queue, concurrency)
        self.beat = EmbeddedService(celery, max_interval=1, thread=True, scheduler_cls=PulseScheduler)
        self.beat.daemon = True
        self.beat.start()
        self.watchdog = Watchdog(bound_app())
        self.watchdog.start()

    def _start_worker(self, queue: str, concurrency: int) -> None:
        # One after the other: the queues a consumer takes up when it starts are kept in the app they share.
        worker = _Worker(
            app=celery, pool_cls="threads", concurrency=concurrency, queues=[queue], loglevel="WARNING",
            hostname=f"{queue}@embedded", without_gossip=True, without_mingle=True, without_heartbeat=True,
        )
        thread = threading.Thread(target=worker.start, name=f"worker-{queue}", daemon=True)
        thread.start()
        if not worker.up.wait(START_SECONDS):
            raise RuntimeError(f"the embedded worker for {queue} did not start")
        self.workers.append(worker)
        self.threads.append(thread)

    def stop(self) -> None:
        """Stop taking new work and wait a little for what is running; leases cover the rest."""
        if self.watchdog is not None:
            self.watchdog.stop()
        if self.beat is not None:
            self.beat.stop()
        for worker in self.workers:
            worker.stop()
        for thread in self.threads:
            thread.join(STOP_SECONDS)


LONGEST_LINE, MOST_HEADERS, LONGEST_HEADER = 8190, 100, 8190
"""What a proxy in front takes as well; anything longer was made to be read differently by the two."""


class Server(BaseApplication):
    """gunicorn, started by us: no configuration file, no control socket."""

    def __init__(self, load: Callable[[], Flask], bind: str, *, embedded: bool, workers: int = 1,
                 threads: int = THREADS, on_ready: Callable[[], None] | None = None) -> None:
        """``load`` makes the app in each worker process; ``embedded`` forces one process that also works and ticks."""
        self.load_app = load
        self.options: dict[str, object] = {
            "bind": bind,
            "workers": 1 if embedded else workers,
            "worker_class": "incident_app.patient.PatientWorker",
            "threads": threads,
            "timeout": 120,
            "graceful_timeout": 15,
            "keepalive": 5,
            "limit_request_line": LONGEST_LINE,
            "limit_request_fields": MOST_HEADERS,
            "limit_request_field_size": LONGEST_HEADER,
            "control_socket_disable": True,
            "logconfig_dict": for_gunicorn(os.environ.get("LOG_LEVEL", "warning")),
            "loglevel": os.environ.get("LOG_LEVEL", "warning").lower(),
            "proc_name": "incident-app",
            "when_ready": lambda _arbiter: on_ready() if on_ready else None,
        }
        if embedded:
            self.embedded = Embedded()
            self.options["post_worker_init"] = lambda _worker: self.embedded.start()
            self.options["worker_exit"] = lambda _arbiter, _worker: self.embedded.stop()
        super().__init__()

    def load_config(self) -> None:
        """Hand our options over."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:  # type: ignore[override]  # the stub forgets that a WSGI app may be an object
        """Make the app, in the worker process."""
        return self.load_app()
