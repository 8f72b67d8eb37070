"""A backup is a checked copy; a restore refuses what is not one, and never in the middle of work."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from incident_app import backups
from tests import databases


def a_database(path: Path, *words: str) -> str:
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode=wal")
        made.execute("CREATE TABLE alembic_version (version_num TEXT)")
        made.execute("INSERT INTO alembic_version VALUES ('0001')")
        made.execute("CREATE TABLE words (word TEXT)")
        made.executemany("INSERT INTO words VALUES (?)", [(word,) for word in words])
        made.commit()
    return f"sqlite:///{path}"


def words_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as read:
        return [word for (word,) in read.execute("SELECT word FROM words")]


def test_a_copy_of_a_database_in_use_is_whole_and_comes_back(tmp_path: Path) -> None:
    live = tmp_path / "live.sqlite"
    url = a_database(live, "one", "two")
    copy = tmp_path / "copies" / "copy.sqlite"
    with closing(sqlite3.connect(live)) as busy:
        busy.execute("SELECT * FROM words").fetchone()
        backups.make(url, copy)
    assert copy.stat().st_mode & 0o777 == 0o600

    with closing(sqlite3.connect(live)) as later:
        later.execute("DELETE FROM words")
        later.commit()
    backups.restore(url, copy)
    assert words_in(live) == ["one", "two"]
    assert words_in(live.with_name("live.sqlite.before-restore")) == []


def test_a_copy_never_takes_the_place_of_another(tmp_path: Path) -> None:
    url = a_database(tmp_path / "live.sqlite")
    backups.make(url, tmp_path / "copy")
    with pytest.raises(backups.BackupError, match="exists already"):
        backups.make(url, tmp_path / "copy")


def test_a_restore_waits_until_the_app_is_stopped(tmp_path: Path) -> None:
    live = tmp_path / "live.sqlite"
    url = a_database(live, "mine")
    backups.make(url, tmp_path / "copy")
    with closing(sqlite3.connect(live)) as busy:
        busy.execute("SELECT * FROM words").fetchone()
        with pytest.raises(backups.BackupError, match="stop incident-app first"):
            backups.restore(url, tmp_path / "copy")
    assert words_in(live) == ["mine"]


@pytest.mark.parametrize("content", [b"", b"something else entirely, and longer than a header"])
def test_a_file_that_is_no_copy_of_ours_is_refused(tmp_path: Path, content: bytes) -> None:
    url = a_database(tmp_path / "live.sqlite", "mine")
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(backups.BackupError, match="not a copy"):
        backups.restore(url, tmp_path / "other")
    assert words_in(tmp_path / "live.sqlite") == ["mine"]


def test_a_copy_can_start_a_new_machine(tmp_path: Path) -> None:
    backups.make(a_database(tmp_path / "live.sqlite", "mine"), tmp_path / "copy")
    backups.restore(f"sqlite:///{tmp_path}/new.sqlite", tmp_path / "copy")
    assert words_in(tmp_path / "new.sqlite") == ["mine"]


@pytest.mark.postgresql
def test_a_postgresql_database_is_copied_and_comes_back(postgresql_base: str | None, tmp_path: Path) -> None:
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    from sqlalchemy import create_engine, text

    url = databases.make_database(postgresql_base)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT)"))
        connection.execute(text("INSERT INTO words VALUES ('kept')"))
    backups.make(url, tmp_path / "copy.dump")
    with engine.begin() as connection:
        connection.execute(text("UPDATE words SET word = 'lost'"))
    engine.dispose()
    backups.restore(url, tmp_path / "copy.dump")
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT word FROM words")) == "kept"
    engine.dispose()
    with pytest.raises(backups.BackupError, match="pg_restore failed"):
        backups.restore(url, tmp_path / "missing.dump")
    databases.drop_database(postgresql_base, url)
