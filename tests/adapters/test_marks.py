"""How far a database was is remembered in several places, each of which may forget."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from incident_app.adapters.marks import KeptMarks
from incident_app.domain.epochs import Mark
from incident_app.domain.ports import Marks
from tests import brokers
from tests.house.running import free_port

ONE, TWO = Mark("epoch", 1), Mark("epoch", 2)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A Redis server of our own."""
    with brokers.redis_server() as url:
        if url is None:
            pytest.skip(brokers.MISSING)
        yield url


def test_a_process_that_starts_anew_knows_it_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sending.mark"
    first: Marks = KeptMarks(path)
    assert first.seen("database") == first.seen(None) == []

    first.keep("database", TWO)

    assert first.seen("database") == [TWO, TWO]
    assert first.seen(None) == [TWO]
    anew = KeptMarks(path)
    assert anew.seen("database") == [TWO]
    assert anew.seen("another") == anew.seen(None) == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_known_to_be_further_is_never_taken_back(tmp_path: Path) -> None:
    marks, late = KeptMarks(tmp_path / "mark"), KeptMarks(tmp_path / "mark")
    marks.keep("database", TWO)
    late.keep("database", ONE)
    marks.keep("database", ONE)
    assert marks.seen("database") == [TWO, TWO]

    marks.keep("database", Mark("a later epoch", 0))
    assert marks.seen("database") == [Mark("a later epoch", 0)] * 2


@pytest.mark.parametrize("content", ["", "nothing", "[]", '{"database": "database"}', "null", '{"database": "database", "epoch": 1, "ticks": "x"}'])
def test_a_file_that_says_nothing_is_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mark"
    path.write_text(content)
    marks = KeptMarks(path)
    assert marks.seen("database") == []
    marks.keep("database", ONE)
    assert KeptMarks(path).seen("database") == [ONE]


def test_where_nothing_can_be_written_the_process_itself_remembers(tmp_path: Path) -> None:
    marks = KeptMarks(tmp_path / "no folder" / "mark")
    marks.keep("database", ONE)
    assert marks.seen("database") == [ONE]


@pytest.mark.redis
def test_another_machine_knows_it_from_redis(tmp_path: Path, redis_url: str) -> None:
    KeptMarks(tmp_path / "here", redis_url).keep("database", TWO)

    there = KeptMarks(tmp_path / "there", redis_url)
    assert there.seen("database") == [TWO]
    assert there.seen("another") == []
    there.keep("database", TWO)
    assert there.seen("database") == [TWO] * 3

    # … and where Redis was emptied, from the file, and tells it again
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    assert there.seen("database") == [TWO] * 2
    there.keep("database", TWO)
    assert there.seen("database") == [TWO] * 3


def test_a_redis_that_is_away_keeps_nobody_waiting(tmp_path: Path) -> None:
    marks = KeptMarks(tmp_path / "mark", f"redis://127.0.0.1:{free_port()}/0")
    marks.keep("database", ONE)
    begun = time.monotonic()
    for _ in range(20):
        assert marks.seen("database") == [ONE, ONE]
    assert time.monotonic() - begun < 5
