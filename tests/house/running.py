"""An ``incident-app`` in a process of its own, as systemd or a person starts it."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.house.sources import TOP

PATIENCE = 60


def free_port() -> int:
    """Return a port nobody uses."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])


class Running:
    """A command that keeps running; ended at the latest after its ``patience``, in seconds."""

    patience = 2 * PATIENCE

    def __init__(self, folder: Path, *words: str, **environ: str) -> None:
        """Start it with its data in ``folder``."""
        kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "DELIVERY_MODE"}}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "incident_app.cli", *words], cwd=TOP, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**kept, "INSTANCE_DIR": str(folder), **environ},
        )
        self.said: list[str] = []
        self.alarm = threading.Timer(self.patience, self.process.kill)
        self.alarm.start()

    def wait_for(self, pattern: str) -> None:
        """Read what it says until a line fits."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if re.search(pattern, line):
                return
        pytest.fail("it ended and said:\n" + "".join(self.said))

    def children(self) -> list[int]:
        """Return the processes it started."""
        own = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in own.read_text().split()]

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl+C does; return its exit status."""
        self.alarm.cancel()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            if self.process.stdout is not None:
                self.process.stdout.close()


class Served(Running):
    """One that serves pages."""

    def __init__(self, folder: Path, command: str, **environ: str) -> None:
        """Serve on a port nobody uses."""
        self.port = free_port()
        super().__init__(folder, command, "--port", str(self.port), **environ)

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ready(self) -> bool:
        """Ask until every part shows signs of life."""
        between = threading.Event()
        for _ in range(PATIENCE * 5):
            if self.get("/readyz")[0] == 200:
                return True
            between.wait(0.2)
        return False
