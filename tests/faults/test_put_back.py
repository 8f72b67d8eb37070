"""A copy takes the database's place in the middle of sending, and not by our own command: nobody is written to twice."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.models.audit import Entry
from incident_app.services.deliveries import restoring
from tests import databases
from tests.fakes import FakeClock
from tests.faults.crew import SOME, Crew, a_crew, list_of, look, until
from tests.faults.ledger import Ledger
from tests.letters_kit import Desk
from tests.people import People

RATE = 200.0
_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('filled_template'), tmp_path / 'live.sqlite')}"
        return
    base = request.getfixturevalue("postgresql_base")
    if base is None:
        pytest.skip(databases.MISSING)
    url = databases.make_database(base, request.getfixturevalue("postgresql_template"))
    yield url
    databases.drop_database(base, url)


class Copy:
    """A copy of the database in use, and the means by which it takes its place: files, or names, are exchanged."""

    def __init__(self, url: str, base: str | None) -> None:
        """Nothing is copied yet."""
        self._url, self._base = url, base
        self._name = _name(url)
        self._copy = f"{self._name}_copy"

    def make(self) -> None:
        """Make the copy, consistent in itself."""
        if self._base is None:
            with closing(sqlite3.connect(self._name)) as live, closing(sqlite3.connect(self._copy)) as copy:
                live.backup(copy)
            return
        self._as_server(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false", _OTHERS,
                        f"CREATE DATABASE {self._copy} TEMPLATE {self._name}", f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")

    def put_back(self) -> None:
        """Let it take the database's place, whoever is connected."""
        if self._base is None:
            for end in ("-wal", "-shm"):
                Path(self._name + end).unlink(missing_ok=True)
            Path(self._copy).replace(self._name)
            return
        self._as_server(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false", _OTHERS, f"DROP DATABASE {self._name} WITH (FORCE)",
                        f"ALTER DATABASE {self._copy} RENAME TO {self._name}")

    def _as_server(self, *statements: str) -> None:
        engine = create_engine(str(self._base).format(name="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for one in statements:
                connection.execute(text(one), {"name": self._name} if one is _OTHERS else {})
        engine.dispose()


def _name(url: str) -> str:
    return url.removeprefix("sqlite:///") if url.startswith("sqlite") else url.split("@/")[1].split("?", maxsplit=1)[0]


def _send_and_go_back(desk: Desk, engine: Engine, copy: Copy, crew: Crew, ledger: Ledger) -> None:
    """Let two workers send, copy the database on the way, and put the copy back when many more were written to."""
    crew.start(2)
    until(lambda: ledger.arrivals > SOME // 5, "some were written to")
    desk.session.close()
    engine.dispose()
    copy.make()
    known = ledger.arrivals
    until(lambda: ledger.arrivals > known + SOME // 4, "many more were written to")
    desk.session.close()
    engine.dispose()
    copy.put_back()
    crew.start()  # as whoever put it back would


def test_a_copy_put_back_during_a_send_writes_to_nobody_twice(
    session: Session, engine: Engine, people: People, clock: FakeClock, database_url: str, postgresql_base: str | None,
    tmp_path: Path
) -> None:
    # Given a list that two workers send
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    copy = Copy(database_url, None if database_url.startswith("sqlite") else postgresql_base)
    with a_crew(database_url, tmp_path, rate=RATE) as (crew, ledger):
        # When an older copy takes the database's place while they send
        _send_and_go_back(desk, engine, copy, crew, ledger)
        until(lambda: look(desk, notice.id).state == "paused", "the notice is held")
        crew.until_all_are_there()
        crew.clock.move(120)
        crew.dismiss()

    # Then it was held, once, before anybody was written to a second time
    assert look(desk, notice.id).state_reason == restoring.REASON
    assert set(ledger.asked.values()) == {1}
    assert session.scalar(select(func.count()).select_from(Entry).where(Entry.action == "database.restored")) == 1
