"""The scheduler dies and stays dead, the broker goes, the watchdog itself is killed, the database goes: somebody is told."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from incident_app.adapters.system_clock import SystemClock
from incident_app.models.accounts import User
from incident_app.services import alerts
from tests import databases
from tests.brokers import MISSING, redis_server
from tests.builders import an_organisation
from tests.fakes import START, FakeClock
from tests.faults.cluster import Cluster, a_cluster
from tests.faults.crew import until
from tests.house.running import Running
from tests.loopback.monitor import MonitorServer
from tests.loopback.telegram_api import TOKEN, TelegramApi
from tests.machines import Watch, all_live
from tests.people import ANYBODY, People, hire
from tests.services.duties import a_duty, a_plain_case

CHAT = 4711


def test_a_scheduler_that_is_dead_for_good_is_told_within_five_minutes(
    session: Session, people: People, clock: FakeClock
) -> None:
    # Given a house in which everything lives
    dog = Watch(session, clock)
    all_live(session, clock.now())
    dog.run()

    # When the scheduler dies, and with it every sign of life that it wakes
    died = clock.now()
    while not dog.email.sent and clock.now() - died < timedelta(minutes=10):
        dog.run(seconds=60)

    # Then the second evaluator has told it, and only it
    assert clock.now() - died <= timedelta(minutes=5)
    assert "scheduler not well since 10:41 CET" in dog.email.sent[0].subject
    assert len(dog.email.sent) == 1

    # And when it lives again, the alert is over
    all_live(session, clock.now())
    dog.run(seconds=30)
    assert alerts.recent(session, by=ANYBODY)[0].note.endswith("scheduler is well again since 10:43 CET.")


def test_with_the_scheduler_dead_no_threshold_is_missed(session: Session, people: People, clock: FakeClock) -> None:
    a_duty(session, a_plain_case(session))
    dog = Watch(session, clock)
    dog.run(hours=23, minutes=58)
    before = len(dog.email.sent)

    found = [[message.subject for message in dog.email.sent[before:]] for _ in range(3) if dog.run(minutes=1)]

    assert [any("48 h left" in subject for subject in subjects) for subjects in found] == [False, True, True]
    assert clock.now() == START + timedelta(hours=24, minutes=1)


# ------------------------------------------------------------------------------------------------ the real thing


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this test's own."""
    with a_cluster() as made:
        if made is None:
            pytest.skip(databases.MISSING)
        yield made


def somebody_to_wake(session: Session) -> None:
    """Make the organisation, and let one approver be reached by Telegram."""
    an_organisation(session)
    people = hire(session)
    session.get_one(User, people.approver.id).telegram_chat_id = str(CHAT)
    session.commit()


def a_late_duty(session: Session, clock: SystemClock) -> None:
    """Make a duty that is due within the hour."""
    now = clock.now()
    a_duty(session, a_plain_case(session), anchor_at=now - timedelta(hours=71), raised_at=now,
           due_at=now + timedelta(minutes=50))
    session.rollback()


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.xdist_group("serving")
def test_the_real_watchdog_outlives_broker_and_database_and_is_followed_by_another(cluster: Cluster, tmp_path: Path) -> None:
    with TelegramApi() as phones, MonitorServer() as monitor:
        # Given a watchdog on a machine whose Redis is there at first
        url = databases.make_database(cluster.base)
        with redis_server() as redis_url:
            if redis_url is None:
                pytest.skip(MISSING)
            environ = {
                "DATABASE_URL": url, "REDIS_URL": redis_url, "DELIVERY_MODE": "live", "TELEGRAM_BOT_TOKEN": TOKEN,
                "TELEGRAM_API_URL": phones.url, "HEARTBEAT_URL": f"{monitor.url}/ping/secret",
            }
            first = Running(tmp_path / "instance", "watchdog", "--every", "0.5", **environ)
            first.wait_for("Watching every 0.5 s")
        engine = create_engine(url)
        clock = SystemClock(engine)
        with Session(engine, expire_on_commit=False) as session:
            somebody_to_wake(session)

            # When Redis is gone and a deadline comes near, then the alert goes out all the same, and the ping
            pinged = len(monitor.heard)
            a_late_duty(session, clock)
            until(lambda: any("AEPD" in one["text"] for one in phones.sent), "the alert came by Telegram")
            until(lambda: len(monitor.heard) > pinged + 1, "the monitor was pinged")
            assert {"GET /ping/secret"} <= set(monitor.heard) <= {"GET /ping/secret", "POST /ping/secret"}  # anchors go by POST

            # When the watchdog is killed, then the pings stop; a second one goes on, and wakes nobody twice
            os.kill(first.process.pid, signal.SIGKILL)
            first.process.wait(10)
            first.stop()
            pinged, told = len(monitor.heard), len(phones.sent)
            second = Running(tmp_path / "instance", "watchdog", "--every", "0.5", **environ)
            second.wait_for("Watching")
            until(lambda: len(monitor.heard) > pinged, "the monitor was pinged by the second")
            assert len(phones.sent) == told

        # When the database goes, then whoever it remembers is told straight; and again when it is back
        engine.dispose()
        cluster.crash()
        until(lambda: any("has not answered since" in one["text"] for one in phones.sent), "it was said that it is away")
        pinged = len(monitor.heard)
        cluster.start()
        until(lambda: any("answers again since" in one["text"] for one in phones.sent), "it was said that it is back")
        until(lambda: len(monitor.heard) > pinged, "the monitor was pinged again")
        assert {one["chat_id"] for one in phones.sent} == {CHAT}
        assert len([one for one in phones.sent if "has not answered since" in one["text"]]) == 1

        # And it ends when it is asked to
        assert second.stop(signal.SIGTERM) == 0
        engine.dispose()


@pytest.mark.slow
@pytest.mark.xdist_group("serving")
def test_a_watchdog_started_before_its_database_waits_for_it_and_leaves_when_asked(tmp_path: Path) -> None:
    waiting = Running(tmp_path / "instance", "watchdog", "--every", "0.2",
                      DATABASE_URL="postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    waiting.wait_for("The database does not answer yet")
    waiting.wait_for("The database does not answer yet")

    assert waiting.stop(signal.SIGTERM) == 0
