"""Many alerts to one person at once become one message, one button, and never a storm."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Rejected, Sent, Uncertain
from incident_app.domain.refusals import Forbidden
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.services import alerts, rota
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import Phones
from tests.services.duties import a_duty, a_plain_case


def _link(session: Session, who: Actor, chat: str) -> None:
    session.get_one(User, who.id).telegram_chat_id = chat
    session.commit()


def _cases(session: Session, count: int, first: int = 1, **later: float) -> None:
    for number in range(first, first + count):
        due_at = START + timedelta(hours=72, seconds=number) + timedelta(**later)
        a_duty(session, a_plain_case(session, f"BR-2026-{number:03}"), due_at=due_at)


@pytest.fixture
def phones(session: Session, clock: FakeClock, people: People) -> Phones:
    _link(session, people.oncall_person, "7001")
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    return Phones(session, clock)


def test_five_at_once_are_five_messages(phones: Phones) -> None:
    _cases(phones.session, 5)

    assert phones.run(hours=24, minutes=1) == [("telegram", "7001")] * 5


def test_twelve_at_once_are_one_message_with_the_most_urgent_first(phones: Phones) -> None:
    _cases(phones.session, 12)

    assert phones.run(hours=24, minutes=1) == [("telegram", "7001")]

    (message,) = phones.telegram.sent
    lines = message.text.splitlines()
    assert lines[0] == "12 alerts at once"
    assert lines[1] == "BR-2026-001 · AEPD · 48 h left"
    assert lines[-2:] == ["and 2 more", "https://incident.test/oncall"]
    assert [button.label for button in message.buttons] == ["Acknowledge all"]
    assert len(message.buttons[0].data) <= 64
    assert {send.state for send in phones.sends() if send.step == 1 and send.channel == "telegram"} == {"accepted"}
    assert {send.state for send in phones.sends() if send.step == 1 and send.channel == "email"} == {"skipped"}


def test_one_answer_answers_all_of_it_and_the_message_says_so(phones: Phones, people: People) -> None:
    _cases(phones.session, 12)
    phones.run(hours=24, minutes=1)
    carrier = phones.session.scalars(select(AlertSend.digest_id).where(AlertSend.digest_id.is_not(None))).first()

    alerts.acknowledge(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())
    assert alerts.refresh_messages(phones.session, phones.channels, now=phones.clock.now()) == 0, "its button is still needed"
    done = alerts.acknowledge_all(phones.session, by=people.oncall_person, now=phones.clock.now(), digest=carrier)
    again = alerts.acknowledge_all(phones.session, by=people.oncall_person, now=phones.clock.now(), digest=carrier)

    assert (done, again) == (11, 0)
    assert alerts.refresh_messages(phones.session, phones.channels, now=phones.clock.now()) == 1
    assert phones.telegram.edits[0][2].endswith("Every one of them is answered or over.")
    assert phones.run(minutes=30) == []


def test_the_button_of_a_message_that_was_repeated_works_in_either_copy(phones: Phones, people: People) -> None:
    _cases(phones.session, 8)
    phones.telegram.answer = lambda _: Uncertain("time-out")
    phones.run(hours=24, minutes=1)
    first = phones.session.scalars(select(AlertSend.digest_id).where(AlertSend.digest_id.is_not(None))).first()
    assert first is not None
    leader = phones.session.get_one(AlertSend, first)
    alerts.acknowledge(phones.session, leader.alert_id, by=people.responder, now=phones.clock.now())
    phones.telegram.answer = lambda _: Sent("55")
    phones.run(seconds=30)

    by, now = people.oncall_person, phones.clock.now()
    assert alerts.acknowledge_all(phones.session, by=by, now=now, digest=4711) == 0
    assert alerts.acknowledge_all(phones.session, by=by, now=now, digest=first) == 7


def test_everything_that_runs_is_acknowledged_at_once(phones: Phones, people: People) -> None:
    _cases(phones.session, 3)
    phones.run(hours=24, minutes=1)
    alerts.send_demo(phones.session, by=people.responder, now=phones.clock.now())

    assert alerts.acknowledge_all(phones.session, by=people.oncall_person, now=phones.clock.now()) == 3
    with pytest.raises(Forbidden):
        alerts.acknowledge_all(phones.session, by=people.auditor, now=phones.clock.now())


def test_the_sixth_within_five_minutes_waits_for_the_next_message_and_says_why(phones: Phones) -> None:
    _cases(phones.session, 5)
    phones.run(hours=24, minutes=1)
    _cases(phones.session, 2, first=6, minutes=1)

    assert phones.run(seconds=30) == []
    held = [send for send in phones.sends() if send.reason.startswith("Held for one message a minute")]
    assert len(held) == 2
    assert phones.run(seconds=30) == [("telegram", "7001")]
    assert phones.telegram.sent[-1].text.startswith("2 alerts at once\n")


def test_after_five_quiet_minutes_alerts_come_one_by_one_again(phones: Phones) -> None:
    _cases(phones.session, 5)
    phones.run(hours=24, minutes=1)
    _cases(phones.session, 2, first=6, minutes=6)

    assert phones.run(minutes=6) == [("telegram", "7001")] * 2


def test_a_digest_that_is_refused_goes_by_email_as_one_message(phones: Phones) -> None:
    _cases(phones.session, 12)
    phones.telegram.answer = lambda _: Rejected("The person has blocked the bot.", permanent=True)

    assert phones.run(hours=24, minutes=1) == [("email", "oncall_person")]

    assert phones.email.sent[0].subject == "12 alerts at once: BR-2026-001 · AEPD · 48 h left"
    assert phones.email.sent[0].buttons == ()


def test_a_digest_whose_answer_was_lost_is_repeated_without_what_was_answered(phones: Phones, people: People) -> None:
    _cases(phones.session, 12)
    phones.telegram.answer = lambda _: Uncertain("time-out")
    phones.run(hours=24, minutes=1)
    alerts.acknowledge(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())
    sent: list[str] = []

    def take(message: object) -> Uncertain:
        sent.append(getattr(message, "text", ""))
        return Uncertain("time-out")

    phones.telegram.answer = take
    phones.run(seconds=30)

    assert sent[0].startswith("11 alerts at once (repeat)")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_five_hundred_cases_due_in_one_minute_are_a_few_messages(phones: Phones) -> None:
    for number in range(500):
        a_duty(phones.session, a_plain_case(phones.session, f"BR-2026-{number:03}"),
               due_at=START + timedelta(hours=72, milliseconds=120 * number))
    phones.clock.move(hours=23, minutes=59, seconds=50)
    taken = [arrived for _ in range(9) for arrived in phones.run(seconds=20)]

    raised = phones.session.scalars(select(Alert.id).where(Alert.raised_at.is_not(None))).all()
    carried = [send for send in phones.sends() if send.channel == "telegram" and send.step == 1 and send.state == "accepted"]
    assert len(raised) == len(carried) == 500
    assert 1 < len(taken) <= 8
