"""Controllers who were told and say nothing for three days: the owner of the case is reminded, then whoever is on call."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.services import controllers, rota
from tests.controllers_kit import Office
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import Phones

HARBOUR, NORDWIND, CLAIRE = "dpo@blueharbour.example", "privacy@nordwind.example", "donnees@claire.example"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Office:
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=14), by=people.admin, now=START)
    return Office(session, people, clock)


@pytest.fixture
def phones(session: Session, clock: FakeClock) -> Phones:
    return Phones(session, clock)


def wake(desk: Office, **later: float) -> tuple[int, int]:
    return controllers.wake_silent(desk.session, now=desk.clock.move(**later))


def running(desk: Office) -> list[str]:
    desk.session.expire_all()
    return list(desk.session.scalars(select(Alert.words).where(Alert.kind == "receipts", Alert.ended_at.is_(None))))


def test_the_owner_is_told_after_three_days_then_the_on_call_until_the_last_one_answers(desk: Office, phones: Phones) -> None:
    # Given three controllers who were told, one of whom acknowledges at once; the case is the approver's
    notice = desk.told()
    desk.session.get_one(Case, notice.case_id).owner_id = desk.people.approver.id
    desk.session.commit()
    codes = desk.codes()
    controllers.acknowledge(desk.session, codes[NORDWIND], "Ines", now=desk.now)
    assert wake(desk, days=2, hours=23) == (0, 0)

    # When two stay silent for three days
    assert wake(desk, hours=1) == (1, 0)
    assert wake(desk, minutes=5) == (0, 0), "once is enough"

    # Then the owner of the case has one message that names nobody, and after four hours whoever is on call
    assert [who for _, who in phones.run()] == ["approver"]
    assert running(desk) == ["2 controllers have not acknowledged the notice for 3 days: remind them, or ring them"]
    assert not any(name in message.text for message in phones.email.sent for name in ("Nordwind", "Harbour", "Claire"))
    assert ("email", "oncall_person") in phones.run(hours=4)

    # And the alert says how many are left, and ends with the last one
    controllers.acknowledge(desk.session, codes[HARBOUR], "Priya", now=desk.now)
    assert wake(desk) == (0, 0)
    assert running(desk) == ["1 controller has not acknowledged the notice for 3 days: remind them, or ring them"]
    controllers.acknowledge(desk.session, codes[CLAIRE], "Luc", now=desk.now)
    assert wake(desk) == (0, 1)
    assert running(desk) == []
    ended = desk.session.scalars(select(Alert).where(Alert.kind == "receipts")).one()
    assert ended.note == "No controller stays silent in this case any more."


def test_nobody_is_woken_about_a_closed_case_or_a_controller_that_was_not_reached(desk: Office) -> None:
    # Given a controller whose server refused, and two who took the message and say nothing
    desk.refuse("harbour")
    notice = desk.told()
    assert wake(desk, days=4) == (1, 0)
    assert running(desk)[0].startswith("2 controllers")

    # When the case is closed, then nobody waits for them
    desk.session.get_one(Case, notice.case_id).state = "closed"
    desk.session.commit()
    assert wake(desk) == (0, 1)


def test_who_acknowledges_an_update_has_answered_for_what_came_before(desk: Office) -> None:
    notice = desk.told()
    desk.out(controllers.carry_on(desk.session, notice.id, by=desk.people.responder, now=desk.now))
    for code in desk.codes().values():  # the newest message to each address
        controllers.acknowledge(desk.session, code, "Somebody", now=desk.now)

    assert wake(desk, days=4) == (0, 0)
