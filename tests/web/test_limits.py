"""A flood stops at the door, in words; nobody else is held up, and the signs of life are always free."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.app import create_app
from incident_app.extensions import Base, db
from incident_app.services import accounts
from incident_app.services.public_words import public_words
from incident_app.web import limits
from incident_app.wiring import Ports
from tests.builders import an_organisation, settings_for_tests
from tests.conftest import TOKEN
from tests.fakes import FakeClock
from tests.people import hire


@pytest.fixture
def real(tmp_path: Path, test_ports: Ports) -> Iterator[Flask]:
    """The app as it is served: with its limits."""
    settings = replace(settings_for_tests(f"sqlite:///{tmp_path / 'a.sqlite'}", tmp_path), testing=False)
    made = create_app(settings, ports=test_ports)
    with made.app_context():
        Base.metadata.create_all(db.engine)
        an_organisation(db.session())
        hire(db.session())
    limits.limiter.reset()
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def token_for(real: Flask, clock: FakeClock) -> Callable[[str], dict[str, str]]:
    """The header with somebody's token."""
    def header(who: str) -> dict[str, str]:
        with real.app_context():
            user = accounts.find(db.session(), f"{who}@example.org")
            assert user is not None
            return {"Authorization": "Bearer " + accounts.make_token(db.session(), "x", 30, by=user.actor, now=clock.now())[1]}

    return header


def _many(client: FlaskClient, path: str, count: int, **more: object) -> list[int]:
    return [client.get(path, **more).status_code for _ in range(count)]


def test_a_token_that_prints_without_end_is_stopped_and_told_when_to_come_back(real: Flask, token_for: Callable[[str], dict[str, str]]) -> None:
    client, busy, calm = real.test_client(), token_for("auditor"), token_for("approver")

    # When one token takes the register more often than anybody needs it
    assert set(_many(client, "/api/v1/register.csv", 30, headers=busy)) == {200}
    stopped = client.get("/api/v1/register.csv", headers=busy)

    # Then it is told so in words, and when to come back
    assert stopped.status_code == 429
    assert 0 < int(stopped.headers["Retry-After"]) <= 60
    assert "wait until the minute is over" in stopped.get_json()["error"]

    # And everything else goes on, for it and for others
    assert client.get("/api/v1/cases", headers=busy).status_code == 200
    assert client.get("/api/v1/register.csv", headers=calm).status_code == 200


def test_signs_of_life_are_free(real: Flask) -> None:
    limit = int(limits.HEAVY.partition("/")[0])

    assert set(_many(real.test_client(), "/healthz", limit * 2)) == {200}
    assert "api_uploads.put_page" in limits.FREE


def test_a_page_says_it_as_a_page(real: Flask, clock: FakeClock) -> None:
    with real.app_context():
        secret = accounts.make_sign_in_link(db.session(), "approver@example.org", now=clock.now())
    client = real.test_client()
    found = TOKEN.search(client.get(f"/start/{secret}").text)
    assert found is not None
    client.post(f"/start/{secret}", data={"csrf_token": found[1]})
    _many(client, "/register.csv", 30)

    answer = client.get("/register.csv")

    assert answer.status_code == 429
    assert "Too many tries" in answer.text
    assert "Retry-After" in answer.headers


def test_every_endpoint_with_a_limit_of_its_own_exists(app: Flask) -> None:
    assert set(app.view_functions) >= limits.HEAVY_ENDPOINTS | limits.SEARCHES | limits.FREE


def test_a_flood_on_the_page_for_everybody_gets_calm_words_in_its_language(real: Flask) -> None:
    # Given somebody who tries codes as fast as they can
    answers = [real.test_client().get("/check?lang=de", environ_base={"REMOTE_ADDR": "203.0.113.9"}) for _ in range(61)]

    # Then the last one is told to wait, and nothing of the inside is shown
    assert [one.status_code for one in answers] == [200] * 60 + [429]
    assert public_words("de")["house"]["many"] in answers[-1].text
    assert answers[-1].headers["Retry-After"] == "60"
    assert "incident-app" not in answers[-1].text
    assert real.test_client().get("/check", environ_base={"REMOTE_ADDR": "203.0.113.10"}).status_code == 200


def test_guessing_the_code_of_a_receipt_ends_after_twelve_tries_a_minute(real: Flask) -> None:
    visitor = real.test_client()

    answers = [visitor.post(f"/receipt/{'a' * 31}{sign}", data={"name": "Mallory"}) for sign in "bcdefghijklmno"]

    assert [answer.status_code for answer in answers] == [404] * 12 + [429] * 2
    assert public_words("en")["house"]["many"] in answers[-1].text
    assert answers[-1].headers["Retry-After"] == "60"
    # And looking at the page is counted apart
    assert visitor.get(f"/receipt/{'a' * 32}").status_code == 404
