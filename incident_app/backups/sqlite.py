"""A copy of a SQLite file, and the way back: what was there stays beside it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from incident_app.backups.ours import NOT_OURS, NOT_STATED, VERSIONS, BackupError, refusal

_VERSIONS = f"SELECT version_num FROM {VERSIONS}"  # noqa: S608 (our own word)


def make(source: Path, target: Path) -> None:
    """Copy the file in use, consistent in itself, and check the copy."""
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live:
        live.execute("VACUUM INTO ?", (str(target),))
    _look(target)


def _look(path: Path) -> tuple[list[str], set[str]]:
    """Return the versions a copy states and its tables. Raises :class:`BackupError` where it is damaged or not ours."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
            stated = [str(version) for (version,) in copy.execute(_VERSIONS)]
            there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error as error:
        raise BackupError(f"{path} {NOT_OURS.format(error)}") from error
    if verdict != "ok":
        raise BackupError(f"{path} is damaged: {verdict}")
    if not stated:
        raise BackupError(f"{path} {NOT_OURS.format(NOT_STATED)}")
    return stated, there


def restore(target: Path, copy: Path) -> None:
    """Put the copy in the file's place."""
    refused = refusal(*_look(copy))
    if refused:
        raise BackupError(f"{copy} {refused}")
    if target.exists():
        _let_go(target)
    draft = target.with_name(target.name + ".restoring")
    shutil.copyfile(copy, draft)
    draft.chmod(0o600)
    if target.exists():
        target.replace(target.with_name(target.name + ".before-restore"))
    draft.replace(target)


def _let_go(path: Path) -> None:
    """Fold the write-ahead log into the file; SQLite refuses that while anybody else has the file open."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as live:
            mode = live.execute("PRAGMA journal_mode=delete").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise BackupError(f"{path.name} is in use ({error}): stop incident-app first") from error
    if mode != "delete":
        raise BackupError(f"{path.name} is in use: stop incident-app first")
