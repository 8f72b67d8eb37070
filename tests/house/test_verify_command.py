"""``incident-app verify`` as it is typed: anchors by hand, deliveries, and the exit status that a script reads."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incident_app.cli import cli

Run = Callable[..., Result]


def type_in(instance: Path, *words: str) -> Result:
    env: dict[str, str | None] = {"INSTANCE_DIR": str(instance), "DATABASE_URL": None, "REDIS_URL": None, "DELIVERY_MODE": None}
    return CliRunner().invoke(cli, list(words), env=env)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine with an account, as the command made it."""
    instance = tmp_path_factory.mktemp("machine") / "instance"
    made = type_in(instance, "create-user", "ada@example.org", "--name", "Ada", "--role", "admin")
    assert made.exit_code == 0, made.output
    return instance


@pytest.fixture
def run(tmp_path: Path, machine: Path) -> Run:
    """``run("verify")`` types a command on a copy of that machine."""
    instance = tmp_path / "instance"
    shutil.copytree(machine, instance)
    return lambda *words: type_in(instance, *words)


def test_a_record_is_verified_with_an_anchor_given_by_hand(run: Run) -> None:
    plain = run("verify")
    head = re.search(r"Complete up to entry 2\. Head: ([0-9a-f]{64})", plain.output)
    assert plain.exit_code == 0
    assert head is not None

    anchored = run("verify", "--anchor", f"2:{head[1][:16]}", "--anchor", f"2:{head[1]}")

    assert anchored.exit_code == 0
    assert "The anchor given by hand (entry 2) matches." in anchored.output


@pytest.mark.parametrize(("anchor", "words"), [
    (f"2:{'0' * 16}", "The record is broken at entry 2: Entry 2 does not have the fingerprint that the anchor given by hand names"),
    (f"9:{'0' * 16}", "broken at entry 3: The chain ends at entry 2, but the anchor given by hand knows entry 9"),
])
def test_what_an_anchor_contradicts_ends_with_status_one(run: Run, anchor: str, words: str) -> None:
    found = run("verify", "--anchor", anchor)

    assert found.exit_code == 1
    assert words in found.output


def test_an_anchor_that_is_none_is_refused_in_words(run: Run) -> None:
    found = run("verify", "--anchor", "nonsense")

    assert found.exit_code == 2
    assert "such as 4711:9f86d081884c7d65" in found.output


def test_the_anchor_file_of_the_instance_counts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "instance" / "anchors.log").write_text(f"2026-11-23T09:40:00+00:00 audit 7 {'ab' * 32}\n")

    found = run("verify")

    assert found.exit_code == 1
    assert "the anchor in anchors.log of 2026-11-23 09:40 UTC knows entry 7: the tail was cut" in found.output
    assert re.search(r"^NOT +audit chain", run("doctor").output, re.MULTILINE)


def test_a_changed_entry_ends_with_status_one(run: Run, tmp_path: Path) -> None:
    (path,) = (one for one in (tmp_path / "instance").glob("*.sqlite") if one.name != "outbox.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit_entries SET actor_name = 'Nobody' WHERE seq = 1")

    found = run("verify")

    assert (found.exit_code, "Entry 1 was changed after it was written." in found.output) == (1, True)


@pytest.mark.parametrize("name", ["BR-2026-001/1", "nonsense", "BR-2026-001/x"])
def test_deliveries_of_a_notice_that_is_not_there_are_said(run: Run, name: str) -> None:
    found = run("verify", "--deliveries", name)

    assert found.exit_code == 1
    assert f"NOT  {name}: There is no such notice in this case." in found.output


def test_the_doctor_says_who_guards_the_record(run: Run) -> None:
    assert re.search(r"^ok +audit rights +SQLite has no roles", run("doctor").output, re.MULTILINE)
