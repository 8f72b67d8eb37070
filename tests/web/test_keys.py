"""The keys of providers are settings of the machine: no page and no answer of the API shows one in full."""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.app import create_app
from incident_app.extensions import db
from incident_app.services import accounts
from tests.builders import an_organisation, settings_for_tests
from tests.conftest import TOKEN
from tests.house.test_guards import address, ours
from tests.people import NAMES, hire

KEYS = {
    "telegram_bot_token": "700001:" + secrets.token_hex(16), "telegram_staff_bot_token": "700002:" + secrets.token_hex(16),
    "sendgrid_api_key": "SG." + secrets.token_hex(16), "smtp_url": f"smtp://me:{secrets.token_hex(16)}@127.0.0.1:2525",
    "heartbeat_url": f"https://monitor.example.org/{secrets.token_hex(16)}",
}


@pytest.fixture
def set_up(tmp_path: Path, sqlite_template: Path) -> Iterator[Flask]:
    """The app as it runs with every key set, its channels simulated."""
    path = tmp_path / "keys.sqlite"
    shutil.copy(sqlite_template, path)
    made = create_app(replace(settings_for_tests(f"sqlite:///{path}", tmp_path), **KEYS))  # type: ignore[arg-type]  # all of them are text
    with made.app_context():
        an_organisation(db.session())
        hire(db.session())
        db.session.remove()
    yield made
    with made.app_context():
        db.engine.dispose()


def signed_in(app: Flask, who: str) -> tuple[FlaskClient, dict[str, str]]:
    """Return a browser in which somebody is signed in, and the header of a token of theirs."""
    now = app.extensions["incident_app_ports"].clock.now()
    with app.app_context():
        user = accounts.find(db.session(), f"{who}@example.org")
        assert user is not None
        _, token = accounts.make_token(db.session(), "test", 30, by=user.actor, now=now)
        secret = accounts.make_sign_in_link(db.session(), f"{who}@example.org", now=now)
    client = app.test_client()
    found = TOKEN.search(client.get(f"/start/{secret}").text)
    assert found is not None
    client.post(f"/start/{secret}", data={"csrf_token": found[1]})
    return client, {"Authorization": f"Bearer {token}"}


def test_no_page_and_no_answer_shows_a_key(set_up: Flask) -> None:
    # Given the app with every key set, and somebody of each role
    shown, read = [], 0
    parts = [part for key in KEYS.values() for part in (key, key.rsplit(":", 1)[-1], key.rsplit("/", 1)[-1])]

    # When each reads every page and every answer there is
    for who in NAMES:
        client, header = signed_in(set_up, who)
        for rule in ours(set_up):
            if "GET" not in (rule.methods or set()):
                continue
            answer = client.get(address(set_up, rule), headers=header if rule.rule.startswith("/api/") else {})
            read += answer.status_code == 200
            shown += [(who, rule.rule) for part in parts if len(part) >= 16 and part.encode() in answer.data]

    # Then no key is among it, though the health page says that they are set
    assert shown == []
    assert read > 50
    assert "TELEGRAM_BOT_TOKEN" in signed_in(set_up, "admin")[0].get("/health").text


def test_nothing_sets_a_key(set_up: Flask) -> None:
    """There is no page to type one into: they are environment variables, so nobody reads them back either."""
    client, _ = signed_in(set_up, "admin")
    for page in ("/organisation", "/health", "/people", "/me"):
        assert not [name for name in KEYS if f'name="{name}"' in client.get(page).text]
