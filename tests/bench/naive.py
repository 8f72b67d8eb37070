"""What a team would write by hand: one Celery task, one transaction and one commit per person, the vendor's client.

The contacts of this one lie open in a table of its own: it seals nothing and proves nothing.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event

import psycopg
import telegram
from celery import Celery
from telegram.request import HTTPXRequest

from tests.loopback.telegram_api import TOKEN

PROCESSES = 2
PATIENCE = 120.0
TEXT = "Hello {name},\n\n" + "On 23 November somebody could read your name and email address. " * 8
app = Celery("naive", broker=os.environ.get("NAIVE_BROKER"))
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=4,
                broker_connection_retry_on_startup=True)


@cache
def _database() -> "psycopg.Connection[tuple[str, str]]":
    return psycopg.connect(os.environ["NAIVE_DATABASE"])


@cache
def _bot() -> telegram.Bot:
    return telegram.Bot(TOKEN, base_url=f"{os.environ['NAIVE_API']}/bot", request=HTTPXRequest())


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@app.task(name="naive.tell")
def tell(person_id: int) -> None:
    """Write to one person."""
    with _database().transaction():
        found = _database().execute("SELECT chat, name FROM naive WHERE id = %s AND state = 'queued' FOR UPDATE",
                                    [person_id]).fetchone()
        if found is None:
            return
        sent = _loop().run_until_complete(_bot().send_message(found[0], TEXT.format(name=found[1])))
        _database().execute("UPDATE naive SET state = 'sent', reference = %s WHERE id = %s",
                            [str(sent.message_id), person_id])


def _fill(connection: "psycopg.Connection[tuple[int]]", count: int) -> None:
    connection.execute("CREATE TABLE naive (id serial PRIMARY KEY, chat bigint, name text, state text, reference text)")
    connection.execute("INSERT INTO naive (chat, name, state) SELECT 700000000 + n, 'Person ' || n, 'queued'"
                       " FROM generate_series(1, %s) AS n", [count])
    connection.commit()


@contextmanager
def _worker(environ: dict[str, str], log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-A", "tests.bench.naive", "worker", "-P", "prefork", "-c",
               str(PROCESSES), "--without-gossip", "--without-mingle", "-l", "INFO"]
    with log.open("w") as file, subprocess.Popen(command, env=environ, stdout=file, stderr=file) as process:
        try:
            _until(lambda: " ready." in log.read_text(), "the Celery worker is ready")
            yield
        finally:
            process.terminate()


def _until(true: Callable[[], bool], what: str) -> None:
    end, breath = time.monotonic() + PATIENCE, Event()
    while not true():
        assert time.monotonic() < end, f"waited in vain until {what}"
        breath.wait(0.02)


def rate(url: str, broker: str, api: str, folder: Path, count: int) -> float:
    """Return how many people a second it writes to, its queueing included."""
    address = url.replace("+psycopg", "")
    environ = {**os.environ, "NAIVE_BROKER": broker, "NAIVE_DATABASE": address, "NAIVE_API": api}
    with psycopg.connect(address) as connection, _worker(environ, folder / "naive.log"):
        _fill(connection, count)
        begun = time.perf_counter()
        with Celery("naive", broker=broker) as sender:
            for person_id in range(1, count + 1):
                sender.send_task("naive.tell", [person_id])

        def over() -> bool:
            left = connection.execute("SELECT count(*) FROM naive WHERE state = 'queued'").fetchone()
            connection.rollback()
            return left is not None and left[0] == 0

        _until(over, "everybody is written to")
        return count / (time.perf_counter() - begun)
