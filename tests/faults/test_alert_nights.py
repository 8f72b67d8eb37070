"""Nights on which clocks lie: summer time begins and ends, a leap day, a machine whose clock jumps two hours and back."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.adapters.holidays import HolidayCalendar
from incident_app.domain.deadlines import due
from incident_app.models.alerts import Alert, AlertSend
from incident_app.services import alerts, rota
from tests.builders import the_law
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import Phones
from tests.services.duties import a_duty, a_plain_case

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
THRESHOLDS = ["48 h left", "24 h left", "12 h left", "6 h left", "4 h left", "2 h left", "1 h left", "due now"]
NIGHTS = {
    "summer time ends": (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), "Europe/Madrid"),
    "summer time begins": (datetime(2026, 3, 28, 23, 15, tzinfo=UTC), "Europe/Madrid"),
    "it ends elsewhere": (datetime(2026, 10, 31, 5, 30, tzinfo=UTC), "America/New_York"),
    "half an hour, on Lord Howe": (datetime(2026, 4, 3, 14, 30, tzinfo=UTC), "Australia/Lord_Howe"),
    "a leap day": (datetime(2028, 2, 28, 9, 40, tzinfo=UTC), "Europe/Madrid"),
}


def _raised(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(Alert.words).where(Alert.raised_at.is_not(None)).order_by(Alert.due_at)))


@SQLITE
@pytest.mark.parametrize("night", NIGHTS)
def test_each_threshold_comes_once_and_in_time_whatever_the_wall_clock_does(
    session: Session, people: People, clock: FakeClock, night: str
) -> None:
    aware, zone = NIGHTS[night]
    rule = next(rule for regime in the_law().regimes if regime.id == "EU-GDPR" for rule in regime.rules if rule.value == 72)
    limit = due(rule, aware, zone, HolidayCalendar(), "ES", None).due_at
    assert limit == aware + timedelta(hours=72)
    rota.add_shift(session, people.oncall_person.id, aware, aware + timedelta(days=9), by=people.admin, now=aware)
    a_duty(session, a_plain_case(session, zone=zone, aware_at=aware), anchor_at=aware, due_at=limit, raised_at=aware)
    clock.at, phones = aware, Phones(session, clock)

    for _ in range(72):
        phones.run(hours=1)

    ledger = session.scalars(select(Alert).where(Alert.raised_at.is_not(None)).order_by(Alert.due_at)).all()
    assert [alert.words for alert in ledger] == THRESHOLDS
    assert [alert.raised_at for alert in ledger] == [alert.due_at for alert in ledger]
    assert {alert.note for alert in ledger if "passed over" in alert.note or "late" in alert.note} == set()


@SQLITE
@pytest.mark.parametrize("hours", [2, -2])
def test_a_clock_that_jumps_two_hours_and_back_misses_nothing_and_makes_no_second_set(
    session: Session, people: People, clock: FakeClock, hours: int
) -> None:
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=9), by=people.admin, now=START)
    a_duty(session, a_plain_case(session))
    phones = Phones(session, clock)

    for half_hour in range(72 * 2):
        jumps = {46: hours, 50: -hours, 120: hours, 128: -hours}
        phones.run(minutes=30, hours=jumps.get(half_hour, 0))

    assert sorted(_raised(session)) == sorted(THRESHOLDS)
    sends = Counter((send.alert_id, send.person_id, send.channel, send.step) for send in session.scalars(select(AlertSend)))
    assert set(sends.values()) == {1}
    assert alerts.raise_due(session, now=clock.now(), complete=True).raised == 0
