"""Is everything working? For monitors, and for people."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.health import BACKUP, PARTS, WAITING
from incident_app.extensions import celery, db
from incident_app.services import alerts, health
from incident_app.web.health import broker
from incident_app.wiring import KEY, Ports
from tests.fakes import FakeChannel, FakeClock, FakePdf
from tests.machines import FakeMachine, FakeMonitor, all_live
from tests.web.posting import post


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


def test_whoever_asks_from_outside_hears_yes_and_no_and_no_names(app: Flask, wired: Ports, clock: FakeClock) -> None:
    everything_lives(app, clock)
    client = app.test_client()

    assert "GB free" in client.get("/readyz").get_json()["checks"]["disk of host1"]["words"]
    outside = client.get("/readyz", headers={"X-Forwarded-For": "203.0.113.9"})

    assert outside.status_code == 200
    assert outside.get_json()["checks"]["disk"] == {"ok": True}
    assert {tuple(check) for check in outside.get_json()["checks"].values()} == {("ok",)}
    assert "host1" not in outside.text


def test_a_backup_that_is_late_does_not_take_the_app_out_of_service(app: Flask, clock: FakeClock) -> None:
    with app.app_context():
        alerts.beat(db.session(), BACKUP, now=clock.now())
    clock.move(days=4)
    everything_lives(app, clock)

    answer = app.test_client().get("/readyz")

    assert (answer.status_code, answer.get_json()["checks"][BACKUP]["ok"]) == (200, False)


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


# ------------------------------------------------------------------------------------------- the second evaluator, tests


def test_a_pull_monitor_hears_when_no_deadline_was_evaluated(app: Flask, clock: FakeClock) -> None:
    client = app.test_client()
    before = client.get("/healthz/deadlines")
    assert (before.status_code, before.text) == (503, "no deadline has been evaluated yet\n")

    with app.app_context():
        alerts.beat(db.session(), "watchdog", now=clock.now())
    assert client.get("/healthz/deadlines").text == "all evaluated 0 s ago\n"
    clock.move(seconds=180)
    assert client.get("/healthz/deadlines").status_code == 200
    clock.move(seconds=1)
    assert client.get("/healthz/deadlines").status_code == 503

    the_database_goes_away(app)
    assert client.get("/healthz/deadlines").text == "does not answer\n"


@pytest.fixture
def wired(app: Flask, test_ports: Ports, clock: FakeClock) -> Ports:
    """An app that sends for real, with a machine, a monitor and an email channel for staff."""
    made = replace(test_ports, machine=FakeMachine(clock), monitor=FakeMonitor(["it answered 404"]), mode="live",
                   keys={"TELEGRAM_BOT_TOKEN": "…Dsaw"}, staff_channels={"email": FakeChannel("email")})
    app.extensions[KEY] = made
    return made


def test_the_page_shows_since_when_the_ways_and_keys_that_are_masked(
    app: Flask, wired: Ports, client_for: Callable[[str], FlaskClient], clock: FakeClock
) -> None:
    with app.app_context():
        all_live(db.session(), clock.now())
        health.keep(db.session(), health.look(db.session(), now=clock.now(), machine=wired.machine), now=clock.now())
    clock.move(seconds=20)

    page = client_for("oncall_person").get("/health").text

    assert "Disk of host1" in page
    assert "Mon 23 Nov 10:40 CET" in page
    assert "<code>TELEGRAM_BOT_TOKEN</code> …Dsaw" in page
    assert 'aria-label="Test: send me a message by Email"' in page
    assert "Test: ping HEARTBEAT_URL" not in page
    assert "nobody is told" not in page


def test_without_a_monitor_outside_both_pages_say_what_that_means(
    app: Flask, wired: Ports, client_for: Callable[[str], FlaskClient]
) -> None:
    app.extensions[KEY] = replace(wired, monitor=None)
    client = client_for("responder")

    for page in ("/health", "/oncall"):
        assert "If this machine dies, nobody is told." in client.get(page).text
    app.extensions[KEY] = replace(wired, monitor=None, mode="simulate")
    assert "nobody is told" not in client.get("/health").text


def test_database_and_pdf_are_tried_on_the_spot(app: Flask, wired: Ports, client_for: Callable[[str], FlaskClient]) -> None:
    client = client_for("auditor")

    assert "The database answers" in _pressed(client, "/health/test/database")
    assert "A test page was printed" in _pressed(client, "/health/test/pdf")
    app.extensions[KEY] = replace(wired, pdf=FakePdf(missing="Install Pango."))
    assert "No PDF: Install Pango." in _pressed(client, "/health/test/pdf")


def test_a_way_is_tried_to_oneself(wired: Ports, client_for: Callable[[str], FlaskClient]) -> None:
    client = client_for("oncall_person")

    assert "Email took the message." in _pressed(client, "/health/test/email")

    channel = wired.staff_channels["email"]
    assert isinstance(channel, FakeChannel)
    assert [message.address for message in channel.sent] == ["oncall_person@example.org"]
    assert post(client, "/health/test/telegram").status_code == 409


def test_the_monitor_is_pinged_by_hand_by_whoever_runs_it(
    app: Flask, wired: Ports, client_for: Callable[[str], FlaskClient]
) -> None:
    client = client_for("admin")

    assert "The ping was not taken: it answered 404." in _pressed(client, "/health/test/monitor")
    assert "The ping was taken." in _pressed(client, "/health/test/monitor")
    app.extensions[KEY] = replace(wired, monitor=None)
    assert "HEARTBEAT_URL is not set" in _pressed(client, "/health/test/monitor")


def _pressed(client: FlaskClient, path: str) -> str:
    """Press the button on the page, and return the page it leads back to."""
    assert post(client, path).status_code == 302
    return client.get("/health").text
