"""The tasks of the on-call door: they read the time and call a service."""

from dataclasses import replace

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import alerts
from incident_app.tasks import alerts as tasks
from incident_app.tasks import bot as bot_tasks
from incident_app.tasks import schedule
from incident_app.wiring import KEY, Ports
from tests.fakes import FakeChannel, FakeClock
from tests.phones import FakeBot
from tests.services.duties import a_duty, a_plain_case


@pytest.fixture
def email(app: Flask, test_ports: Ports) -> FakeChannel:
    """The email channel of the staff."""
    made = FakeChannel("email")
    app.extensions[KEY] = replace(test_ports, staff_channels={"telegram": FakeBot(), "email": made})
    return made


def test_a_tick_raises_what_is_due_and_sends_it(app: Flask, email: FakeChannel, clock: FakeClock) -> None:
    with app.app_context():
        a_duty(db.session(), a_plain_case(db.session()))
    clock.move(hours=24)

    tasks.tick()

    assert [message.address for message in email.sent] == ["approver@example.org"]
    with app.app_context():
        pulse = alerts.heartbeats(db.session())["alerts"]
        assert (pulse.ok, pulse.detail) == (True, "1 looked at")


def test_what_could_not_be_evaluated_shows_in_the_sign_of_life(app: Flask, email: FakeChannel, clock: FakeClock) -> None:
    with app.app_context():
        a_duty(db.session(), a_plain_case(db.session(), zone="Mars/Olympus"))
    clock.move(hours=49)

    tasks.tick()

    with app.app_context():
        pulse = alerts.heartbeats(db.session())["alerts"]
        assert (pulse.ok, pulse.detail) == (False, "1 cases could not be evaluated")


def test_between_ticks_the_next_step_is_sent(app: Flask, email: FakeChannel, clock: FakeClock) -> None:
    with app.app_context():
        a_duty(db.session(), a_plain_case(db.session()))
    clock.move(hours=24)
    tasks.tick()
    clock.move(minutes=10)

    tasks.tick()

    assert len(email.sent) > 1


def test_both_are_on_the_schedule_of_the_urgent_queue_and_the_bot_holds_neither_up() -> None:
    queues = {entry.task: entry.queue for entry in schedule.SCHEDULE}

    assert queues[tasks.tick.name] == "urgent"
    assert queues[bot_tasks.poll.name] == queues[bot_tasks.check.name] == "bot"
