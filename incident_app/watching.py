"""The watchdog: a loop of its own, without the queue and without the broker, beside whatever else runs.

It lives as a process (``incident-app watchdog``) or as a thread of the serving process. Several do no harm.
"""

import logging
import threading
import time
from datetime import datetime

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from incident_app.domain.alerts import clock_time
from incident_app.domain.health import Machine
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.services import watching
from incident_app.services.watching import Reached, Ways
from incident_app.wiring import KEY, Ports, expected

EVERY = 60.0
PATIENCE = 10.0
"""Seconds after which a database that has not answered at all counts as away."""
BEFORE_TELLING = 2
"""So many passes in a row must find the database away before people are told: a restart is over by then."""
LEAVE_SECONDS = 1.5
log = logging.getLogger(__name__)


class Away(Exception):
    """The database does not answer."""


AWAY = (OperationalError, InterfaceError, NoConnectionFree, Away)
OURS = (
    SQLAlchemyError, Refused, ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError,
)
"""What a mistake of ours, a machine or a service outside can lead to: it must not end the watchdog."""


class Watchdog:
    """Watches one app. What it knows of the last good pass it keeps in memory, for when the database is away."""

    def __init__(self, app: Flask, *, every: float = EVERY, patience: float = PATIENCE) -> None:
        """Do nothing yet. ``every`` is the seconds between two passes, ``patience`` those until an answer is due."""
        self.app, self.every, self.patience = app, every, patience
        self.people: list[Reached] = []
        self.away_since: datetime | None = None
        self.failures = 0
        self.told: list[Reached] = []
        self.bad: set[str] = set()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._asking: threading.Thread | None = None

    @property
    def _ports(self) -> Ports:
        ports = self.app.extensions[KEY]
        assert isinstance(ports, Ports)  # noqa: S101 (for the type checker)
        return ports

    def start(self) -> None:
        """Watch in a thread, until told to stop."""
        self._thread = threading.Thread(target=self.run, name="watchdog", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Tell whether the thread still watches."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self, wait: float = LEAVE_SECONDS) -> None:
        """Begin no further pass; wait a moment for the one under way. What it leaves behind, its leases cover."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(wait)

    def run(self) -> None:
        """Pass after pass, until told to stop."""
        while not self._stopped.is_set():
            begun = time.monotonic()
            self.pass_once()
            self._stopped.wait(max(0.0, self.every - (time.monotonic() - begun)))

    def pass_once(self) -> bool:
        """Do one pass; tell whether it came to its end. What goes wrong is said, and the next pass comes."""
        try:
            return self._pass()
        except OURS:
            # Not the database being away: nobody is told that it is, and nobody outside that all is well.
            log.exception("a pass of the watchdog failed")
            return False

    def _pass(self) -> bool:
        try:
            self._ask()
            with self.app.app_context():
                self._watch()
        except AWAY as error:
            self._gone(type(error).__name__)
            return False
        self._here()
        return True

    def _ask(self) -> None:
        """See that the database answers at all: a frozen one, unlike a dead one, would hold us for ever."""
        if self._asking is not None and self._asking.is_alive():
            raise Away
        said: list[object] = []

        def ask() -> None:
            try:
                with self.app.app_context(), db.engine.connect() as connection:
                    said.append(connection.scalar(text("SELECT 1")))
            except OURS as error:
                said.append(error)

        self._asking = threading.Thread(target=ask, name="watchdog-asks", daemon=True)
        self._asking.start()
        self._asking.join(self.patience)
        if not said:
            raise Away
        if isinstance(said[0], OURS):
            raise said[0]

    def _watch(self) -> None:
        ports, session = self._ports, db.session()
        ways = Ways(ports.staff_channels, ports.public_url, ports.alert_secret)
        done = watching.watch(session, ways, clock=ports.clock, machine=ports.machine, expected=expected(ports))
        self.people = watching.reached(session, now=ports.clock.now())
        bad = {check.name for check in done.checks if not check.ok}
        for name in sorted(bad & self.bad):  # found so twice in a row: not while everything is only starting
            log.warning("not well: %s", name)
        self.bad = bad
        if done.why_not_ping:
            log.error("the monitor outside is not pinged: %s", done.why_not_ping)
        elif ports.monitor is not None:
            problem = watching.ping(session, ports.monitor, now=ports.clock.now())
            if problem:
                log.error("the monitor outside did not take the ping: %s", problem)

    # ------------------------------------------------------------------------------------------- the database is away

    def _own_time(self) -> datetime | None:
        machine: Machine | None = self._ports.machine
        return machine.now() if machine is not None else None

    def _gone(self, what: str) -> None:
        self.failures += 1
        if self.away_since is None:
            self.away_since = self._own_time()
        since = clock_time(self.away_since, "UTC") if self.away_since else "lately"
        log.error("the database has not answered since %s (%s); nothing is evaluated from here", since, what)
        if self.failures >= BEFORE_TELLING and not self.told and self.people and self.away_since:
            if watching.tell_away(self.people, self._ports.staff_channels, since=self.away_since):
                self.told = self.people
            else:
                log.error("nobody could be told that the database is away")

    def _here(self) -> None:
        now = self._own_time()
        if self.failures:
            log.warning("the database answers again")
        if self.told and self.away_since and now:
            watching.tell_back(self.told, self._ports.staff_channels, since=self.away_since, now=now)
        self.failures, self.away_since, self.told = 0, None, []
