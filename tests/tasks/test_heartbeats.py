"""Signs of life, written by the parts themselves, and read again."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from incident_app.extensions import celery, db
from incident_app.services import alerts, health
from incident_app.serving import CONCURRENCY, Embedded
from incident_app.tasks import heartbeats, obligations
from incident_app.tasks.beating import PulseScheduler
from tests.fakes import START, FakeClock
from tests.machines import all_live
from tests.people import ANYBODY
from tests.services.duties import a_plain_case


def test_each_part_writes_its_own_sign(app: Flask, clock: FakeClock) -> None:
    heartbeats.urgent()
    heartbeats.bulk()
    heartbeats.receipts()
    heartbeats.documents()
    heartbeats.bot()
    PulseScheduler(celery, lazy=True).pulse()

    with app.app_context():
        signs = health.signs_of_life(db.session(), now=clock.move(seconds=3))
    assert [(sign.name, sign.ok) for sign in signs] == [
        ("scheduler", True), ("worker urgent", True), ("worker bulk", True), ("worker receipts", True),
        ("worker documents", True), ("worker bot", True), ("alerts", False), ("duties", False), ("watchdog", False),
    ]
    assert signs[0].words.endswith("seen 3 s ago")


def test_the_urgent_worker_looks_at_the_watchdog_as_the_watchdog_looks_at_it(app: Flask, clock: FakeClock) -> None:
    for _ in range(4):
        clock.move(minutes=1)
        with app.app_context():
            all_live(db.session(), clock.now(), "watchdog")
        heartbeats.look()

    with app.app_context():
        (alert,) = alerts.running(db.session(), by=ANYBODY)
    assert alert.words.startswith("watchdog not well since 10:41 CET: evaluates too, and watches the others")


def test_following_the_law_leaves_a_sign_of_life_with_what_could_not(app: Flask, clock: FakeClock) -> None:
    assert obligations.follow() == 0
    with app.app_context():
        assert alerts.heartbeats(db.session())["duties"].detail == "0 done"
        a_plain_case(db.session(), zone="Mars/Olympus")

    obligations.follow()

    with app.app_context():
        sign = alerts.heartbeats(db.session())["duties"]
    assert not sign.ok
    assert sign.detail == "1 cases could not be brought in line (ZoneInfoNotFoundError)"


def test_a_scheduler_whose_database_is_away_goes_on(app: Flask) -> None:
    with app.app_context():
        db.metadata.drop_all(db.engine)
    PulseScheduler(celery, lazy=True).pulse()


def test_a_new_scheduler_finds_everything_due(app: Flask) -> None:
    scheduler = PulseScheduler(celery)
    assert all(entry.is_due()[0] for entry in scheduler.schedule.values())


@pytest.mark.slow
@pytest.mark.xdist_group("embedded")
def test_worker_and_scheduler_run_as_threads_and_stop_again(app: Flask) -> None:
    before = threading.active_count()
    embedded = Embedded()
    embedded.start()
    try:
        seen = _wait_for_signs(app)
    finally:
        embedded.stop()
    assert seen
    assert threading.active_count() <= before + 2


@pytest.mark.slow
@pytest.mark.xdist_group("embedded")
def test_a_thread_that_died_is_noticed_by_the_others_of_the_process(app: Flask, clock: FakeClock) -> None:
    # Given everything as threads of one process
    embedded = Embedded()
    embedded.start()
    try:
        assert _wait_for_signs(app)

        # When the worker that applies receipts is no longer there, and time goes on
        embedded.workers[list(CONCURRENCY).index("receipts")].stop()
        clock.move(minutes=10)
        assert embedded.watchdog is not None
        embedded.watchdog.pass_once()  # sooner than its minute
        tries = threading.Event()
        for _ in range(600):
            if _not_well(app) == {"worker receipts"}:
                break
            tries.wait(0.1)
        found = _not_well(app)
    finally:
        embedded.stop()

    # Then it is the one that is missed
    assert found == {"worker receipts"}


def _not_well(app: Flask) -> set[str]:
    with app.app_context():
        return {sign.name for sign in health.signs_of_life(db.session(), now=START + timedelta(minutes=10)) if not sign.ok}


def _wait_for_signs(app: Flask) -> bool:
    tries = threading.Event()
    for _ in range(100):
        with app.app_context():
            if all(sign.seen_at for sign in health.signs_of_life(db.session(), now=START)):
                return True
        tries.wait(0.1)
    return False


def test_a_part_never_seen_or_seen_too_long_ago_is_not_well(session: Session) -> None:
    assert not any(sign.ok for sign in health.signs_of_life(session, now=START))

    alerts.beat(session, "scheduler", now=START)
    alerts.beat(session, "worker bulk", now=START, ok=False, detail="the disk is full")
    later = health.signs_of_life(session, now=START + timedelta(seconds=61))
    words = {sign.name: sign.words for sign in later}
    assert not any(sign.ok for sign in later)
    assert "61 s ago" in words["scheduler"]
    assert "disk is full" in words["worker bulk"]
    assert "not been seen" in words["worker urgent"]
