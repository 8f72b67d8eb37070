"""The machine this process runs on: room on its disk, its clock beside the database's, and whether the broker listens."""

import shutil
import socket
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from incident_app.adapters.system_clock import SystemClock
from incident_app.domain.health import Disk
from incident_app.domain.ports import Clock

SECONDS = 2.0


class ThisMachine:
    """The Machine port. ``folder`` is where our files are; ``clock`` is the database's where that is another's."""

    def __init__(self, folder: Path, clock: Clock | None = None, broker_url: str | None = None) -> None:
        """Ask nothing yet."""
        self.name = socket.gethostname()
        self._folder, self._clock, self._broker_url = folder, clock, broker_url
        self._own = SystemClock()

    def now(self) -> datetime:
        """Return what this machine's own clock says."""
        return self._own.now()

    def disk(self) -> Disk:
        """Return the room where our files are; none where the folder cannot be looked at."""
        try:
            usage = shutil.disk_usage(self._folder)
        except OSError:
            return Disk(0, 0)
        return Disk(usage.free, usage.total)

    def clock_offset(self) -> timedelta | None:
        """Return how far this machine's clock is ahead of the database's, of two readings right after another."""
        if self._clock is None:
            return None
        told = self._clock.now()
        return self._own.now() - told

    def broker(self) -> str | None:
        """Return "" where the broker takes a connection, else words; ``None`` where there is none."""
        if self._broker_url is None:
            return None
        parts = urlsplit(self._broker_url)
        try:
            with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=SECONDS):
                return ""
        except OSError as error:
            return f"does not answer ({type(error).__name__})"
