"""A worker that sends: the real pump, the real transport, a database of its own opening; made to be broken."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import psycopg
from sqlalchemy import Text, create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, mapped_column

import incident_app.models  # noqa: F401 (fills the metadata)
from incident_app.adapters.marks import KeptMarks
from incident_app.adapters.rate_limit import SlotLimiter, pace
from incident_app.adapters.sendgrid import SendGridChannel
from incident_app.adapters.system_clock import SystemClock
from incident_app.adapters.telegram import TelegramChannel
from incident_app.domain.ports import Clock, Marks, RateLimit
from incident_app.models.deliveries import Delivery
from incident_app.models.engine import prepare
from incident_app.services import deliveries
from tests.builders import the_law
from tests.fakes import START, FakeLetters, FakeVault
from tests.loopback.sendgrid_api import KEY
from tests.loopback.telegram_api import TOKEN

BATCH = 20  # what a killed worker leaves uncertain, at most
BREATH = 0.05  # seconds between two looks of a worker that has nothing to do
GONE = ("08", "57")  # PostgreSQL's classes of errors for a lost connection and a server that goes down or comes up

NEW_COLUMN = "hint"  # what the next version adds to a delivery, in these tests

Line = TelegramChannel | SendGridChannel


class SharedClock:
    """One time for all processes, as the database's clock is: it runs, and can be moved on by hand."""

    def __init__(self, path: Path, seconds: Callable[[], float] = time.monotonic) -> None:
        """Keep the time in a file; the first to open it starts it. ``seconds`` is what makes it run."""
        self.path = path
        self._seconds = seconds
        if not path.exists():
            self._set(-seconds())

    def now(self) -> datetime:
        """Return the moment it is for every process."""
        return START + timedelta(seconds=self._seconds() + float(self.path.read_text()))

    def move(self, seconds: float) -> None:
        """Move on at once, for everybody."""
        self._set(float(self.path.read_text()) + seconds)

    def _set(self, shift: float) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(repr(shift))
        fresh.replace(self.path)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is told: where the database, the provider and the clock are, and the file that sends it home.

    ``runs_by`` says what makes the clock run: this machine's running time, or the product's own clock, which asks the
    ``database``. ``newer`` makes a worker of the next version, whose deliveries have one more column.
    """

    database_url: str
    api_url: str
    clock: Path
    home: Path
    total: float = 10.0
    rate: float = 1000.0
    token: str = TOKEN
    redis_url: str | None = None
    channel: str = "telegram"
    runs_by: str = "machine"
    newer: bool = False

    def open_clock(self) -> SharedClock:
        """Open the clock."""
        if self.runs_by == "machine":
            return SharedClock(self.clock)
        told = SystemClock(create_engine(self.database_url, pool_size=1))
        return SharedClock(self.clock, lambda: told.now().timestamp())

    def open_channel(self) -> Line:
        """Open the line to the provider, which knows each worker by the number in its address."""
        address = f"{self.api_url}/{os.getpid()}"
        if self.channel == "email":
            return SendGridChannel(KEY, address, "Assistant bot <bot@example.org>", total=self.total)
        return TelegramChannel(self.token, address, total=self.total, pace=pace(self.rate), batch=BATCH)


def _is_gone(error: OperationalError) -> bool:
    return isinstance(error.orig, psycopg.Error) and (error.orig.sqlstate or "08").startswith(GONE)


def _round(engine: Engine, clock: Clock, channel: Line, limiter: RateLimit, marks: Marks) -> int:
    """Do what the queue's next task does: open a session, pump, sweep."""
    with Session(engine, expire_on_commit=False) as session:
        handled = deliveries.pump(
            session, clock=clock, channels={channel.name: channel}, limiter=limiter, vault=FakeVault(),
            letters=FakeLetters(), law=the_law(), worker=str(os.getpid()), seconds=5, marks=marks)
        deliveries.sweep(session, now=clock.now(), law=the_law())
    return handled


def work(orders: Orders) -> None:
    """Say that one is there by a file; pump and sweep until sent home. A database that is gone is asked again after a breath."""
    engine, rest = prepare(create_engine(orders.database_url, pool_pre_ping=True)), Event()
    clock, channel = orders.open_clock(), orders.open_channel()
    limiter = SlotLimiter({"telegram": orders.rate}, orders.redis_url)
    marks = KeptMarks(orders.home.with_name("sending.mark"), orders.redis_url)
    if orders.newer:
        setattr(Delivery, NEW_COLUMN, mapped_column(Text))
    orders.home.with_suffix(f".{os.getpid()}").touch()
    while not orders.home.exists():
        try:
            handled = _round(engine, clock, channel, limiter, marks)
        except OperationalError as error:
            if not _is_gone(error):
                raise
            handled = 0
        if not handled:
            rest.wait(BREATH)
    channel.close()
    engine.dispose()
