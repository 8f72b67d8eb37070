"""The scheduler was dead for an hour: one alert per case on its return, however many come back, and however they die."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.alerts import Alert
from incident_app.services import alerts, rota
from tests.fakes import START
from tests.faults.crew import COUNT
from tests.faults.evaluator import doubles, evaluators, latest, link, told, until_told
from tests.people import People
from tests.services.duties import a_duty, a_plain_case

FEW = 24
CASES = max(COUNT // 50, FEW)  # 100 where the fault tests run at their full size
CHAT = 700_000_001
HOUR = 3600.0


@pytest.mark.parametrize(("evaluator_count", "case_count"), [(1, CASES), (2, FEW), (8, FEW)])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_after_an_hour_without_a_scheduler_each_case_has_one_alert_that_says_what_was_missed(
    session: Session, people: People, database_url: str, tmp_path: Path, evaluator_count: int, case_count: int
) -> None:
    # Given cases of which each reaches its thresholds of 2 and 1 hours left while nobody evaluates
    link(session, people.oncall_person, CHAT)
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    for number in range(case_count):
        a_duty(session, a_plain_case(session, f"BR-2026-{number:03}"), anchor_at=START - timedelta(hours=69, minutes=50),
               due_at=START + timedelta(hours=2, minutes=10, seconds=number % 60), raised_at=START - timedelta(hours=69))
    alerts.raise_due(session, now=START)
    for alert in session.scalars(select(Alert).where(Alert.state == "raised")):
        alerts.acknowledge(session, alert.id, by=people.oncall_person, now=START)
    alerts.beat(session, "alerts", now=START + timedelta(minutes=5))
    before = told(session, people.oncall_person)
    session.rollback()

    with evaluators(database_url, tmp_path) as (crew, phones):
        crew.clock.move(HOUR + 15 * 60)
        back = crew.clock.now()

        # When it comes back, one of several is killed, and another one takes its place
        crew.start(evaluator_count)
        if evaluator_count > 1:
            phones.at(2, crew.kill)
        until_told(session, people.oncall_person, case_count)
        crew.dismiss()

    # Then each case has one alert, both thresholds are in the ledger, and nobody got a second set
    after = told(session, people.oncall_person)
    assert (after.raised, after.twice) == (case_count, case_count), "one alert before the hour, one after it"
    assert after.superseded - before.superseded == 2 * case_count, "the alert of before, and the threshold that was missed"
    assert latest(session) - back < timedelta(seconds=60)
    noted = session.scalars(select(Alert.note).where(Alert.state == "raised")).all()
    assert all(note.startswith("Nothing was evaluated from Mon 23 Nov 2026 10:4") for note in noted)
    assert doubles(phones.sent) == [], "nobody is told of a case twice, but where it says that it repeats itself"
    assert len(phones.sent) <= case_count // 2, "many at once are a few messages"
