"""The second evaluator: one whole pass, what it tells the monitor outside, and whom it tells when the database is away."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.health import Disk
from incident_app.domain.ports import Message, Outcome, Rejected, Sent
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend, Heartbeat
from incident_app.models.health import SelfTest
from incident_app.services import alerts, rota, watching
from incident_app.services.watching import Reached
from tests.fakes import START, FakeChannel, FakeClock
from tests.machines import Watch, all_live
from tests.people import People
from tests.phones import FakeBot
from tests.services.duties import a_duty, a_plain_case

MINUTE = timedelta(minutes=1)


@pytest.fixture
def dog(session: Session, people: People, clock: FakeClock) -> Watch:
    return Watch(session, clock)


def test_a_pass_evaluates_sends_and_leaves_a_sign_of_life(dog: Watch) -> None:
    a_duty(dog.session, a_plain_case(dog.session))

    found = dog.run(hours=24)

    assert (found.done.raised, found.done.failed, found.why_not_ping) == (1, 0, "")
    assert [message.address for message in dog.email.sent] == ["approver@example.org"]
    sign = dog.session.get_one(Heartbeat, "watchdog")
    assert (sign.ok, sign.detail) == (True, "1 looked at")


def test_two_that_watch_at_once_wake_nobody_twice(dog: Watch) -> None:
    a_duty(dog.session, a_plain_case(dog.session))

    dog.run(hours=24)
    dog.run()

    assert len(dog.email.sent) == 1
    assert len(dog.session.scalars(select(Alert.id).where(Alert.raised_at.is_not(None))).all()) == 1


def test_with_a_case_that_could_not_be_evaluated_the_monitor_is_not_told(dog: Watch) -> None:
    a_duty(dog.session, a_plain_case(dog.session, zone="Mars/Olympus"))

    found = dog.run(hours=49)

    assert found.why_not_ping == "1 deadlines could not be evaluated"
    assert not dog.session.get_one(Heartbeat, "watchdog").ok


def test_with_an_alert_that_did_not_leave_in_time_the_monitor_is_not_told(dog: Watch) -> None:
    # Given an alert by Telegram that comes up, long overdue, after Telegram had its turn
    a_duty(dog.session, a_plain_case(dog.session))

    def put_back(message: Message) -> Outcome:
        dog.session.execute(update(AlertSend).where(AlertSend.channel == "telegram", AlertSend.state == "skipped").values(
            state="planned", due_at=dog.clock.now() - 6 * MINUTE))
        dog.session.commit()
        return Sent("ok")

    dog.email.answer = put_back

    # When the pass is over, then nobody outside hears that all is well
    assert dog.run(hours=24).why_not_ping == "alert messages: due, and nobody has got one for 6 min"


def test_what_is_not_well_is_told_in_the_same_pass(dog: Watch) -> None:
    # Given a disk that has been full for two minutes
    dog.machine.room = Disk(1, 100)
    for _ in range(2):
        all_live(dog.session, dog.clock.now())
        assert dog.run(minutes=1).raised == 0
    assert dog.email.sent == []

    # When it is looked at again, then the message leaves at once
    all_live(dog.session, dog.clock.now())
    assert dog.run(minutes=1).raised == 1
    assert dog.email.sent[0].subject == "incident-app · disk of host1 not well since 10:41 CET: 0.0 GB free of 0.0 (1%)"


def test_the_self_test_is_sent_by_the_watchdog_too(dog: Watch) -> None:
    dog.run()
    assert len(dog.session.scalars(select(SelfTest.week)).all()) == 1

    dog.run(days=7)

    assert any("Weekly self-test" in message.subject for message in dog.email.sent)


def test_whether_the_monitor_took_the_ping_is_kept(dog: Watch) -> None:
    watching.note_ping(dog.session, "it answered 404", now=START)
    assert dog.session.get_one(Heartbeat, "outside monitor").detail == "it answered 404"
    watching.note_ping(dog.session, "", now=START)
    assert dog.session.get_one(Heartbeat, "outside monitor", populate_existing=True).ok


# -------------------------------------------------------------------------------------------------- the database is away


def test_on_call_next_approvers_and_administrators_are_remembered(dog: Watch, people: People) -> None:
    everybody = {person.name for person in watching.reached(dog.session, now=START)}
    assert everybody == {"Ada Approver", "Sam Second", "Adam Admin"}

    rota.add_shift(dog.session, people.oncall_person.id, START, START + 60 * MINUTE, by=people.responder, now=START)
    rota.add_shift(dog.session, people.responder.id, START + 60 * MINUTE, START + 120 * MINUTE, by=people.responder,
                   now=START)
    dog.session.get_one(User, people.oncall_person.id).telegram_chat_id = "4711"
    dog.session.get_one(User, people.admin.id).active = False
    dog.session.commit()

    found = watching.reached(dog.session, now=START)

    assert [person.name for person in found] == ["Ola Oncall", "Rene Responder", "Ada Approver", "Sam Second"]
    assert found[0].addresses == {"telegram": "4711", "email": "oncall_person@example.org"}
    assert set(found[1].addresses) == {"email"}


def test_they_are_told_straight_by_every_way_there_is() -> None:
    telegram, email = FakeBot(), FakeChannel("email")
    ola = Reached("Ola", "Europe/Berlin", {"telegram": "4711", "email": "ola@example.org"})
    rene = Reached("Rene", "America/New_York", {"email": "rene@example.org"})

    taken = watching.tell_away([ola, rene], {"telegram": telegram, "email": email}, since=START)

    assert taken == 3
    assert [message.address for message in telegram.sent] == ["4711"]
    assert "since 10:40 CET" in email.sent[0].text
    assert "since 04:40 EST" in email.sent[1].text
    assert watching.tell_back([ola], {"email": email}, since=START, now=START + MINUTE) == 1
    assert "answers again since 10:41 CET" in email.sent[2].text


def test_without_a_way_nobody_can_be_told() -> None:
    email = FakeChannel("email")
    email.answer = lambda message: Rejected("No.", permanent=True)
    ola = Reached("Ola", "Europe/Berlin", {"telegram": "4711", "email": "ola@example.org"})

    assert watching.tell_away([ola], {"email": email}, since=START) == 0
    assert watching.tell_away([ola], {}, since=START) == 0


def test_a_pass_without_a_machine_looks_at_the_rest(dog: Watch) -> None:
    found = watching.watch(dog.session, dog.ways, clock=dog.clock)

    assert "disk of host1" not in {check.name for check in found.checks}
    assert alerts.heartbeats(dog.session)["watchdog"].ok
