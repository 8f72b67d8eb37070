"""A copy of the database in one file, checked; and the way back. The keys are not in it: back up those apart."""

import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import IO, cast

from sqlalchemy.engine import make_url

EMPTY_IT = """
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '10s';
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE 'DROP TABLE IF EXISTS ' || one.name || ' CASCADE';
  END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e') LOOP
    EXECUTE 'DROP FUNCTION ' || one.name || ' CASCADE';
  END LOOP;
END $$;
"""
"""Everything of ours: tables, with their sequences, indexes and triggers, and functions. The schema keeps its rights."""


class BackupError(Exception):
    """The copy was not made, or is not one of ours."""


def sqlite_file(database_url: str) -> Path | None:
    """Return the file of a SQLite address, or ``None`` for another database."""
    url = make_url(database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _plain(database_url: str) -> str:
    """Return the address as PostgreSQL's own programs read it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def _need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            raise BackupError(f"{program} is not installed here (Debian: sudo apt-get install postgresql-client)")


def _run(command: list[str]) -> None:
    _need(command[0])
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


def _put_back(database_url: str, copy: Path) -> None:
    """Let the dump take the place of all that is there, in one transaction that is sealed only once the dump was read whole.

    ``pg_restore --clean`` would drop what the dump knows and leave the tables of a later version standing.
    """
    _need("pg_restore", "psql")
    command = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={_plain(database_url)}"]
    with tempfile.TemporaryFile() as words:
        with subprocess.Popen(command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=words) as into:
            ended = _feed(cast("IO[bytes]", into.stdin), copy, words)
        if ended or into.returncode:
            words.seek(0)
            raise BackupError(f"pg_restore failed: {words.read().decode(errors='replace').strip()}")


def _feed(into: IO[bytes], copy: Path, words: IO[bytes]) -> int:
    """Say what empties the database, then the dump, and seal it where the dump ended well; return how it ended."""
    try:
        into.write(f"BEGIN;\n{EMPTY_IT}".encode())
        ended = subprocess.run(["pg_restore", "--no-owner", "--exit-on-error", "--file=-", str(copy)],
                               stdout=into, stderr=words, check=False).returncode
        if not ended:
            into.write(b"\nCOMMIT;\n")
    except BrokenPipeError:  # psql has ended, and said why
        return 1
    return ended


def restore(database_url: str, copy: Path) -> None:
    """Put the copy in the database's place. The app must be stopped; what was there is kept beside it on SQLite."""
    target = sqlite_file(database_url)
    if target is None:
        _put_back(database_url, copy)
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
