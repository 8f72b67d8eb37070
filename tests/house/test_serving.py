"""The serving process as a newcomer meets it: one command, two links, and it comes back when it is killed."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.house.sources import TOP

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("serving")]
PATIENCE = 60


class Served:
    """An ``incident-app`` that serves, in a process of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        """Start it."""
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        command = [sys.executable, "-u", "-m", "incident_app.cli", *words, "--port", str(self.port)]
        kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "DELIVERY_MODE"}}
        self.process = subprocess.Popen(
            command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**kept, "INSTANCE_DIR": str(folder)},
        )
        self.said: list[str] = []
        self.alarm = threading.Timer(PATIENCE, self.process.kill)
        self.alarm.start()

    def wait_for(self, pattern: str) -> None:
        """Read what it says until a line fits."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if re.search(pattern, line):
                return
        pytest.fail("it ended and said:\n" + "".join(self.said))

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

    def children(self) -> list[int]:
        """Return the worker processes."""
        return [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def stop(self) -> int:
        """Ask it to stop, as Ctrl+C does; return its exit status."""
        self.alarm.cancel()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Served]:
    """The demo, served from a folder of its own."""
    served = Served(tmp_path / "instance", "demo")
    served.wait_for("Stop: Ctrl")
    yield served
    served.stop()


def test_the_demo_serves_and_prints_a_link_for_two_people(demo: Served) -> None:
    words = "".join(demo.said)
    links = re.findall(rf"http://127\.0\.0\.1:{demo.port}(/start/\S+)", words)
    assert len(set(links)) == 2
    assert "Nothing can leave this machine" in words

    status, page = demo.get(links[0])
    assert status == 200
    assert "<form" in page


def test_every_part_lives_and_a_killed_worker_comes_back(demo: Served) -> None:
    assert demo.ready()
    first = demo.children()
    assert len(first) == 1

    os.kill(first[0], signal.SIGKILL)
    assert demo.ready()
    assert demo.children() != first


def test_ctrl_c_ends_it_and_it_starts_again_with_the_same_data(demo: Served, tmp_path: Path) -> None:
    assert demo.stop() == 0
    again = Served(tmp_path / "instance", "demo")
    again.wait_for("Stop: Ctrl")
    assert again.stop() == 0


def test_the_demos_database_never_sends_for_real(demo: Served, tmp_path: Path) -> None:
    demo.stop()
    environ = {**os.environ, "INSTANCE_DIR": str(tmp_path / "instance"), "DELIVERY_MODE": "live",
               "TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_API_URL": "http://127.0.0.1:1"}
    done = subprocess.run([sys.executable, "-m", "incident_app.cli", "serve", "--port", str(demo.port)], cwd=TOP,
                          env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "Real messages from it are refused" in done.stderr.replace("\n", " ")
