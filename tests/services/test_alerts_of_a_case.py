"""What one case is due: one alert for it, what could not be evaluated, and what the index lost."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, EXCUSED, OWED, Obligation
from incident_app.services import alerts
from tests.fakes import START, FakeClock
from tests.people import ANYBODY, People
from tests.services.duties import a_duty, a_plain_case


def _ledger(session: Session) -> Sequence[Alert]:
    session.expire_all()
    return session.scalars(select(Alert).order_by(Alert.due_at, Alert.id)).all()


def _states(session: Session) -> list[tuple[str, str]]:
    return [(alert.words, alert.state) for alert in _ledger(session)]


@pytest.fixture
def case(session: Session, people: People) -> Case:
    return a_plain_case(session)


@pytest.fixture
def duty(session: Session, case: Case) -> Obligation:
    return a_duty(session, case)


def test_the_alert_about_a_case_that_could_not_be_evaluated_ends_when_it_can_be_again(
    session: Session, people: People, duty: Obligation
) -> None:
    bad = a_plain_case(session, "BR-2026-022", zone="Mars/Olympus")
    a_duty(session, bad)
    late = START + timedelta(hours=49)
    alerts.raise_due(session, now=late)
    assert alerts.raise_due(session, now=late + timedelta(seconds=1), complete=True).failed == 1

    bad.zone = "Europe/Madrid"
    session.commit()
    done = alerts.raise_due(session, now=late + timedelta(seconds=61))

    assert (done.raised, done.failed) == (1, 0)
    (told,) = [alert for alert in _ledger(session) if alert.kind == "evaluation_failed"]
    assert (told.state, told.note.split(". ")[-1]) == ("cancelled", "Every deadline of the case can be evaluated again.")


def test_a_case_counts_as_amiss_while_one_of_its_duties_cannot_be_evaluated(
    session: Session, people: People, duty: Obligation, case: Case
) -> None:
    bad = a_duty(session, case, recipient="CNIL")
    session.add(Alert(key=f"duty/{bad.id}/v1/24/72", threshold="24/72", words="astray", due_at=START))
    session.commit()
    alerts.raise_due(session, now=START + timedelta(hours=25))

    duty.due_at = START + timedelta(hours=71)
    session.commit()
    alerts.raise_due(session, now=START + timedelta(hours=25, seconds=5))

    assert [alert.state for alert in _ledger(session) if alert.kind == "evaluation_failed"] == ["raised"]


def test_in_a_case_with_a_bad_duty_the_others_are_still_raised(session: Session, duty: Obligation, case: Case) -> None:
    bad = a_duty(session, case, recipient="CNIL")
    session.add(Alert(key=f"duty/{bad.id}/v1/24/72", threshold="24/72", words="astray", due_at=START))
    session.commit()

    done = alerts.raise_due(session, now=START + timedelta(hours=25))

    assert (done.evaluated, done.raised, done.failed) == (1, 1, 1)
    assert ("48 h left", "raised") in _states(session)


def test_the_thresholds_of_one_case_that_are_reached_together_are_one_alert(
    session: Session, duty: Obligation, case: Case
) -> None:
    sooner = a_duty(session, case, recipient="CNIL", due_at=START + timedelta(hours=71))

    assert alerts.raise_due(session, now=START + timedelta(hours=48)).raised == 1

    (raised,) = alerts.running(session, by=ANYBODY)
    assert (raised.obligation_id, raised.words) == (sooner.id, "23 h 40 min left")
    assert raised.note.endswith("In the same case: AEPD due Thu 26 Nov 2026 10:40 CET. Nobody was on call.")
    told = {alert.note for alert in _ledger(session) if alert.obligation_id == duty.id and alert.superseded_by == raised.id}
    assert told == {"Told in one alert with the duty towards CNIL: 23 h 40 min left."}


def test_the_duties_told_along_are_named_with_the_moment_they_are_due_not_with_the_threshold_they_passed(
    session: Session, duty: Obligation, case: Case
) -> None:
    a_duty(session, case, recipient="ICO", due_at=duty.due_at)
    a_duty(session, case, recipient="CNIL", due_at=START + timedelta(hours=24))
    a_duty(session, case, recipient="KVKK", due_at=START + timedelta(hours=80))

    alerts.raise_due(session, now=START + timedelta(hours=61, minutes=6))

    (raised,) = alerts.running(session, by=ANYBODY)
    assert raised.obligation is not None
    assert raised.obligation.recipient == "CNIL"
    assert ("In the same case: AEPD, ICO due Thu 26 Nov 2026 10:40 CET; KVKK due Thu 26 Nov 2026 18:40 CET."
            in raised.note)


def test_what_was_told_together_is_raised_on_its_own_once_the_other_duty_is_settled(
    session: Session, duty: Obligation, case: Case, clock: FakeClock
) -> None:
    sooner = a_duty(session, case, recipient="CNIL", due_at=START + timedelta(hours=71))
    alerts.raise_due(session, now=clock.move(hours=48))

    sooner.state = DISCHARGED
    session.commit()
    alerts.raise_due(session, now=clock.move(minutes=1))
    alerts.raise_due(session, now=clock.now())

    (raised,) = alerts.running(session, by=ANYBODY)
    assert (raised.obligation_id, raised.words) == (duty.id, "24 h left")
    assert raised.note.startswith("It had been told together with another duty of the case, which is settled now.")


def test_what_is_open_again_is_said_to_be_and_not_that_it_is_not_owed(
    session: Session, duty: Obligation, clock: FakeClock
) -> None:
    alerts.raise_due(session, now=clock.move(hours=60))
    duty.state = EXCUSED
    session.commit()
    alerts.raise_due(session, now=clock.move(hours=1))

    duty.state = OWED
    session.commit()
    alerts.raise_due(session, now=clock.move(hours=6))

    (raised,) = alerts.running(session, by=ANYBODY)
    assert (raised.words, raised.ended_at) == ("6 h left", None)
    assert raised.note.startswith("The duty had been settled when this threshold passed; it is open again.")


def test_what_was_told_together_stays_with_the_case_when_the_lead_goes_on(
    session: Session, duty: Obligation, case: Case, clock: FakeClock
) -> None:
    sooner = a_duty(session, case, recipient="CNIL", due_at=START + timedelta(hours=71))
    alerts.raise_due(session, now=clock.move(hours=48))
    alerts.raise_due(session, now=START + timedelta(hours=59, minutes=10))
    assert [alert.obligation_id for alert in alerts.running(session, by=ANYBODY)] == [sooner.id]

    sooner.state = DISCHARGED
    session.commit()
    for _ in range(2):
        alerts.raise_due(session, now=START + timedelta(hours=59, minutes=20))

    (raised,) = alerts.running(session, by=ANYBODY)
    assert (raised.obligation_id, raised.threshold) == (duty.id, "24/72")


def test_an_older_threshold_does_not_come_back_over_a_newer_one(
    session: Session, duty: Obligation, case: Case, people: People
) -> None:
    sooner = a_duty(session, case, recipient="CNIL", due_at=START + timedelta(hours=71))
    for hours in (66, 67.5, 68):
        alerts.raise_due(session, now=START + timedelta(hours=hours))
    newer = next(alert for alert in alerts.running(session, by=ANYBODY) if alert.obligation_id == duty.id)
    alerts.acknowledge(session, newer.id, by=people.oncall_person, now=START + timedelta(hours=68))

    sooner.state = DISCHARGED
    session.commit()
    for _ in range(2):
        alerts.raise_due(session, now=START + timedelta(hours=68, minutes=5))

    assert [(alert.id, alert.state) for alert in alerts.running(session, by=ANYBODY)] == [(newer.id, "acknowledged")]


def test_an_hour_in_which_only_this_case_failed_is_not_called_an_outage(session: Session, duty: Obligation) -> None:
    alerts.raise_due(session, now=START)
    duty.look_at = START + timedelta(hours=49)
    session.commit()
    alerts.beat(session, "alerts", now=START + timedelta(hours=48, minutes=59))

    alerts.raise_due(session, now=START + timedelta(hours=49))

    assert alerts.running(session, by=ANYBODY)[0].note.startswith(
        "Until now this case could not be evaluated: the threshold “48 h left” was passed over meanwhile.")


def test_a_late_alert_of_a_case_that_could_not_be_evaluated_says_so(session: Session, duty: Obligation) -> None:
    alerts.raise_due(session, now=START)
    duty.look_at = START + timedelta(hours=25)
    session.commit()
    alerts.beat(session, "alerts", now=START + timedelta(hours=24, minutes=59))

    alerts.raise_due(session, now=START + timedelta(hours=25))

    assert alerts.running(session, by=ANYBODY)[0].note.startswith(
        "Raised 1 h late: until then this case could not be evaluated, or the clock was behind."
    )


def test_the_complete_question_finds_what_the_index_lost(session: Session, duty: Obligation, case: Case) -> None:
    settled = a_duty(session, case, recipient="CNIL")
    alerts.raise_due(session, now=START)
    session.execute(update(Obligation).values(look_at=None))
    session.execute(update(Obligation).where(Obligation.id == settled.id).values(state=EXCUSED))
    session.commit()
    late = START + timedelta(hours=25)

    assert alerts.raise_due(session, now=late).evaluated == 0
    done = alerts.raise_due(session, now=late, complete=True)

    assert (done.evaluated, done.raised) == (1, 1)
    assert {alert.state for alert in _ledger(session) if alert.obligation_id == settled.id} == {"cancelled"}
    assert alerts.raise_due(session, now=late, complete=True).evaluated == 0
