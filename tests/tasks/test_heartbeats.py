"""Signs of life, written by the parts themselves, and read again."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from incident_app.extensions import celery, db
from incident_app.services import alerts, health
from incident_app.serving import Embedded
from incident_app.tasks import heartbeats
from incident_app.tasks.beating import PulseScheduler
from tests.fakes import START, FakeClock


def test_each_part_writes_its_own_sign(app: Flask, clock: FakeClock) -> None:
    heartbeats.urgent()
    heartbeats.bulk()
    heartbeats.receipts()
    heartbeats.documents()
    PulseScheduler(celery, lazy=True).pulse()

    with app.app_context():
        signs = health.signs_of_life(db.session(), now=clock.move(seconds=3))
    assert [(sign.name, sign.ok) for sign in signs] == [
        ("scheduler", True), ("worker urgent", True), ("worker bulk", True), ("worker receipts", True),
        ("worker documents", True), ("alerts", False), ("duties", False), ("watchdog", False),
    ]
    assert signs[0].words.endswith("seen 3 s ago")


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
