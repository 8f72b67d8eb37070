"""The organisation's own ladders: changed by those who may, kept with their version, followed by what comes next."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.alerts import Alert
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services import alerts, rota
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import Phones
from tests.services.duties import a_duty, a_plain_case

STEPS = [
    {"after_minutes": 0, "who": "owner", "ways": "email_first"},
    {"after_minutes": 3, "who": "approvers", "ways": "telegram_first"},
    {"after_minutes": 6, "who": "everyone", "ways": "both"},
]


@pytest.fixture
def case(session: Session, people: People) -> Case:
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    return a_plain_case(session, owner_id=people.responder.id)


@pytest.fixture
def phones(session: Session, clock: FakeClock, case: Case) -> Phones:
    return Phones(session, clock)


def _save(phones: Phones, people: People, kind: str = "authority", version: int = 0, **body: Any) -> None:
    alerts.save_ladder(phones.session, kind, body, version=version, by=people.approver, now=phones.clock.now())


def test_the_steps_of_ones_own_ladder_are_followed(phones: Phones, people: People, case: Case) -> None:
    _save(phones, people, steps=STEPS, hours_left=[36, 4], repeat_minutes=60)
    a_duty(phones.session, case)

    assert phones.run(hours=35) == []
    assert phones.run(hours=1) == [("email", "responder")]
    assert phones.run(minutes=3) == [("email", "approver"), ("email", "second_approver")]
    everyone = {"approver", "second_approver", "responder", "oncall_person"}
    assert {name for _, name in phones.run(minutes=3)} == everyone


def test_each_kind_of_clock_has_its_own(phones: Phones, people: People, case: Case) -> None:
    _save(phones, people, "people", steps=STEPS)
    a_duty(phones.session, case)

    assert phones.run(hours=24) == [("email", "oncall_person")]

    kinds = {page.kind.value: page.own for page in alerts.every_ladder(phones.session, by=people.auditor, now=START)}
    assert kinds == {"authority": False, "people": True, "other": False, "actions": False, "system": False}


def test_without_an_owner_the_step_for_the_owner_is_passed_over(phones: Phones, people: People, case: Case) -> None:
    _save(phones, people, steps=STEPS)
    case.owner_id = None
    a_duty(phones.session, case)

    assert phones.run(hours=24) == [("email", "approver"), ("email", "second_approver")]


def test_a_change_holds_for_open_deadlines_and_warns_about_nothing_that_has_passed(
    phones: Phones, people: People, case: Case
) -> None:
    a_duty(phones.session, case)
    phones.run(hours=40)
    alerts.acknowledge(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())

    _save(phones, people, hours_left=[60, 36, 20, 3])

    assert phones.run(minutes=1) == []
    ledger = {alert.threshold: (alert.state, alert.note) for alert in phones.session.scalars(select(Alert))}
    assert ledger["24/72"] == ("cancelled", "The ladder or the deadline was changed.")
    assert ledger["20/72"] == ("waiting", "")
    assert "36/72" not in ledger
    assert phones.run(hours=12) == [("email", "oncall_person")]

    alerts.reset_ladder(phones.session, "authority", version=1, by=people.approver, now=phones.clock.now())
    phones.run(minutes=1)
    assert [a.threshold for a in phones.session.scalars(select(Alert).where(Alert.state == "waiting"))] == ["12/72"]


def test_a_shorter_quiet_is_kept(phones: Phones, people: People, case: Case) -> None:
    _save(phones, people, ack_minutes=5)
    a_duty(phones.session, case)
    phones.run(hours=66)

    alert = alerts.acknowledge(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())

    assert alert.ack_expires_at == phones.clock.now() + timedelta(minutes=5)


def test_alerts_about_incident_app_itself_have_a_ladder_too(phones: Phones, people: People, case: Case) -> None:
    a_duty(phones.session, case)
    phones.run(seconds=1)

    _save(phones, people, "system", steps=STEPS)
    _save(phones, people, "other", steps=STEPS)
    alerts.send_demo(phones.session, by=people.responder, now=phones.clock.now())

    assert phones.run(seconds=1) == [("email", "responder")]


def test_of_two_who_change_it_the_second_is_told(phones: Phones, people: People) -> None:
    _save(phones, people, ack_minutes=20)

    with pytest.raises(Conflict, match="Somebody else changed this ladder"):
        _save(phones, people, ack_minutes=10)

    _save(phones, people, version=1, ack_minutes=10)
    page = alerts.ladder(phones.session, "authority", by=people.auditor, now=START)
    assert (page.version, page.ladder.ack_lasts) == (2, timedelta(minutes=10))


def test_what_is_wrong_is_said_and_nothing_is_kept(phones: Phones, people: People) -> None:
    with pytest.raises(Refused) as caught:
        _save(phones, people, steps=[], ack_minutes=1)

    assert set(caught.value.problems) == {"steps", "ack_minutes"}
    assert not alerts.ladder(phones.session, "authority", by=people.auditor, now=START).own


def test_only_approvers_and_administrators_change_it(phones: Phones, people: People) -> None:
    for actor in (people.responder, people.oncall_person, people.auditor):
        with pytest.raises(Forbidden):
            alerts.save_ladder(phones.session, "authority", {}, version=0, by=actor, now=START)
    with pytest.raises(NotFound):
        alerts.save_ladder(phones.session, "nonsense", {}, version=0, by=people.admin, now=START)


def test_a_change_is_recorded_with_what_it_was_before(phones: Phones, people: People) -> None:
    _save(phones, people, ack_minutes=20)

    (entry,) = phones.session.scalars(select(Entry).where(Entry.action == "ladder.changed"))
    assert (entry.subject_id, entry.details["before"]["ack_minutes"], entry.details["after"]["ack_minutes"]) == (
        "authority", 30, 20,
    )
