"""``incident-app create-user``: what the browser refuses the console refuses, too."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from incident_app.cli import cli


def typed(folder: Path, *words: str) -> tuple[int, str]:
    """Type a command on a machine of its own; return its exit status and what it said."""
    env: dict[str, str | None] = {
        "INSTANCE_DIR": str(folder / "instance"), "DATABASE_URL": None, "REDIS_URL": None, "DELIVERY_MODE": None}
    done = CliRunner().invoke(cli, list(words), env=env)
    return done.exit_code, done.output


@pytest.mark.parametrize(("words", "said"), [
    (("--role", "admin", "--role", "approver"), "Admin and approver exclude each other"),
    (("--role", "auditor", "--role", "responder"), "Auditor goes alone"),
    (("--role", "admin", "--zone", "Mars/Base"), "There is no time zone “Mars/Base”"),
    (("--role", "admin", "--zone", ""), "There is no time zone"),
    (("--role", "admin", "--name", " "), "Give the name"),
])
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    status, output = typed(tmp_path, "create-user", "ada@example.org", "--name", "Ada", *words)
    assert (status, said in output) == (1, True), output


def test_the_first_approver_is_made_there_and_the_same_mailbox_is_no_admin(tmp_path: Path) -> None:
    assert typed(tmp_path, "create-user", "ada@example.org", "--name", "Ada", "--role", "approver")[0] == 0
    status, output = typed(tmp_path, "create-user", "ada+admin@example.org", "--name", "Ada", "--role", "admin")
    assert (status, "ada@example.org belongs to the same person" in output) == (1, True), output
    assert typed(tmp_path, "create-user", "nobody", "--name", "N", "--role", "admin")[0] == 1


@pytest.mark.parametrize(("words", "zone"), [((), "Europe/Dublin"), (("--zone", "UTC"), "UTC")])
def test_whoever_is_made_there_reads_the_clock_of_the_house(tmp_path: Path, words: tuple[str, ...], zone: str) -> None:
    status, output = typed(tmp_path, "init", "--name", "Acme", "--country", "ie", "--zone", "Europe/Dublin", "--email", "ada@acme.test")
    assert status == 0, output

    assert typed(tmp_path, "create-user", "rita@acme.test", "--name", "Rita", "--role", "responder", *words)[0] == 0

    with closing(sqlite3.connect(next(tmp_path.glob("instance/*.sqlite*")))) as rows:
        assert rows.execute("SELECT zone FROM users WHERE email = 'rita@acme.test'").fetchone() == (zone,)


@pytest.mark.parametrize("command", [("create-user", "ida@example.org", "--name", "Ida", "--role", "admin"), ("admin-link", "ada@example.org")])
def test_a_link_is_of_the_address_people_use_or_says_what_to_put(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert typed(tmp_path, "create-user", "ada@example.org", "--name", "Ada", "--role", "admin")[0] == 0

    # Where nobody said at which address it is served, the link says so itself
    _, output = typed(tmp_path, *command)
    assert "http://127.0.0.1:8000/start/" in output
    assert "PUBLIC_URL is not set. Where it runs on another address or port, put that in the place of" in output

    # Where somebody did, it is that one, and nothing else is said
    said = CliRunner().invoke(cli, ["admin-link", "ada@example.org"], env={
        "INSTANCE_DIR": str(tmp_path / "instance"), "PUBLIC_URL": "http://127.0.0.1:8497"}).output
    assert said.startswith("http://127.0.0.1:8497/start/")
    assert "PUBLIC_URL" not in said
