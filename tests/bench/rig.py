"""What every bench stands on: a durable PostgreSQL, a Redis, the migrated tables, one command line, one table.

Run one as ``python -m tests.bench.bench_fanout``; it prints its table and ends with 1 where a goal is missed.
``--people N`` makes it larger or smaller, ``--rounds N`` says of how many rounds the medians are, ``--report`` ends
with 0 all the same, ``--profile FOLDER`` lets each worker leave a ``cProfile`` file there (and slows it by about half).
Ratios are between figures of the same run; absolute rates say more about the machine.
"""

import argparse
import secrets
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis
from sqlalchemy import create_engine, text

from incident_app import starting
from incident_app.adapters.marks import FILE as MARK
from incident_app.settings import Settings
from tests import brokers, databases
from tests.bench.table import Figure, say, table
from tests.loopback.sendgrid_api import KEY
from tests.loopback.telegram_api import TOKEN

VAULT_KEYS = (("bench", b"k" * 32),)
EMPTY = "empty"
SECRET = secrets.token_urlsafe(36)  # random: where messages leave, nothing else is taken
WITHOUT_LIMIT = 1_000_000.0
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. ``people`` 0 means what the bench finds right; ``workers`` are how many processes."""

    people: int = 0
    rounds: int = ROUNDS
    profile: Path | None = None
    rows: int = 0
    workers: tuple[int, ...] = (1, 2)

    def of(self, usual: int) -> int:
        """Return how many people, where a bench usually takes ``usual``."""
        return self.people or usual


@dataclass(slots=True)
class Machine:
    """A database cluster that keeps its promises, a Redis, and a folder; databases are made from what is at hand."""

    base: str
    redis_url: str
    folder: Path
    templates: dict[object, str] = field(default_factory=dict)

    def settings(self, url: str, **more: object) -> Settings:
        """Return settings that send for real, to servers of this machine."""
        values: dict[str, object] = {
            "redis_url": self.redis_url, "delivery_mode": "live", "telegram_bot_token": TOKEN, "sendgrid_api_key": KEY,
            "mail_from": "Assistant bot <notices@example.org>", "telegram_rate": WITHOUT_LIMIT, **more,
        }
        return Settings(
            database_url=url, instance_dir=self.folder, secret_key=SECRET, password_salt="p" * 48,
            totp_secret="t" * 48, vault_keys=VAULT_KEYS, **values,  # type: ignore[arg-type]  # named by the bench
        )

    def template(self, kind: object, make: Callable[[str], None]) -> str:
        """Return the name of a database of this kind; ``make`` fills our empty tables the first time."""
        if EMPTY not in self.templates:
            url = databases.make_database(self.base)
            self._migrate(url)
            self.templates[EMPTY] = name_of(url)
        if kind not in self.templates:
            url = self._copy(self.templates[EMPTY])
            make(url)
            self.templates[kind] = name_of(url)
        return self.templates[kind]

    @contextmanager
    def database(self, kind: object = EMPTY, make: Callable[[str], None] = lambda _: None) -> Iterator[str]:
        """Yield the address of a fresh copy of a database of this kind; the Redis is empty too, and nothing is known of the copy
        before, or this one would be taken for a database that was put back."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()
        (self.folder / MARK).unlink(missing_ok=True)
        url = self._copy(self.template(kind, make))
        try:
            yield url
        finally:
            databases.drop_database(self.base, url)

    def _migrate(self, url: str) -> None:
        app = starting.make_app(self.settings(url))
        starting.migrate(app)
        starting.release(app)

    def _copy(self, source: str) -> str:
        url = databases.make_database(self.base, source, files=True)
        engine = create_engine(self.base.format(name="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))  # what the copy left to write is no part of what is measured
        engine.dispose()
        return url


def name_of(url: str) -> str:
    """Return the name of the database at this address."""
    return url.split("@/")[1].split("?", maxsplit=1)[0]


@contextmanager
def a_machine() -> Iterator[Machine]:
    """Start everything, end everything."""
    with (databases.postgresql(durable=True) as base, brokers.redis_server() as redis_url,
          tempfile.TemporaryDirectory(prefix="ia-bench-") as folder):
        if base is None:
            raise SystemExit(databases.MISSING)
        if redis_url is None:
            raise SystemExit(brokers.MISSING)
        yield Machine(base, redis_url, Path(folder))


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


Bench = Callable[[Machine, Options], list[Figure]]


def main(title: str, bench: Bench) -> None:
    """Run a bench by its command line, print its table, and end with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--people", type=int, default=0, help="how many people (0: what the bench finds right)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="the medians are of so many rounds")
    parser.add_argument("--rows", type=int, default=0, help="how many rows lie in the table already (watchers)")
    parser.add_argument("--profile", type=Path, help="a folder for a profile of each worker")
    parser.add_argument("--report", action="store_true", help="end with 0 even where a goal is missed")
    given = parser.parse_args()
    if given.profile:
        given.profile.mkdir(parents=True, exist_ok=True)
    with a_machine() as machine:
        figures = bench(machine, Options(given.people, given.rounds, given.profile, given.rows))
    sys.stdout.write(table(title, figures))
    missed = [one.what for one in figures if one.missed]
    if missed:
        say(f"{len(missed)} missed: {'; '.join(missed)}")
    raise SystemExit(1 if missed and not given.report else 0)
