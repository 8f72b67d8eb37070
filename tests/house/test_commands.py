"""The ``incident-app`` command, as a person types it."""

import re
import shutil
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incident_app import starting
from incident_app.cli import COMMANDS, cli
from incident_app.paths import data_dir

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run("doctor")`` types a command on a machine of its own."""

    def typed(*words: str, **environ: str) -> Result:
        env: dict[str, str | None] = {
            "INSTANCE_DIR": str(tmp_path / "instance"), "DATABASE_URL": None, "REDIS_URL": None, "DELIVERY_MODE": None,
        }
        return CliRunner().invoke(cli, list(words), env={**env, **environ})

    return typed


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a machine holds on which one person was made, and so all tables before."""
    instance = tmp_path_factory.mktemp("machine") / "instance"
    env: dict[str, str | None] = {"INSTANCE_DIR": str(instance), "DATABASE_URL": None, "REDIS_URL": None, "DELIVERY_MODE": None}
    made = CliRunner().invoke(cli, ["create-user", "ada@example.org", "--name", "Ada", "--role", "admin"], env=env)
    assert made.exit_code == 0, made.output
    return instance


@pytest.fixture
def ada(run: Run, migrated: Path, tmp_path: Path) -> Run:
    """``ada("verify")`` types a command on a copy of that machine."""
    shutil.copytree(migrated, tmp_path / "instance")
    return run


def test_every_command_is_listed_and_exists(run: Run) -> None:
    words = run("--help").output
    assert not [name for name in COMMANDS if name not in words]
    for name in COMMANDS:
        assert run(name, "--help").exit_code == 0, name


def test_an_unknown_command_is_refused(run: Run) -> None:
    assert run("dance").exit_code == 2


def test_a_first_start_for_real(run: Run) -> None:
    assert "now (it was empty)" in run("upgrade").output
    assert "already" in run("upgrade").output

    made = run("create-user", "Ada@example.org", "--name", "Ada", "--role", "admin", "--zone", "Europe/Berlin")
    assert made.exit_code == 0, made.output
    assert re.search(r"http://127\.0\.0\.1:8000/start/\S+ ", made.output)

    again = run("create-user", "ada@example.org", "--name", "Ada", "--role", "admin")
    assert again.exit_code == 1
    assert "Already in use" in again.output

    assert "/start/" in run("admin-link", "ada@example.org").output
    assert "no active account" in run("admin-link", "nobody@example.org").output


def test_a_real_organisation_is_set_up_once(run: Run) -> None:
    asked = ("init", "--name", "Acme", "--country", "ie", "--zone", "Europe/Dublin", "--email", "ada@acme.test")

    made = run(*asked)

    assert made.exit_code == 0, made.output
    assert "/start/" in made.output
    assert "If this machine dies, nobody is told: set HEARTBEAT_URL" in made.output
    assert "an organisation already" in run(*asked).output
    refused = run(*asked[:6], "Nowhere", *asked[7:])
    assert (refused.exit_code, "no time zone" in refused.output) == (1, True)


def test_the_chain_is_verified_from_the_terminal(ada: Run) -> None:
    assert "Complete up to entry 2" in ada("verify").output


