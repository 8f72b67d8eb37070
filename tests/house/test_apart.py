"""The large form: PostgreSQL and Redis, with worker, scheduler and watchdog in processes of their own."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.brokers import MISSING, redis_server
from tests.house.running import Running, Served

pytestmark = [pytest.mark.slow, pytest.mark.postgresql, pytest.mark.redis, pytest.mark.xdist_group("serving")]


@pytest.fixture
def environ(postgresql_base: str | None) -> Iterator[dict[str, str]]:
    """The environment of a machine with both."""
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    with redis_server() as redis_url:
        if redis_url is None:
            pytest.skip(MISSING)
        url = databases.make_database(postgresql_base)
        yield {"DATABASE_URL": url, "REDIS_URL": redis_url}
        databases.drop_database(postgresql_base, url)


def test_serve_worker_and_beat_work_together(environ: dict[str, str], tmp_path: Path) -> None:
    # given a serving process alone, which is not ready without the others
    serve = Served(tmp_path / "instance", "serve", **environ)
    serve.wait_for("worker and scheduler apart")
    assert serve.get("/healthz")[0] == 200
    assert serve.get("/readyz")[0] == 503

    # when worker, scheduler and watchdog come up
    worker = Running(tmp_path / "instance", "worker", **environ)
    beat = Running(tmp_path / "instance", "beat", **environ)
    watchdog = Running(tmp_path / "instance", "watchdog", **environ)
    try:
        # then everything is ready, and a worker for each queue runs
        assert serve.ready(), serve.get("/readyz")[1]
        children = worker.children()
        assert len(children) == 5

        # when one of the two dies, the other ends too and the supervisor is told to start both again
        os.kill(children[0], signal.SIGKILL)
        assert worker.process.wait(30) != 0
    finally:
        ends = [part.stop(signal.SIGTERM) for part in (beat, worker, serve, watchdog)]
    assert (ends[0], ends[2], ends[3]) == (0, 0, 0)
