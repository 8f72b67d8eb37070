"""The watchdog as a loop in one process: pass after pass, and what it says when the database is away."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from incident_app.domain.health import Disk
from incident_app.extensions import db
from incident_app.services import alerts
from incident_app.services.unit import writing
from incident_app.watching import Watchdog
from incident_app.wiring import KEY, Ports
from tests.fakes import FakeChannel, FakeClock
from tests.machines import FakeMachine, FakeMonitor, all_live
from tests.services.duties import a_duty, a_plain_case, break_duty


class House:
    """An app with a machine, a monitor outside and an email channel for its staff."""

    def __init__(self, app: Flask, ports: Ports, clock: FakeClock) -> None:
        """Put the parts together."""
        self.app, self.clock = app, clock
        self.email, self.machine, self.monitor = FakeChannel("email"), FakeMachine(clock), FakeMonitor()
        self.replace(ports)
        self.dog = Watchdog(app, every=0.01, patience=5)
        self.gone, self.others_live, self.dead = False, True, tuple[str, ...]()
        with app.app_context():
            event.listen(db.engine, "do_connect", self._refuse)

    def replace(self, ports: Ports, **other: object) -> None:
        """Let the app hold these."""
        facts: dict[str, object] = {"staff_channels": {"email": self.email}, "machine": self.machine,
                                    "monitor": self.monitor, **other}
        self.app.extensions[KEY] = replace(ports, **facts)  # type: ignore[arg-type]  # ports named by the test

    def _refuse(self, *_: object) -> None:
        if self.gone:
            raise OperationalError("connect", None, ConnectionError("away"))

    def away(self, *, gone: bool = True) -> None:
        """Let the database refuse every connection, or take them again."""
        self.gone = gone
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def once(self, **later: float) -> bool:
        """Move the clock, let the other parts live, and do one pass."""
        self.clock.move(**later)
        if self.others_live and not self.gone:
            with self.app.app_context():
                all_live(db.session(), self.clock.now(), *self.dead)
        return self.dog.pass_once()


@pytest.fixture
def house(app_of_its_own: Flask, test_ports: Ports, clock: FakeClock) -> House:
    return House(app_of_its_own, test_ports, clock)


def test_each_whole_pass_pings_the_monitor_and_says_so(house: House) -> None:
    assert house.once()
    assert house.once(minutes=1)

    assert house.monitor.pings == 2
    with house.app.app_context():
        assert alerts.heartbeats(db.session())["outside monitor"].ok


def test_a_ping_that_was_not_taken_is_kept_and_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.monitor.answers = ["it answered 404"] * 2  # with the head of the record, then plainly

    assert house.once()

    assert "did not take the ping: it answered 404" in caplog.text
    with house.app.app_context():
        sign = alerts.heartbeats(db.session())["outside monitor"]
    assert (sign.ok, sign.detail) == (False, "it answered 404")


def test_a_pass_that_could_not_evaluate_everything_does_not_ping(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with house.app.app_context():
        break_duty(db.session(), a_duty(db.session(), a_plain_case(db.session())))

    assert house.once(hours=49)

    assert house.monitor.pings == 0
    assert "is not pinged: 1 deadlines could not be evaluated" in caplog.text


def test_without_a_monitor_nobody_is_pinged(house: House, test_ports: Ports) -> None:
    house.replace(test_ports, monitor=None)

    assert house.once()
    assert house.monitor.pings == 0


def test_what_is_not_well_twice_in_a_row_is_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.dead = ("scheduler",)
    house.once()
    assert "not well" not in caplog.text
    house.once(seconds=30)
    assert "not well: scheduler" in caplog.text
    assert "not well: duties" not in caplog.text


def test_a_database_that_is_away_is_told_once_and_so_is_its_return(house: House, caplog: pytest.LogCaptureFixture) -> None:
    # Given a watchdog that has seen a good pass
    assert house.once()

    # When the database is away, minute after minute
    house.away()
    assert [house.once(minutes=1) for _ in range(4)] == [False] * 4

    # Then those it remembers are told once, and nobody outside hears that all is well
    assert {message.address for message in house.email.sent} == {
        "approver@example.org", "second_approver@example.org", "admin@example.org"}
    assert len(house.email.sent) == 3
    assert "has not answered since 10:41 CET." in house.email.sent[0].text
    assert "has not answered since 09:41 UTC" in caplog.text
    assert house.monitor.pings == 1

    # And when it is back, they hear that too, once
    house.away(gone=False)
    assert house.once(minutes=1)
    assert house.once(minutes=1)
    assert len(house.email.sent) == 6
    assert "answers again since 10:45 CET" in house.email.sent[-1].text
    assert house.monitor.pings == 3


def test_a_restart_of_the_database_tells_nobody(house: House) -> None:
    house.once()
    house.away()
    assert not house.once(minutes=1)
    house.away(gone=False)

    assert house.once(minutes=1)
    assert house.email.sent == []


def test_where_nobody_could_be_told_it_is_tried_again(house: House, test_ports: Ports, caplog: pytest.LogCaptureFixture) -> None:
    house.once()
    house.away()
    house.replace(test_ports, staff_channels={})
    house.once(minutes=1)
    house.once(minutes=1)
    assert "nobody could be told" in caplog.text

    house.replace(test_ports)
    house.once(minutes=1)
    assert len(house.email.sent) == 3


def test_started_while_the_database_is_away_it_only_writes_to_the_log(
    house: House, test_ports: Ports, caplog: pytest.LogCaptureFixture
) -> None:
    house.replace(test_ports, machine=None)
    house.away()

    assert [house.once(minutes=1) for _ in range(3)] == [False] * 3

    assert house.email.sent == []
    assert "has not answered since lately" in caplog.text


@pytest.fixture
def frozen(house: House) -> Iterator[threading.Event]:
    """A database that takes a connection and then never says anything, until it is let go."""
    let_go = threading.Event()
    house.others_live = False

    def wait(*_: object) -> None:
        let_go.wait(20)

    with house.app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "do_connect", wait)
    yield let_go
    let_go.set()


def test_a_frozen_database_counts_as_away_and_does_not_hold_the_watchdog(house: House, frozen: threading.Event) -> None:
    house.dog.patience = 0.05

    assert not house.once()
    assert not house.once(minutes=1)
    frozen.set()
    assert house.dog._asking is not None
    house.dog._asking.join(10)
    house.dog.patience = 5

    assert house.once(minutes=1)


class Unable(FakeMachine):
    """A machine of which nothing can be learned."""

    def disk(self) -> Disk:
        """Say nothing."""
        raise ValueError("no such disk")


def test_what_is_wrong_with_us_is_not_told_as_a_database_that_is_away(
    house: House, test_ports: Ports, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a watchdog that knows whom to tell
    house.once()

    # When one pass after the other fails for another reason
    house.replace(test_ports, machine=Unable(house.clock))
    assert [house.once(minutes=1) for _ in range(3)] == [False] * 3

    # Then nobody is told and nobody outside hears that all is well; the log says what it was, and it goes on
    assert (house.email.sent, house.monitor.pings) == ([], 1)
    assert "no such disk" in caplog.text
    assert "has not answered" not in caplog.text
    house.replace(test_ports)
    assert house.once(minutes=1)


def test_an_error_of_the_database_that_answers_is_not_told_as_its_being_away(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.once()

    def fail(*_: object) -> None:
        raise ProgrammingError("SELECT", None, ValueError("a mistake of ours"))

    with house.app.app_context():
        event.listen(db.engine, "before_cursor_execute", fail)
    house.others_live = False
    assert [house.once(minutes=1) for _ in range(3)] == [False] * 3

    assert house.email.sent == []
    assert "a mistake of ours" in caplog.text


def test_no_connection_that_is_free_counts_as_away(house: House) -> None:
    house.once()

    def full(*_: object) -> None:
        raise NoConnectionFree("QueuePool limit reached")

    with house.app.app_context():
        event.listen(db.engine, "before_cursor_execute", full)
    house.others_live = False
    assert [house.once(minutes=1) for _ in range(3)] == [False] * 3

    assert len(house.email.sent) == 3


def test_a_database_without_our_tables_is_an_answer_too(house: House) -> None:
    with house.app.app_context(), writing(db.session()):
        db.session().execute(text("ALTER TABLE alerts RENAME TO alerts_gone"))

    assert not house.once()


def test_it_runs_in_a_thread_until_it_is_stopped(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    lived = [house.dog.alive]
    house.dog.stop()
    house.dog = Watchdog(house.app, every=0.01)
    house.dog.start()
    waits = threading.Event()
    for _ in range(200):
        if house.monitor.pings >= 2:
            break
        waits.wait(0.1)
    lived.append(house.dog.alive)

    house.dog.stop(20)

    assert [*lived, house.dog.alive] == [False, True, False]
    assert house.monitor.pings >= 2
