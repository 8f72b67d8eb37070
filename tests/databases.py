"""Real databases for the tests: a SQLite file always, a PostgreSQL cluster of our own where its programs exist."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, create_engine, insert, text
from sqlalchemy.pool import StaticPool

MISSING = "PostgreSQL's programs are not on this machine (Debian: sudo apt-get install postgresql)"


def programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, the newest first."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[-1] if folders else None


def _as_server(command: list[str]) -> list[str]:
    # PostgreSQL refuses to run as root.
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@contextmanager
def postgresql(*, durable: bool = False) -> Iterator[str | None]:
    """Run a cluster on a socket of its own; yield its base address (``…?host=`` form), or ``None`` without programs.

    ``durable`` leaves fsync and commits as PostgreSQL has them: slower, and what a figure about speed must rest on.
    """
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    binaries = programs()
    if binaries is None:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="ia-pg-"))
    user = "postgres"
    if os.geteuid() == 0:
        os.chown(home, pwd.getpwnam("postgres").pw_uid, pwd.getpwnam("postgres").pw_gid)
    data = home / "data"
    subprocess.run(
        _as_server([str(binaries / "initdb"), "-D", str(data), "-U", user, "-A", "trust", "-E", "UTF8", "--locale=C"]),
        check=True, capture_output=True,
    )
    options = f"-c listen_addresses= -c unix_socket_directories={home} -c max_connections=60"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off -c jit=off"  # the machine does not fall; nothing is worth compiling
    control = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-s"]
    subprocess.run(
        _as_server([*control, "-o", options, "-l", str(home / "log"), "start"]), check=True, capture_output=True
    )
    try:
        yield f"postgresql+psycopg://{user}@/{{name}}?host={home}"
    finally:
        subprocess.run(_as_server([*control, "-m", "immediate", "stop"]), check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def make_database(base: str, template: str = "template1", *, files: bool = False) -> str:
    """Create a database of its own and return its address. ``files`` copies a large template as files, not by the log."""
    strategy = " STRATEGY file_copy" if files else ""
    name = "t" + uuid.uuid4().hex[:12]
    engine = create_engine(base.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{strategy}'))
    engine.dispose()
    return base.format(name=name)


def drop_database(base: str, url: str) -> None:
    """Drop it again, whoever is still connected."""
    name = url.split("@/")[1].split("?", maxsplit=1)[0]
    engine = create_engine(base.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    engine.dispose()


_SHAPE = """
SELECT md5(string_agg(what, ',' ORDER BY what)) FROM (
  SELECT concat('r', relname, relkind, relnatts) AS what FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat('t', tgrelid, tgname, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat('f', proname, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
) AS everything
"""
_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
_GO_ON = """
SELECT setval(pg_get_serial_sequence(:named, 'id'), (SELECT max(id) FROM {table})) WHERE pg_get_serial_sequence(:named, 'id') IS NOT NULL
"""
_QUIETLY = "SET LOCAL session_replication_role = replica"  # neither triggers nor foreign keys
_RESTART = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""


class Emptied:
    """A PostgreSQL database for one test after the other: emptied behind each, and made anew where its shape was changed.

    Emptying takes a tenth of what making takes.
    """

    def __init__(self, base: str, template: str) -> None:
        """Make it from the tables of ``template``."""
        self._base, self._template = base, template
        self._make()

    def _make(self) -> None:
        self.url = make_database(self._base, self._template, files=True)
        self._engine = create_engine(self.url, poolclass=StaticPool)
        with self._engine.begin() as connection:
            tables = sorted(connection.scalars(text(_TABLES)))
            self._filled = " UNION ALL ".join(
                f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in tables)
            self._shape = connection.scalar(text(_SHAPE))

    def fill(self, rows: Iterable[tuple[Table, list[dict[str, Any]]]]) -> None:
        """Put these rows in, and let the numbers go on behind them."""
        with self._engine.begin() as connection:
            connection.execute(text(_QUIETLY))
            for table, values in rows:
                connection.execute(insert(table), values)
                if "id" in table.columns:
                    connection.execute(text(_GO_ON.format(table=f'"{table.name}"')), {"named": f'"{table.name}"'})

    def empty(self) -> None:
        """Leave it as it was, whoever is still connected."""
        with self._engine.begin() as connection:
            connection.execute(text(_OTHERS))
            same = connection.scalar(text(_SHAPE)) == self._shape
            if same:
                connection.execute(text(_QUIETLY))
                for table in connection.scalars(text(self._filled)).all():
                    connection.execute(text(f'DELETE FROM "{table}"'))
                connection.execute(text(_RESTART))
        if not same:
            self.drop()
            self._make()

    def drop(self) -> None:
        """Drop it."""
        self._engine.dispose()
        drop_database(self._base, self.url)
