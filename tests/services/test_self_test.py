"""The weekly self-test: planned as a row, sent once, and it must be acknowledged."""

from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incident_app.domain.alerts import AlertState
from incident_app.models.alerts import Alert
from incident_app.models.health import SelfTest
from incident_app.models.organisation import Organisation
from incident_app.services import alerts, health
from tests.fakes import FakeClock
from tests.people import People

WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
MONDAY_TEN = datetime(2026, 11, 30, 9, tzinfo=UTC)


def the_alerts(session: Session) -> list[Alert]:
    session.expire_all()
    return list(session.scalars(select(Alert).where(Alert.kind == "self_test").order_by(Alert.id)))


def at(moment: datetime) -> FakeClock:
    return FakeClock(moment)


def test_the_first_one_comes_on_the_monday_after_it_was_set_up(session: Session, people: People) -> None:
    assert health.last_self_test(session) is None

    assert not health.keep_testing(session, now=WEDNESDAY)
    assert not health.keep_testing(session, now=WEDNESDAY)

    assert session.scalars(select(SelfTest.due_at)).all() == [MONDAY_TEN]
    last = health.last_self_test(session)
    assert last is not None
    assert (last.words, last.counts_from) == ("the next one comes Mon 30 Nov 2026 10:00 CET", None)


def test_it_is_sent_once_however_many_ask_and_the_next_is_planned(session: Session, people: People) -> None:
    health.keep_testing(session, now=WEDNESDAY)
    clock = at(MONDAY_TEN)

    assert [health.keep_testing(session, now=clock.now()) for _ in range(3)] == [True, False, False]

    (alert,) = the_alerts(session)
    assert (alert.key, alert.words) == ("self_test/2026-W49", "Weekly self-test: acknowledge it")
    assert len(session.scalars(select(SelfTest.week)).all()) == 2
    last = health.last_self_test(session)
    assert last is not None
    assert last.words.startswith("not acknowledged since Mon 30 Nov 2026 10:00 CET; the next one comes Mon 7 Dec")


def test_acknowledged_it_is_passed_and_said_by_whom(session: Session, people: People) -> None:
    health.keep_testing(session, now=WEDNESDAY)
    clock = at(MONDAY_TEN)
    health.keep_testing(session, now=clock.now())
    alerts.acknowledge(session, the_alerts(session)[0].id, by=people.oncall_person, now=clock.move(minutes=3))

    health.keep_testing(session, now=clock.move(minutes=1))

    (alert,) = the_alerts(session)
    assert alert.state == AlertState.CANCELLED
    assert "Passed: Ola Oncall acknowledged it Mon 30 Nov 2026 10:03 CET." in alert.note
    last = health.last_self_test(session)
    assert last is not None
    assert last.words.startswith("last acknowledged by Ola Oncall Mon 30 Nov 2026 10:03 CET; the next one")


def test_one_nobody_acknowledged_ends_when_the_next_is_sent_and_after_eight_days_it_is_said(
    session: Session, people: People
) -> None:
    health.keep_testing(session, now=WEDNESDAY)
    clock = at(MONDAY_TEN)
    health.keep_testing(session, now=clock.now())
    assert health.keep_testing(session, now=clock.move(days=7))

    first, second = the_alerts(session)
    assert (first.state, second.state) == (AlertState.CANCELLED, AlertState.RAISED)
    assert "The next self-test was sent." in first.note

    clock.move(days=1, minutes=1)
    check = next(one for one in health.look(session, now=clock.now()) if one.name == "self-test")
    assert not check.ok
    assert check.words.startswith("not acknowledged since Mon 30 Nov")


def test_after_weeks_in_which_all_was_stopped_one_is_sent(session: Session, people: People) -> None:
    health.keep_testing(session, now=WEDNESDAY)
    clock = at(MONDAY_TEN)

    assert health.keep_testing(session, now=clock.move(days=20))
    assert len(the_alerts(session)) == 1
    assert session.scalars(select(SelfTest.week).order_by(SelfTest.due_at)).all() == ["2026-W49", "2026-W52"]


def test_a_week_that_was_tested_is_not_planned_again(session: Session, people: People) -> None:
    # Given a clock that was an hour ahead when the test was sent
    health.keep_testing(session, now=WEDNESDAY)
    health.keep_testing(session, now=MONDAY_TEN)
    session.execute(delete(SelfTest).where(SelfTest.raised_at.is_(None)))
    session.commit()

    # When it is put right, then the same Monday does not come twice
    assert not health.keep_testing(session, now=WEDNESDAY)
    assert session.scalars(select(SelfTest.week)).all() == ["2026-W49"]


def test_before_there_is_an_organisation_nothing_is_planned(session: Session, people: People) -> None:
    session.execute(delete(Organisation))
    session.commit()

    assert not health.keep_testing(session, now=WEDNESDAY)
    assert session.scalars(select(SelfTest.week)).all() == []
