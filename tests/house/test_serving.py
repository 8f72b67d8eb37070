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
