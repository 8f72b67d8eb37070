"""How long an acknowledgement keeps quiet: until it expires and nothing has moved in the case."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.models.alerts import AlertSend, LadderRow
from incident_app.models.cases import Case
from incident_app.services import alerts, audit, rota
from incident_app.services.alerts import quiet
from incident_app.services.unit import writing
from tests.fakes import START, FakeClock
from tests.people import ANYBODY, People
from tests.phones import Phones
from tests.services.duties import a_duty, a_plain_case


@pytest.fixture
def case(session: Session, people: People) -> Case:
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    made = a_plain_case(session)
    a_duty(session, made)
    return made


@pytest.fixture
def phones(session: Session, clock: FakeClock, case: Case) -> Phones:
    made = Phones(session, clock)
    made.run(hours=66)
    return made


def _acknowledge(phones: Phones, people: People) -> None:
    alerts.acknowledge(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())


def test_whoever_works_on_the_case_is_not_paged_in_the_middle_of_it(phones: Phones, people: People, case: Case) -> None:
    _acknowledge(phones, people)
    worked = phones.clock.move(minutes=20)
    with writing(phones.session):
        audit.record(phones.session, action="filing.answered", by=people.responder, now=worked, case_id=case.id)

    assert phones.run(minutes=29) == []
    assert phones.alert().ack_expires_at == worked + timedelta(minutes=30)
    assert phones.run(minutes=1) == [("email", "approver")], "nothing has moved for half an hour"


@pytest.mark.parametrize("action", ["alert.escalated", "case.edited"])
def test_answers_to_alerts_and_what_the_app_does_itself_are_no_work(
    phones: Phones, people: People, case: Case, action: str
) -> None:
    _acknowledge(phones, people)
    by = people.responder if action.startswith("alert.") else SYSTEM
    with writing(phones.session):
        audit.record(phones.session, action=action, by=by, now=phones.clock.move(minutes=20), case_id=case.id)

    assert phones.run(minutes=10) == [("email", "approver")]


def test_an_acknowledgement_that_expires_again_is_said_once(phones: Phones, people: People) -> None:
    for _ in range(2):
        _acknowledge(phones, people)
        phones.run(minutes=30)

    assert phones.alert().note.count("The acknowledgement of Ola Oncall expired") == 1


def test_the_list_shows_who_is_paged_next_and_what_was_answered_last(phones: Phones, people: People) -> None:
    a_duty(phones.session, a_plain_case(phones.session, "BR-2026-022"))
    phones.run(seconds=1)
    lines, more = alerts.lines(phones.session, by=ANYBODY, now=phones.clock.now(), limit=1)
    assert (lines[0].next_name, lines[0].critical, more) == ("Ada Approver", True, 1)

    _acknowledge(phones, people)
    lines, more = alerts.lines(phones.session, by=ANYBODY, now=phones.clock.now())
    assert [(line.alert.state, line.next_at is None) for line in lines] == [("raised", False), ("acknowledged", True)]

    phones.run(minutes=20)
    (first, *_), _ = alerts.lines(phones.session, by=ANYBODY, now=phones.clock.now())
    assert (first.next_name, first.next_at) == ("the ladder begins again", first.alert.repeat_at)


def test_an_alert_about_no_case_goes_on_when_its_acknowledgement_expires(phones: Phones, people: People) -> None:
    with writing(phones.session):
        made = alerts.raise_about(phones.session, kind="health", key="disk", words="the disk is full", now=phones.clock.now())
    assert made is not None
    alerts.acknowledge(phones.session, made.id, by=people.oncall_person, now=phones.clock.now())
    made.ack_expires_at = phones.clock.now()
    phones.session.commit()

    phones.run(seconds=1)

    assert made.state == "raised"
    assert made.note.endswith("The acknowledgement of Ola Oncall expired and nothing had moved.")


def test_an_alert_answered_between_question_and_lock_is_left_alone(phones: Phones, people: People) -> None:
    number = phones.alert().id
    _acknowledge(phones, people)
    before = phones.alert().rounds

    quiet.go_on(phones.session, number, phones.clock.now())
    quiet.go_on(phones.session, 4711, phones.clock.now())

    assert (phones.alert().state, phones.alert().rounds) == ("acknowledged", before)


def test_an_alert_that_cannot_go_on_does_not_keep_the_others_from_it(phones: Phones, session: Session, people: People) -> None:
    bad = phones.alert()
    a_duty(session, a_plain_case(session, "BR-2026-022"))
    phones.run(seconds=1)
    session.add(AlertSend(
        public_id="astray", alert_id=bad.id, person_id=people.oncall_person.id, channel="email", step=11, due_at=START,
    ))
    session.commit()

    done = alerts.raise_due(session, now=phones.clock.move(hours=1))

    assert done.failed == 1
    assert {alert.case_id: alert.rounds for alert in alerts.running(session, by=ANYBODY)} == {bad.case_id: 1, phones.alert().case_id: 2}


def test_an_alert_about_something_that_lasts_is_not_quiet_for_good(phones: Phones, people: People) -> None:
    with writing(phones.session):
        lasting = alerts.raise_about(phones.session, kind="health", key="disk", words="the disk is full", now=phones.clock.now())
        once = alerts.raise_about(phones.session, kind="list_failed", key="1", words="a list failed", now=phones.clock.now())
    assert lasting is not None
    assert once is not None
    for made in (lasting, once):
        alerts.acknowledge(phones.session, made.id, by=people.oncall_person, now=phones.clock.now())

    assert lasting.ack_expires_at == phones.clock.now() + timedelta(minutes=30)
    assert once.ack_expires_at is None
    assert once.id not in {alert.id for alert in alerts.running(phones.session, by=ANYBODY)}


def test_a_demo_alert_nobody_answers_ends_by_itself(phones: Phones, people: People) -> None:
    made = alerts.send_demo(phones.session, by=people.responder, now=phones.clock.now())

    phones.run(minutes=31)

    phones.session.refresh(made)
    assert (made.state, made.note) == ("cancelled", "It was a demo, and nobody answered it.")


def test_a_ladder_that_cannot_be_read_is_as_by_default(phones: Phones, session: Session) -> None:
    session.add(LadderRow(kind="authority", body={"steps": "none"}, changed_at=START))
    session.commit()

    assert phones.run(minutes=10) == [("email", "approver")]
    assert phones.run(hours=2) == [("email", "oncall_person")]
