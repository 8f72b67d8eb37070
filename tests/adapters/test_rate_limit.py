"""One line of slots for everybody who sends, in one process and over Redis."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from incident_app.adapters.rate_limit import SECOND, SlotLimiter, pace
from incident_app.domain.ports import RateLimit

STEP = 1 / pace(30)
AT_ONCE = 0.01
"""Seconds: a slot of this very moment has gone by when Redis answers, and by its clock we may be wrong by its answer."""


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of our own, on a socket file."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis's server is not on this machine (Debian: sudo apt-get install redis-server)")
    folder = tmp_path_factory.mktemp("redis")
    path = folder / "redis.sock"
    server = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", str(folder)],
        stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        if "eady to accept connections" in line and path.exists():
            break
    yield f"unix://{path}"
    server.terminate()
    server.stdout.close()
    server.wait(10)


@pytest.fixture(params=["alone", pytest.param("redis", marks=pytest.mark.redis)])
def address(request: pytest.FixtureRequest) -> str | None:
    """Where the slots are kept: in this process, or in a Redis that was just emptied."""
    if request.param == "alone":
        return None
    url = str(request.getfixturevalue("redis_url"))
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return url


def test_slots_are_handed_out_in_order_a_little_slower_than_allowed(address: str | None) -> None:
    limiter: RateLimit = SlotLimiter({"telegram": 30}, address)

    waits = [limiter.wait_for("telegram", 20) for _ in range(3)]

    assert waits[0] <= AT_ONCE
    assert waits[1] == pytest.approx(20 * STEP, abs=0.2)
    assert waits[2] == pytest.approx(40 * STEP, abs=0.2)
    assert pytest.approx(29.7) == 1 / STEP


def test_a_channel_that_was_silent_saves_nothing_up(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 10_000}, address)
    limiter.wait_for("telegram", 1)
    waits = [limiter.wait_for("telegram", 9_900) for _ in range(2)]
    assert waits[0] < 0.1
    assert waits[1] > 0.8


def test_who_needs_time_gets_the_first_slot_that_leaves_it_and_nobody_before(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 1000}, address)

    waits = [limiter.wait_for("telegram", 1, 0.5), limiter.wait_for("telegram", 1000, 0.5), limiter.wait_for("telegram", 1, 0.5)]

    assert waits[:2] == [pytest.approx(0.5, abs=0.2)] * 2
    assert waits[2] == pytest.approx(1.5, abs=0.3)  # where the line is longer than that it is as it was


def test_a_channel_without_a_rate_never_waits(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 1}, address)
    assert [limiter.wait_for("email", 1000) for _ in range(3)] == [0, 0, 0]
    assert [limiter.wait_for("telegram", 0) for _ in range(3)] == [0, 0, 0]


def test_the_rate_that_is_told_is_the_one_that_is_kept(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 30}, address)
    assert limiter.rate("telegram") == pytest.approx(pace(30))
    assert limiter.rate("email") is None


def test_channels_do_not_wait_for_one_another(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 1, "email": 1}, address)
    assert limiter.wait_for("telegram", 60) <= AT_ONCE
    assert limiter.wait_for("email", 1) <= AT_ONCE


def test_a_pause_holds_the_channel_and_a_shorter_one_does_not_let_it_go(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 30}, address)
    limiter.pause("telegram", 30)
    limiter.pause("telegram", 1)
    assert limiter.wait_for("telegram", 1) == pytest.approx(30, abs=1)
    assert limiter.wait_for("telegram", 1) == pytest.approx(30 + STEP, abs=1)


def test_until_when_a_pause_holds_a_channel_is_told_and_a_long_line_is_none(address: str | None) -> None:
    # Given a line that is long because many send, and nobody who asked us to wait
    limiter, another = SlotLimiter({"telegram": 30, "email": 30}, address), SlotLimiter({"telegram": 30}, address)
    limiter.wait_for("telegram", 3000)
    assert limiter.held("telegram") == 0

    # When the provider asks for it, and then for less
    limiter.pause("telegram", 300)
    limiter.pause("telegram", 1)
    limiter.pause("telegram", 0)

    # Then it is told how long that still is, by every worker, of that channel alone
    assert 270 < limiter.held("telegram") <= 300
    assert (another.held("telegram") > 270) is (address is not None)
    assert (limiter.held("email"), another.held("email")) == (0, 0)


def test_where_redis_is_away_no_pause_is_known_and_none_is_invented() -> None:
    limiter = SlotLimiter({"telegram": 30}, "redis://127.0.0.1:1")
    limiter.pause("telegram", 300)

    assert limiter.held("telegram") == 0


def test_no_second_holds_more_than_allowed_however_late_its_messages_come(address: str | None) -> None:
    # Given forty messages whose slots have gone by, at thirty a second
    limiter = SlotLimiter({"telegram": 30}, address)

    # When all of them want to leave
    waits = [limiter.leaves("telegram") for _ in range(40)]

    # Then thirty do, and the others hear when there is room again
    assert waits[:30] == [0.0] * 30
    assert all(0 < wait <= SECOND for wait in waits[30:])


def test_an_alert_counts_among_those_that_left(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 30}, address)

    limiter.overtake("telegram")
    waits = [limiter.leaves("telegram") for _ in range(30)]

    assert waits[:29] == [0.0] * 29
    assert waits[29] > 0


def test_at_a_fast_pace_nobody_is_counted_one_by_one(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 1000}, address)
    assert [limiter.leaves("telegram") for _ in range(1100)] == [0.0] * 1100


@pytest.mark.redis
def test_workers_count_what_left_together(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    workers = [SlotLimiter({"telegram": 30}, redis_url) for _ in range(3)]

    waits = [worker.leaves("telegram") for worker in workers * 11]

    assert [wait > 0 for wait in waits] == [False] * 30 + [True] * 3


@pytest.mark.redis
def test_workers_share_the_pace_and_the_pause(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    workers = [SlotLimiter({"telegram": 30}, redis_url) for _ in range(4)]
    waits: list[float] = []
    threads = [
        threading.Thread(target=lambda worker=worker: waits.extend(worker.wait_for("telegram", 20) for _ in range(5)))
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(waits) == pytest.approx(19 * 20 * STEP, abs=0.5)
    assert len({round(wait / (20 * STEP)) for wait in waits}) >= 19

    workers[0].pause("telegram", 100)
    assert workers[1].wait_for("telegram", 1) > 95


def test_where_redis_is_gone_each_worker_goes_slowly_on_its_own(tmp_path: Path) -> None:
    limiter = SlotLimiter({"telegram": 30}, f"unix://{tmp_path / 'nobody.sock'}")

    assert limiter.wait_for("telegram", 20) <= AT_ONCE
    assert limiter.wait_for("telegram", 20) == pytest.approx(4 * 20 * STEP, abs=0.2)
    limiter.pause("telegram", 50)
    assert limiter.wait_for("telegram", 1) > 45
    assert limiter.leaves("telegram") == 0


def _giver(limiter: SlotLimiter, given: list[bool]) -> threading.Thread:
    def give() -> None:
        while not given:
            if limiter.give_way("telegram", 0.02):
                given.append(True)

    return threading.Thread(target=give)


def test_whoever_is_urgent_takes_the_slot_of_the_message_that_is_next(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 30}, address)
    limiter.wait_for("telegram", 150)
    given: list[bool] = []
    giver = _giver(limiter, given)
    giver.start()

    wait = limiter.overtake("telegram")
    giver.join()

    assert given == [True]
    assert 0 <= wait <= 0.02
    assert limiter.wait_for("telegram", 1) == pytest.approx(150 * STEP, abs=0.5)  # what was granted has not moved
    assert not limiter.give_way("telegram", 0.02)


def test_in_a_line_that_is_free_whoever_is_urgent_takes_an_ordinary_slot(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 30}, address)
    assert limiter.overtake("telegram") == 0
    assert 0 < limiter.overtake("telegram") <= 2 * STEP
    assert limiter.wait_for("telegram", 1) > 0


def test_where_nobody_uses_the_line_nobody_is_waited_for(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 30}, address)
    limiter.wait_for("telegram", 150)

    assert limiter.overtake("telegram") == 0
    assert not limiter.give_way("telegram", 0.02)  # the wish was taken back


def test_at_a_fast_pace_an_urgent_message_leaves_at_once(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 1000}, address)
    limiter.wait_for("telegram", 5000)
    assert limiter.overtake("telegram") == 0
    assert not limiter.give_way("telegram", 0.02)


def test_without_a_rate_nobody_overtakes(address: str | None) -> None:
    limiter = SlotLimiter({"telegram": 1}, address)
    assert limiter.overtake("email") == 0
    assert not limiter.give_way("email", 0.02)


def test_an_alert_is_not_held_where_redis_is_gone(tmp_path: Path) -> None:
    limiter = SlotLimiter({"telegram": 30}, f"unix://{tmp_path / 'nobody.sock'}")
    assert limiter.overtake("telegram") == 0
    assert not limiter.give_way("telegram", 0.02)
