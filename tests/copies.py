"""A database of a test's own that can be copied, and whose copy can take its place: files, or names, are exchanged."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests import databases

_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"


def own_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Yield the address of a database nobody else is connected to, of the kind that ``request.param`` names."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('filled_template'), folder / 'live.sqlite')}"
        return
    base = request.getfixturevalue("postgresql_base")
    if base is None:
        pytest.skip(databases.MISSING)
    url = databases.make_database(base, request.getfixturevalue("postgresql_template"))
    yield url
    databases.drop_database(base, url)


class Copy:
    """A copy of a database in use, and the means by which it takes its place. ``url`` is the database's own address."""

    def __init__(self, url: str, base: str | None) -> None:
        """Nothing is copied yet; ``base`` is the address of the PostgreSQL cluster, where there is one."""
        self.url = url
        self._base = None if url.startswith("sqlite") else base
        self._name = url.removeprefix("sqlite:///") if self._base is None else url.split("@/")[1].split("?", maxsplit=1)[0]
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

    def drop(self) -> None:
        """Leave nothing behind of a copy that was never put back."""
        if self._base is None:
            Path(self._copy).unlink(missing_ok=True)
            return
        self._as_server(f"DROP DATABASE IF EXISTS {self._copy} WITH (FORCE)")

    def _as_server(self, *statements: str) -> None:
        engine = create_engine(str(self._base).format(name="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for one in statements:
                connection.execute(text(one), {"name": self._name} if one is _OTHERS else {})
        engine.dispose()
