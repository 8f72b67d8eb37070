"""A backup is a checked copy; a restore refuses what is not one, and never in the middle of work."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from incident_app import backups
from incident_app.backups.ours import CORE, FORMER, VERSIONS, refusal, tables, versions
from incident_app.paths import data_dir


def a_database(path: Path, *words: str) -> str:
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode=wal")
        for table in CORE:
            made.execute(f"CREATE TABLE {table} ({'version_num' if table == VERSIONS else 'id'} TEXT)")
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


@pytest.mark.parametrize(("spoilt", "words"), [
    (f"UPDATE {VERSIONS} SET version_num = '9999'", r"is a copy of a later version \(9999\): install that version first"),
    (f"UPDATE {VERSIONS} SET version_num = '1a2b3c4d5e6f'", "not a copy of our database.*its version 1a2b3c4d5e6f is none of ours"),
    (f"UPDATE {VERSIONS} SET version_num = '0000'", "its version 0000 is none of ours"),
    (f"INSERT INTO {VERSIONS} VALUES ('0002')", "does not say which version it is of"),
    (f"DELETE FROM {VERSIONS}", "does not say which version it is of"),
    ("DROP TABLE cases", "not a copy of our database.*it lacks cases"),
    (f"UPDATE {VERSIONS} SET version_num = '{versions()[-1]}'", r"not a whole one: it lacks action_deeds, action_waits, .*, \d+ more$"),
])
def test_a_copy_of_another_version_or_another_app_is_refused(tmp_path: Path, spoilt: str, words: str) -> None:
    url = a_database(tmp_path / "live.sqlite", "mine")
    a_database(tmp_path / "other")
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute(spoilt)
        other.commit()

    with pytest.raises(backups.BackupError, match=words):
        backups.restore(url, tmp_path / "other")

    assert words_in(tmp_path / "live.sqlite") == ["mine"]
    assert not (tmp_path / "live.sqlite.before-restore").exists()


def test_every_table_there_ever_was_is_known_as_ours() -> None:
    made = {name for path in data_dir("migrations").glob("versions/*.py")
            for name in re.findall(r"create_table\(\s*['\"](\w+)", path.read_text())}
    first = next(data_dir("migrations").glob("versions/0001_*.py")).read_text()

    assert made <= tables() | FORMER
    assert not tables() & FORMER
    assert not [name for name in CORE if name != VERSIONS and f"create_table('{name}'" not in first]
    assert refusal([versions()[-1]], tables()) is None
