"""Is everything working? For monitors, and for people."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.health import PARTS, WAITING
from incident_app.extensions import celery, db
from incident_app.web.health import broker
from tests.fakes import FakeClock
from tests.machines import all_live


def everything_lives(app: Flask, clock: FakeClock) -> None:
    with app.app_context():
        all_live(db.session(), clock.now())


def the_database_goes_away(app: Flask) -> None:
    with app.app_context():
        db.metadata.drop_all(db.engine)


def test_the_process_says_that_it_lives(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_it_is_ready_only_when_every_part_works(app: Flask, clock: FakeClock) -> None:
    client = app.test_client()
    before = client.get("/readyz")
    assert before.status_code == 503
    assert "not been seen" in before.get_json()["checks"]["scheduler"]["words"]

    everything_lives(app, clock)
    after = client.get("/readyz")
    assert after.status_code == 200
    assert after.get_json()["ready"] is True
    assert set(after.get_json()["checks"]) == {
        "database", *PARTS, *WAITING, "broker"}

    clock.move(seconds=90)
    assert client.get("/readyz").status_code == 503


def test_a_database_that_is_away_is_an_answer(app: Flask) -> None:
    the_database_goes_away(app)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["database"] == {"ok": False, "words": "does not answer"}
    assert app.test_client().get("/metrics").status_code == 200


def test_a_broker_that_is_away_is_an_answer(app: Flask) -> None:
    kept = celery.conf.broker_url
    celery.conf.update(broker_url="redis://127.0.0.1:1/0")
    try:
        found = broker()
    finally:
        celery.conf.update(broker_url=kept)
    assert not found.ok
    assert found.words.startswith("does not answer")


def test_the_monitor_gets_numbers_and_no_names(app: Flask, clock: FakeClock) -> None:
    everything_lives(app, clock)
    text = app.test_client().get("/metrics").text
    assert 'incident_app_up{part="scheduler"} 1.0' in text
    assert "example.org" not in text


def test_the_numbers_stay_inside(app: Flask) -> None:
    outside = app.test_client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert outside.status_code == 404


def test_a_person_reads_it_in_words(client_for: Callable[[str], FlaskClient]) -> None:
    page = client_for("auditor").get("/health")
    assert page.status_code == 200
    assert "has not been seen yet" in page.text


def test_a_stranger_is_asked_to_sign_in(app: Flask) -> None:
    assert app.test_client().get("/health").status_code in {302, 401}
