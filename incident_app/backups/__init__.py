"""A copy of the database in one file, checked; and the way back. The keys are not in it: back up those apart."""

from collections.abc import Collection
from pathlib import Path

from sqlalchemy.engine import make_url

from incident_app.backups import postgresql, sqlite
from incident_app.backups.ours import BackupError

__all__ = ["BackupError", "make", "restore", "sqlite_file", "strangers"]


def sqlite_file(database_url: str) -> Path | None:
    """Return the file of a SQLite address, or ``None`` for another database."""
    url = make_url(database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def make(database_url: str, target: Path) -> None:
    """Copy the running database to ``target`` (which must not exist), consistent in itself, and check the copy."""
    if target.exists():
        raise BackupError(f"{target} exists already")
    target.parent.mkdir(parents=True, exist_ok=True)
    source = sqlite_file(database_url)
    if source is None:
        postgresql.make(database_url, target)
    else:
        sqlite.make(source, target)
    target.chmod(0o600)


def strangers(database_url: str, copy: Path) -> list[str]:
    """Name what a restore would delete and this version does not know: tables of a later version, or of somebody else.

    None on SQLite, where all that was there stays beside. Raises :class:`BackupError` where the copy is not one of ours.
    """
    return [] if sqlite_file(database_url) else postgresql.strangers(database_url, copy)


def restore(database_url: str, copy: Path, *, may_go: Collection[str] = ()) -> None:
    """Put the copy in the database's place. The app must be stopped; what was there is kept beside it on SQLite.

    Raises :class:`BackupError`, and nothing is changed, where the copy is not whole, not ours or of a later version, or
    where :func:`strangers` would go that are not in ``may_go``.
    """
    target = sqlite_file(database_url)
    if target is None:
        postgresql.restore(database_url, copy, may_go)
    else:
        sqlite.restore(target, copy)
