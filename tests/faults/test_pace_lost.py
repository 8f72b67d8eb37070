"""The Redis through which workers share their pace is emptied, and goes away and comes back: no message waits for it."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis
from sqlalchemy.orm import Session

from tests import brokers
from tests.fakes import FakeClock
from tests.faults.crew import IN_FLIGHT, SOME, a_crew, list_of, until, until_over
from tests.faults.judge import judge
from tests.letters_kit import Desk
from tests.people import People

WORKERS = 4
RATE = 120.0  # messages a second, all workers together


class Pacemaker:
    """A Redis on a port of its own, which it keeps when it is started again."""

    def __init__(self, program: str, folder: Path) -> None:
        """Find a free port and start."""
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self._port = free.getsockname()[1]
        self._program, self._folder = program, folder
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        """Start empty, and wait until it answers."""
        self._process = subprocess.Popen(
            [self._program, "--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", str(self._folder)], stdout=subprocess.DEVNULL)
        until(self._answers, "Redis answers")

    def flush(self) -> None:
        """Empty it."""
        with closing(redis.Redis.from_url(self.url)) as client:
            client.flushall()

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait(10)

    def _answers(self) -> bool:
        try:
            with closing(redis.Redis.from_url(self.url)) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@pytest.fixture
def pacemaker(tmp_path: Path) -> Iterator[Pacemaker]:
    """A Redis of this test's own."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip(brokers.MISSING)
    made = Pacemaker(program, tmp_path)
    yield made
    made.kill()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_workers_whose_redis_is_lost_keep_their_pace_and_lose_nobody(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path, pacemaker: Pacemaker
) -> None:
    # Given a list that four workers send at one shared pace
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, rate=RATE, redis_url=pacemaker.url) as (crew, ledger):
        crew.start(WORKERS)

        # When Redis is emptied, then killed, and comes back empty
        until(lambda: ledger.arrivals > SOME // 4, "a quarter was written to")
        pacemaker.flush()
        until(lambda: ledger.arrivals > SOME // 2, "half was written to")
        pacemaker.kill()
        until(lambda: ledger.arrivals > SOME * 3 // 4, "the workers go on alone")
        pacemaker.start()
        until_over(desk, notice.id)
        crew.dismiss()

    # Then everybody has it once
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=0) == []

    # And never did more leave than the pace allows, but for what each worker had been given when the pace was
    # forgotten, and the sub-batch it then began by itself
    for seconds in (1, 3):
        assert ledger.busiest(seconds) <= RATE * seconds + 2 * WORKERS * IN_FLIGHT