def test_a_backup_can_be_put_back(ada: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    made = ada("backup", "--to", str(copy))
    assert made.exit_code == 0, made.output
    assert "holds no keys" in made.output
    assert re.search(r"^ok +backup +the last one was made \d s ago", ada("doctor").output, re.MULTILINE)
    assert "exists already" in ada("backup", "--to", str(copy)).output

    ada("create-user", "bob@example.org", "--name", "Bob", "--role", "reporter")
    restored = ada("restore", str(copy), "--yes")
    assert restored.exit_code == 0, restored.output
    assert "0 notices were being sent" in restored.output
    assert "no active account" in ada("admin-link", "bob@example.org").output
    assert "/start/" in ada("admin-link", "ada@example.org").output

    (tmp_path / "other").write_text("no database")
    assert "Nothing was changed" in ada("restore", str(tmp_path / "other"), "--yes").output
    assert ada("restore", str(copy)).exit_code == 1


def test_the_doctor_names_what_is_wrong_and_what_to_do(run: Run) -> None:
    before = run("doctor")
    assert before.exit_code == 1
    assert "incident-app upgrade" in before.output

    run("upgrade")
    after = run("doctor")
    assert re.search(r"^ok +database", after.output, re.MULTILINE)
    assert re.search(r"^NOT +scheduler +.*not been seen", after.output, re.MULTILINE)
    assert "nothing leaves this machine" in after.output


def test_the_doctor_names_every_runbook_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    # Given checklists of the team's own, two of which are mistyped
    own = tmp_path / "instance" / "runbooks"
    own.mkdir(parents=True)
    text = (data_dir("runbooks") / "leaked-token.md").read_text()
    (own / "leaked-token.md").write_text(text)
    (own / "open-cc.md").write_text("no front matter")
    (own / "drone.md").write_text(text)

    # Then each is named with what to change, and no command goes on without them
    found = run("doctor")
    assert found.exit_code == 1
    assert re.search(r"^NOT +runbooks +open-cc\.md: begin with a line", found.output, re.MULTILINE)
    assert "drone.md: “kind” must be the file's name" in found.output
    assert "A runbook cannot be read.\ndrone.md" in run("upgrade").output.replace("Error: ", "")

    # And once they are right the doctor looks at the rest
    (own / "open-cc.md").unlink()
    (own / "drone.md").write_text(text.replace('"leaked-token"', '"drone"'))
    assert re.search(r"^ok +runbooks +each can be read", run("doctor").output, re.MULTILINE)


def test_the_doctor_looks_at_open_secrets_and_senders(ada: Run, tmp_path: Path) -> None:
    (tmp_path / "instance" / "secret_key").chmod(0o644)
    words = ada("doctor", DELIVERY_MODE="live", TELEGRAM_BOT_TOKEN="1:a", REDIS_URL="redis://127.0.0.1:1/0").output
    assert "others can read secret_key" in words
    assert "is not https" in words
    assert "a second machine needs the same" in words
    assert re.search(r"^NOT +broker +does not answer", words, re.MULTILINE)


def test_the_doctor_says_how_messages_are_sent(ada: Run) -> None:
    trial = ada("doctor", DELIVERY_MODE="trial", TELEGRAM_BOT_TOKEN="1:a").output
    assert re.search(r"^ok +channels +set to trial: telegram$", trial, re.MULTILINE)
    assert re.search(r"^ok +messages +trial: real messages, only to people who have an account here", trial, re.MULTILINE)
    live = ada("doctor", DELIVERY_MODE="live", TELEGRAM_BOT_TOKEN="1:a").output
    assert re.search(r"^ok +messages +live: real messages, to everybody a notice is for$", live, re.MULTILINE)


def test_the_doctor_says_when_the_database_does_not_answer(run: Run) -> None:
    words = run("doctor", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none?connect_timeout=2").output
    assert re.search(r"^NOT +database +does not answer", words, re.MULTILINE)


@pytest.mark.parametrize("command", ["demo", "serve", "worker", "beat", "watchdog", "doctor", "upgrade"])
def test_a_wrong_environment_ends_a_command_in_words(run: Run, command: str) -> None:
    done = run(command, SECRET_KEY="short", TELEGRAM_RATE="fast")
    assert done.exit_code == 1
    assert "SECRET_KEY" in done.output
    assert "TELEGRAM_RATE" in done.output


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_without_a_broker_nothing_runs_apart(run: Run, command: str) -> None:
    done = run(command)
    assert done.exit_code == 1
    assert "There is no REDIS_URL" in done.output


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_busy_port_is_said_in_words(run: Run, command: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as busy:
        port = busy.getsockname()[1]
        done = run(command, "--port", str(port))
    assert done.exit_code == 1
    assert f"127.0.0.1:{port} cannot be used" in done.output
    assert f"--port {port + 1}" in done.output


def test_the_demo_sends_nothing(run: Run) -> None:
    done = run("demo", DELIVERY_MODE="live", TELEGRAM_BOT_TOKEN="1:a")
    assert done.exit_code == 1
    assert "sends nothing" in done.output


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-22T09:00"])
def test_the_demos_clock_needs_a_moment_with_a_zone(run: Run, moment: str) -> None:
    done = run("demo", "--now", moment)
    assert done.exit_code == 2
    assert "2026-11-22T09:00Z" in done.output


def test_a_database_of_another_version_is_not_served(ada: Run, tmp_path: Path) -> None:
    import sqlite3

    with closing(sqlite3.connect(tmp_path / "instance" / "incident-app.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = 'older'")
        database.commit()
    done = ada("serve", "--port", "0")
    assert done.exit_code == 1
    assert "incident-app upgrade" in done.output


def test_reset_never_deletes_what_is_not_the_demos(ada: Run, tmp_path: Path) -> None:
    done = ada("demo", "--reset", "--port", "0")
    assert done.exit_code == 1
    assert "not deleted" in done.output
    assert (tmp_path / "instance" / "incident-app.sqlite").exists()

    other = ada("demo", "--reset", "--port", "0", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert "SQLite file only" in other.output


def test_a_file_beside_the_checkout_fills_up_the_environment(tmp_path: Path) -> None:
    assert starting.environment()["PATH"]


WORKING = [("verify",), ("keys", "show"), ("keys", "rewrap"), ("keys", "reencrypt"), ("admin-link", "ada@example.org"), ("backup",),
           ("doctor",)]


@pytest.mark.parametrize("words", WORKING, ids=" ".join)
def test_without_the_services_environment_a_command_says_so_and_makes_nothing(
    run: Run, tmp_path: Path, words: tuple[str, ...],
) -> None:
    # Given a shell that knows nothing of the service, in a folder of somebody's own
    # When a command for an installation is typed
    done = run(*words)

    # Then it says which database it looked at, that there is none, and how the environment is given
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert str(tmp_path / "instance" / "incident-app.sqlite") in done.output
    assert "is not there" in done.output
    assert ". /etc/incident-app/env" in done.output
    assert "runbooks/ops/commands.md" in done.output

    # And nothing was made
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", WORKING[:-1], ids=" ".join)
def test_an_empty_database_is_said_and_stays_empty(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    # Given an empty file, as a command of an earlier version left it
    (tmp_path / "instance").mkdir()
    empty = tmp_path / "instance" / "incident-app.sqlite"
    empty.touch()

    done = run(*words)

    assert (done.exit_code, "is empty, without a table of incident-app" in done.output) == (1, True), done.output
    assert [path.name for path in empty.parent.iterdir()] == [empty.name]
    assert empty.stat().st_size == 0


@pytest.mark.parametrize("words", WORKING[:-1], ids=" ".join)
def test_a_database_that_does_not_answer_is_said_without_its_password(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(*words, DATABASE_URL="postgresql://me:hushhush@127.0.0.1:1/none?connect_timeout=2")

    assert (done.exit_code, "me:***@127.0.0.1:1/none" in done.output, "does not answer" in done.output) == (1, True, True)
    assert "hushhush" not in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", WORKING, ids=" ".join)
def test_the_database_without_the_keys_is_not_enough(ada: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    # Given the address of the database, and nothing else of the service
    there = tmp_path / "instance" / "incident-app.sqlite"

    done = ada(*words, INSTANCE_DIR=str(tmp_path / "elsewhere"), DATABASE_URL=f"sqlite:///{there}")

    assert done.exit_code == 1
    assert "SECRET_KEY, PASSWORD_SALT, TOTP_SECRET, VAULT_KEYS: neither set nor kept" in done.output
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("words", [("verify",), ("keys", "show"), ("admin-link", "ada@example.org")], ids=" ".join)
def test_a_database_of_another_version_is_said_by_what_reads_it(ada: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    import sqlite3

    with closing(sqlite3.connect(tmp_path / "instance" / "incident-app.sqlite")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
        database.commit()

    done = ada(*words)

    assert (done.exit_code, "incident-app upgrade" in done.output) == (1, True), done.output


def test_whoever_begins_anew_is_told_which_database_was_taken(run: Run, tmp_path: Path) -> None:
    where = str(tmp_path / "instance" / "incident-app.sqlite")

    made = run("create-user", "ada@example.org", "--name", "Ada", "--role", "admin")
    copied = run("backup", "--to", str(tmp_path / "copy.sqlite"))
    asked = run("restore", str(tmp_path / "copy.sqlite"))

    assert f"The database {where} was empty: its tables are made now" in made.output
    assert "was empty" not in run("create-user", "bob@example.org", "--name", "Bob", "--role", "reporter").output
    assert copied.exit_code == 0, copied.output
    assert (asked.exit_code, f"the place of the database {where}" in asked.output) == (1, True)


def test_the_bots_webhook_is_never_set_with_a_secret_of_nobodys(run: Run, tmp_path: Path) -> None:
    assert "There is no on-call bot" in run("bot", "webhook", "show").output
    live = {"DELIVERY_MODE": "live", "TELEGRAM_BOT_TOKEN": "1:a"}

    done = run("bot", "webhook", "set", **live)

    assert (done.exit_code, "There is no SECRET_KEY" in done.output) == (1, True), done.output
    assert list(tmp_path.iterdir()) == []
