"""The reminders of a duty as its clock shows them, and who is paged next."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.alerts import AlertState
from incident_app.models.obligations import Obligation
from incident_app.services import alerts, rota
from tests.fakes import START, FakeClock
from tests.people import ANYBODY, People
from tests.services.duties import a_duty, a_plain_case

HOUR = timedelta(hours=1)


@pytest.fixture
def duty(session: Session, people: People) -> Obligation:
    return a_duty(session, a_plain_case(session))


def kinds(session: Session, duty: Obligation) -> list[str]:
    return [mark.kind for mark in alerts.marks(session, [duty])[duty.id]]


def test_a_fresh_clock_shows_when_its_reminders_will_come(session: Session, duty: Obligation) -> None:
    shown = alerts.marks(session, [duty])[duty.id]

    assert [mark.at - START for mark in shown] == [hours * HOUR for hours in (24, 48, 60, 66, 68, 70, 71)]
    assert {mark.kind for mark in shown} == {"tick"}
    assert shown[0].words == "Reminder at 48 h left, Tue 24 Nov 2026 10:40 CET"


def test_a_reminder_is_shown_as_sent_then_as_acknowledged(
    session: Session, duty: Obligation, people: People, clock: FakeClock
) -> None:
    alerts.raise_due(session, now=clock.move(hours=24))
    assert kinds(session, duty)[:2] == ["sent", "tick"]
    assert alerts.last_answer(session, people.approver.id) is None

    alert = alerts.running(session, by=ANYBODY)[0]
    alerts.acknowledge(session, alert.id, by=people.approver, now=clock.move(minutes=3))

    shown = alerts.marks(session, [duty])[duty.id]
    assert shown[0].kind == "ack"
    assert shown[0].words == "48 h left: acknowledged by Ada Approver Tue 24 Nov 2026 10:43 CET"
    assert alerts.last_answer(session, people.approver.id) == clock.now()


def test_a_clock_without_an_end_or_not_started_has_no_reminders(session: Session, people: People) -> None:
    case = a_plain_case(session)
    open_ended = a_duty(session, case)
    open_ended.due_at = None
    waiting = a_duty(session, case, anchor_at=None)

    assert alerts.marks(session, [open_ended, waiting]) == {}


def test_the_next_to_be_paged_is_who_is_on_call_when_the_next_reminder_comes(
    session: Session, duty: Obligation, people: People
) -> None:
    assert alerts.next_page(session, duty.id) is None
    alerts.raise_due(session, now=START)
    assert alerts.next_page(session, duty.id) == alerts.NextPage("nobody on call", START + 24 * HOUR)

    rota.add_shift(session, people.oncall_person.id, START, START + 48 * HOUR, by=people.admin, now=START)

    assert alerts.next_page(session, duty.id) == alerts.NextPage("Ola Oncall", START + 24 * HOUR)


def test_while_an_alert_runs_the_next_step_of_its_ladder_is_next(
    session: Session, duty: Obligation, people: People, clock: FakeClock
) -> None:
    rota.add_shift(session, people.oncall_person.id, START, START + 48 * HOUR, by=people.admin, now=START)
    at = clock.move(hours=24)
    alerts.raise_due(session, now=at)

    assert alerts.running(session, by=ANYBODY)[0].state == AlertState.RAISED
    assert alerts.next_page(session, duty.id) == alerts.NextPage("Ola Oncall", at)
