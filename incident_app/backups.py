"""A copy of the database in one file, checked; and the way back. The keys are not in it: back up those apart."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url


class BackupError(Exception):
    """The copy was not made, or is not one of ours."""


def sqlite_file(database_url: str) -> Path | None:
    """Return the file of a SQLite address, or ``None`` for another database."""
    url = make_url(database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _plain(database_url: str) -> str:
    """Return the address as PostgreSQL's own programs read it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def _run(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise BackupError(f"{command[0]} is not installed here (Debian: sudo apt-get install postgresql-client)")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{command[0]} failed: {done.stderr.strip()}")


def check_sqlite(path: Path) -> str:
    """Return the migration a copy stands at. Raises :class:`BackupError` where it is damaged or not ours."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
            version = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"{path} is not a copy of our database: {error}") from error
    if verdict != "ok" or version is None:
        raise BackupError(f"{path} is damaged: {verdict}")
    return str(version[0])


def make(database_url: str, target: Path) -> None:
    """Copy the running database to ``target`` (which must not exist), consistent in itself, and check the copy."""
    if target.exists():
        raise BackupError(f"{target} exists already")
    target.parent.mkdir(parents=True, exist_ok=True)
    source = sqlite_file(database_url)
    if source is None:
        _run(["pg_dump", "--format=custom", f"--file={target}", _plain(database_url)])
        _run(["pg_restore", "--list", str(target)])
    else:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live:
            live.execute("VACUUM INTO ?", (str(target),))
        check_sqlite(target)
    target.chmod(0o600)


def _let_go(path: Path) -> None:
    """Fold the write-ahead log into the file; SQLite refuses that while anybody else has the file open."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as live:
            mode = live.execute("PRAGMA journal_mode=delete").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise BackupError(f"{path.name} is in use ({error}): stop incident-app first") from error
    if mode != "delete":
        raise BackupError(f"{path.name} is in use: stop incident-app first")


def restore(database_url: str, copy: Path) -> None:
    """Put the copy in the database's place. The app must be stopped; what was there is kept beside it on SQLite."""
    target = sqlite_file(database_url)
    if target is None:
        _run(["pg_restore", "--clean", "--if-exists", "--no-owner", "--exit-on-error", "--single-transaction",
              f"--dbname={_plain(database_url)}", str(copy)])
        return
    check_sqlite(copy)
    if target.exists():
        _let_go(target)
    draft = target.with_name(target.name + ".restoring")
    shutil.copyfile(copy, draft)
    draft.chmod(0o600)
    if target.exists():
        target.replace(target.with_name(target.name + ".before-restore"))
    draft.replace(target)
