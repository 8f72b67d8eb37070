"""``incident-app keys``, as a person types it, with the real vault."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incident_app import starting
from incident_app.cli import cli
from incident_app.domain.accounts import Actor, Role
from incident_app.extensions import db
from incident_app.services import documents, recipients
from incident_app.settings import read
from incident_app.wiring import now, ports
from tests.builders import a_case, an_organisation
from tests.letters_kit import csv_of
from tests.people import hire

Run = Callable[..., Result]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The settings of a machine of its own."""
    return {"INSTANCE_DIR": str(tmp_path / "instance")}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """``run("keys", "show")`` types a command on it."""

    def typed(*words: str) -> Result:
        empty: dict[str, str | None] = {"DATABASE_URL": None, "REDIS_URL": None, "DELIVERY_MODE": None}
        return CliRunner().invoke(cli, list(words), env={**empty, **environ})

    return typed


def filled(environ: dict[str, str]) -> tuple[str, str]:
    """File a case with a list and a file; return its reference and the id of the file."""
    with starting.opened(read(environ)) as app:
        starting.migrate(app)
        with app.app_context():
            session = db.session()
            an_organisation(session)
            by = hire(session).responder
            case = a_case(session, by)
            recipients.import_list(session, case.id, "people.csv", csv_of(5), by=by, now=now(), vault=ports().vault)
            kept = documents.add(session, case.id, kind="evidence", name="a.log", media_type="text/plain", content=b"log",
                                 by=by, now=now(), vault=ports().vault)
            return case.ref, kept.public_id


def read_file(environ: dict[str, str], public_id: str) -> bytes:
    with starting.opened(read(environ)) as app, app.app_context():
        reader = Actor(0, "reader", frozenset({Role.AUDITOR}))
        return documents.read(db.session(), 1, public_id, by=reader, now=now(), vault=ports().vault)[1]


def test_an_outer_key_is_changed_and_every_row_sealed_anew(run: Run, environ: dict[str, str], tmp_path: Path) -> None:
    ref, public_id = filled(environ)
    old = (tmp_path / "instance" / "vault_keys").read_text().strip()
    name, secret = old.split(":")
    shown = run("keys", "show")
    assert (shown.exit_code, " ".join(shown.output.split())) == (0, f"{name} wraps what is new 1 cases, 0 erased lists, 0 drafts and answers")

    made = run("keys", "new")
    new = made.stdout.strip()
    assert "Put it FIRST" in made.stderr
    environ["VAULT_KEYS"] = f"{new},{old}"
    assert "loaded" in run("keys", "show").output
    wrapped = run("keys", "rewrap")
    assert wrapped.exit_code == 0, wrapped.output
    assert f"1 cases wrapped by {new.split(':')[0]}, 0 were already." in wrapped.stdout

    environ["VAULT_KEYS"] = new
    anew = run("keys", "reencrypt", "--case", ref)
    assert anew.exit_code == 0, anew.output
    assert anew.stdout == f"{ref}: 8 rows sealed anew\n0 drafts and answers sealed anew, 0 do not open and were left\n"
    assert "files: 6 rows so far" in anew.stderr
    assert read_file(environ, public_id) == b"log"
    assert run("keys", "show").exit_code == 0
    for said in (shown, wrapped, anew, run("keys", "show")):
        assert secret not in said.output
        assert new.split(":")[1] not in said.output


def test_a_missing_key_is_named_and_ends_in_a_failure(run: Run, environ: dict[str, str]) -> None:
    ref, _ = filled(environ)
    environ["VAULT_KEYS"] = run("keys", "new").stdout.strip()

    for words, said in ((("show",), "MISSING"), (("rewrap",), f"not loaded or was changed: {ref}"),
                        (("reencrypt",), f"Not through: {ref}"), (("reencrypt", "--case", "x"), "no case x")):
        done = run("keys", *words)
        assert (done.exit_code, said in done.output) == (1, True), done.output
