"""The serving process as a newcomer meets it: one command, two links, and it comes back when it is killed."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.running import PATIENCE, Served
from tests.house.sources import TOP

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("serving")]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Served]:
    """The demo, served from a folder of its own."""
    served = Served(tmp_path / "instance", "demo")
    served.wait_for("Stop: Ctrl")
    yield served
    served.stop()


def test_one_command_serves_prints_two_links_and_comes_back_when_killed(demo: Served) -> None:
    # then it says how to come in, and one link asks before it is spent
    words = "".join(demo.said)
    links = re.findall(rf"http://127\.0\.0\.1:{demo.port}(/start/\S+)", words)
    assert len(set(links)) == 2
    assert "Nothing can leave this machine" in words
    status, page = demo.get(links[0])
    assert status == 200
    assert "<form" in page

    # and every part of it lives
    assert demo.ready()
    first = demo.children()
    assert len(first) == 1

    # when the process that works is killed, another takes its place
    os.kill(first[0], signal.SIGKILL)
    assert demo.ready()
    assert demo.children() != first


def test_it_stops_starts_again_and_never_sends_for_real(demo: Served, tmp_path: Path) -> None:
    assert demo.stop() == 0

    again = Served(tmp_path / "instance", "demo")
    again.wait_for("Stop: Ctrl")
    assert again.stop() == 0

    environ = {**os.environ, "INSTANCE_DIR": str(tmp_path / "instance"), "DELIVERY_MODE": "live",
               "TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_API_URL": "http://127.0.0.1:1"}
    done = subprocess.run([sys.executable, "-m", "incident_app.cli", "serve", "--port", str(demo.port)], cwd=TOP,
                          env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "Real messages from it are refused" in done.stderr.replace("\n", " ")
