"""Overdue actions reach their owner first, then the on-call ladder: one alert for a case and a person, until they are done."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.accounts import User
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.services import alerts, remediation, rota
from incident_app.services.remediation import NewAction, Plan, waking
from incident_app.services.remediation.waking import Woken
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import Phones
from tests.services.duties import a_plain_case

DUE = START + timedelta(hours=4)


@pytest.fixture
def case(session: Session, people: People) -> Case:
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    return a_plain_case(session, owner_id=people.approver.id, is_drill=True)


@pytest.fixture
def phones(session: Session, clock: FakeClock) -> Phones:
    return Phones(session, clock)


def _action(session: Session, people: People, case: Case, title: str, owner: int | None) -> int:
    return remediation.add(session, case.id, NewAction(title, "remedy", owner, DUE), by=people.responder, now=START).id


def _wake(phones: Phones, **later: float) -> Woken:
    return remediation.wake_overdue(phones.session, now=phones.clock.move(**later))


def _running(session: Session) -> list[tuple[str, int | None]]:
    session.expire_all()
    found = session.scalars(select(Alert).where(Alert.kind == "actions", Alert.ended_at.is_(None)).order_by(Alert.id))
    return [(one.words, one.owner_id) for one in found]


def test_an_owner_gets_one_alert_for_a_case_then_the_on_call_are_woken(
    session: Session, people: People, case: Case, phones: Phones
) -> None:
    # Given two things the responder owns, and one of nobody's; all are due at four
    first, second = (_action(session, people, case, name, people.responder.id) for name in ("Ring Ann", "Rotate"))
    nobody = _action(session, people, case, "Look", None)
    assert _wake(phones, hours=4) == Woken(0, 0)

    # When they are overdue
    assert _wake(phones, minutes=1) == Woken(2, 0)

    # Then the responder has one message about both, the owner of the case one about the other: marked as a drill, without a word of what it is
    assert sorted(phones.run()) == [("email", "approver"), ("email", "responder")]
    assert _running(session) == [("2 actions overdue", people.responder.id), ("1 action overdue", None)]
    heads = {message.subject for message in phones.email.sent}
    assert heads == {f"DRILL · {case.ref} · 2 actions overdue", f"DRILL · {case.ref} · 1 action overdue"}
    assert not any("Ring Ann" in message.text for message in phones.email.sent)
    assert _wake(phones, minutes=1) == Woken(0, 0), "once is enough"

    # And after four hours whoever is on call
    assert ("email", "oncall_person") in phones.run(hours=4)

    # When one of the two is done the alert goes on and says so, when both are it ends, and the phones are told nothing more
    remediation.complete(session, first, "Done", by=people.responder, now=phones.clock.now())
    assert _wake(phones) == Woken(0, 0)
    assert _running(session)[0] == ("1 action overdue", people.responder.id)
    remediation.not_needed(session, second, "No", by=people.responder, now=phones.clock.now())
    remediation.complete(session, nobody, "Done", by=people.responder, now=phones.clock.now())
    assert _wake(phones) == Woken(0, 2)
    assert _running(session) == []
    assert phones.run(hours=30) == []
    ended = session.scalars(select(Alert).where(Alert.kind == "actions")).all()
    assert {one.note for one in ended} == {waking.NO_MORE}


def test_whoever_answers_has_a_day(session: Session, people: People, case: Case, phones: Phones) -> None:
    _action(session, people, case, "Rotate", people.responder.id)
    _wake(phones, hours=5)
    phones.run()
    alert = session.scalars(select(Alert).where(Alert.kind == "actions")).one()
    alerts.acknowledge(session, alert.id, by=people.responder, now=phones.clock.now())

    assert phones.run(hours=23) == []
    assert _wake(phones) == Woken(0, 0)
    assert phones.run(hours=2) == [("email", "oncall_person")], "nothing moved for a day"


def test_an_owner_who_answers_no_alerts_is_told_all_the_same(
    session: Session, people: People, case: Case, phones: Phones
) -> None:
    _action(session, people, case, "Rotate", people.reporter.id)
    _wake(phones, hours=5)

    assert phones.run() == [("email", "reporter")]


def test_who_takes_it_over_is_told_in_the_place_of_who_had_it(
    session: Session, people: People, case: Case, phones: Phones
) -> None:
    number = _action(session, people, case, "Rotate", people.responder.id)
    _wake(phones, hours=5)

    remediation.change(session, number, Plan(people.approver.id, DUE), by=people.responder, now=phones.clock.now())

    assert _wake(phones) == Woken(1, 1)
    assert _running(session) == [("1 action overdue", people.approver.id)]


def test_what_waits_and_what_was_closed_wakes_nobody(session: Session, people: People, case: Case, phones: Phones) -> None:
    number = _action(session, people, case, "Rotate", people.responder.id)
    before = remediation.add(session, case.id, NewAction("Before", "remedy"), by=people.responder, now=START)
    remediation.change(session, number, Plan(people.responder.id, DUE, waits_for=(before.id,)), by=people.responder, now=START)
    gone = a_plain_case(session, "BR-2026-022")
    _action(session, people, gone, "Gone", people.responder.id)
    gone.state, gone.closed_at = "closed", START
    session.commit()

    assert _wake(phones, hours=5) == Woken(0, 0)
    assert remediation.counts(remediation.of_case(session, case.id), phones.clock.now()).waiting == 1


def test_a_pass_raises_so_many_and_the_next_one_goes_on(session: Session, people: People, phones: Phones) -> None:
    owners = [people.responder.id, people.approver.id]
    for number in range(waking.AT_ONCE // 2 + 1):
        made = a_plain_case(session, f"BR-2027-{number:03}")
        for owner in owners:
            session.add(Action(case_id=made.id, step="Do", kind="remedy", owner_id=owner, due_at=START, made_at=START))
    session.commit()

    assert _wake(phones, hours=5) == Woken(waking.AT_ONCE, 0, more=True)
    assert _wake(phones) == Woken(2, 0)
    assert session.get_one(User, owners[0]).active
