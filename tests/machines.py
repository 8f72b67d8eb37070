"""The machine and the monitor of the tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incident_app.domain.health import PARTS, Disk
from incident_app.services import alerts, watching
from incident_app.services.watching import Watched, Ways
from tests.fakes import FakeChannel, FakeClock
from tests.phones import SECRET, FakeBot


@dataclass
class FakeMachine:
    """A machine with room on its disk and a right clock, until it is told otherwise."""

    clock: FakeClock = field(default_factory=FakeClock)
    name: str = "host1"
    room: Disk = field(default_factory=lambda: Disk(50 * 10**9, 100 * 10**9))
    offset: timedelta | None = None
    broker_says: str | None = None

    def now(self) -> datetime:
        """Say what its own clock says."""
        return self.clock.now()

    def disk(self) -> Disk:
        """Say how much room there is."""
        return self.room

    def clock_offset(self) -> timedelta | None:
        """Say how far off its clock is."""
        return self.offset

    def broker(self) -> str | None:
        """Say whether the broker listens."""
        return self.broker_says


class FakeMonitor:
    """Counts the pings; ``answers`` are what it says to each, then nothing but yes."""

    def __init__(self, answers: Sequence[str] = ()) -> None:
        """Hear nothing yet."""
        self.pings, self.answers = 0, list(answers)
        self.words: list[str] = []

    def ping(self, words: str = "") -> str:
        """Count, and answer."""
        self.pings += 1
        self.words += [words] if words else []
        return self.answers.pop(0) if self.answers else ""


@dataclass
class Watch:
    """A watchdog on a machine, with the phones it reaches."""

    session: Session
    clock: FakeClock
    telegram: FakeBot = field(default_factory=FakeBot)
    email: FakeChannel = field(default_factory=lambda: FakeChannel("email"))
    machine: FakeMachine = field(default_factory=FakeMachine)

    @property
    def ways(self) -> Ways:
        """How alerts leave."""
        return Ways({"telegram": self.telegram, "email": self.email}, "https://incident.test", SECRET)

    def run(self, **later: float) -> Watched:
        """Move the clock and do one pass."""
        self.clock.move(**later)
        return watching.watch(self.session, self.ways, clock=self.clock, machine=self.machine)


def all_live(session: Session, at: datetime, *without: str) -> None:
    """Let every part but these write its sign of life."""
    for name in PARTS:
        if name not in without:
            alerts.beat(session, name, now=at)
