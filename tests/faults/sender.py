"""A worker that sends: the real pump, the real Telegram transport, a database of its own opening; made to be killed."""

import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import incident_app.models  # noqa: F401 (fills the metadata)
from incident_app.adapters.rate_limit import SlotLimiter
from incident_app.adapters.telegram import TelegramChannel
from incident_app.models.engine import prepare
from incident_app.services import deliveries
from tests.fakes import START, FakeLetters, FakeVault
from tests.loopback.telegram_api import TOKEN

BREATH = 0.05  # seconds between two looks of a worker that has nothing to do
BATCH = 20  # what a killed worker leaves uncertain, at most


class SharedClock:
    """One time for all processes, as the database's clock is: it runs, and can be moved on by hand."""

    def __init__(self, path: Path) -> None:
        """Keep the time in a file; the first to open it starts it."""
        self.path = path
        if not path.exists():
            self._set(-time.monotonic())

    def now(self) -> datetime:
        """Return the moment it is for every process."""
        return START + timedelta(seconds=time.monotonic() + float(self.path.read_text()))

    def move(self, seconds: float) -> None:
        """Move on at once, for everybody."""
        self._set(float(self.path.read_text()) + seconds)

    def _set(self, shift: float) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(repr(shift))
        fresh.replace(self.path)


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is told: where the database, the provider and the clock are, and the file that sends it home."""

    database_url: str
    api_url: str
    clock: Path
    home: Path
    total: float = 10.0
    rate: float = 1000.0


def work(orders: Orders) -> None:
    """Pump and sweep until sent home. The provider knows each worker by the number in its address."""
    clock, limiter = SharedClock(orders.clock), SlotLimiter({"telegram": orders.rate})
    channel = TelegramChannel(TOKEN, f"{orders.api_url}/{os.getpid()}", total=orders.total, batch=BATCH)
    engine, rest = prepare(create_engine(orders.database_url)), Event()
    with Session(engine, expire_on_commit=False) as session:
        while not orders.home.exists():
            handled = deliveries.pump(
                session, clock=clock, channels={"telegram": channel}, limiter=limiter, vault=FakeVault(),
                letters=FakeLetters(), worker=str(os.getpid()), seconds=5)
            deliveries.sweep(session, now=clock.now())
            session.rollback()
            if not handled:
                rest.wait(BREATH)
    channel.close()
    engine.dispose()
