"""Which alerts are raised: once per threshold, whatever happens to the evaluators."""

import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.alerts import AlertState
from incident_app.domain.record import detail_of
from incident_app.domain.refusals import NotFound
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, EXCUSED, OWED, SUPERSEDED, UNDECIDED, Obligation
from incident_app.services import alerts
from incident_app.services.alerts import raising
from incident_app.services.unit import writing
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


def test_a_fresh_duty_waits_for_its_first_threshold(session: Session, duty: Obligation) -> None:
    done = alerts.raise_due(session, now=START)

    assert done == alerts.Pass(evaluated=1, raised=0, failed=0)
    assert _states(session) == [("48 h left", "waiting")]
    assert alerts.raise_due(session, now=START).evaluated == 0


def test_each_threshold_is_raised_once_and_ends_the_one_before(session: Session, duty: Obligation, clock: FakeClock) -> None:
    for _ in range(48 * 2 + 1):
        alerts.raise_due(session, now=clock.move(minutes=30))

    assert _states(session) == [("48 h left", "superseded"), ("24 h left", "raised"), ("12 h left", "waiting")]
    first, second, _ = _ledger(session)
    assert first.superseded_by == second.id
    assert first.note.endswith("The next threshold was reached: 24 h left.")
    assert [alerts.open_count(session, by=ANYBODY, most=9, unanswered=so) for so in (True, False)] == [1, 1]
    assert [alert.words for alert in alerts.running(session, by=ANYBODY)] == ["24 h left"]
    assert [alert.words for alert in alerts.recent(session, by=ANYBODY)] == ["48 h left"]


def test_after_an_outage_one_alert_is_raised_that_says_what_was_missed(
    session: Session, duty: Obligation, clock: FakeClock
) -> None:
    alerts.raise_due(session, now=START)

    alerts.raise_due(session, now=clock.move(hours=67))

    assert _states(session) == [
        ("48 h left", "superseded"), ("24 h left", "superseded"), ("12 h left", "superseded"), ("6 h left", "raised"),
        ("4 h left", "waiting"),
    ]
    raised = _ledger(session)[3]
    assert raised.note.startswith(
        "Nothing was evaluated from Tue 24 Nov 2026 10:40 CET to Thu 26 Nov 2026 05:40 CET: the thresholds “48 h left”, "
        "“24 h left” and “12 h left” were passed over meanwhile."
    )
    assert raised.late_by_seconds == 3600
    entry = session.scalars(select(Entry).where(Entry.action == "alert.raised")).one()
    assert detail_of(entry.details, entry.action) == "alert “6 h left” · passed over: “48 h left”, “24 h left”, “12 h left”"
    assert {send.alert_id for send in session.scalars(select(AlertSend))} == {raised.id}


def test_a_single_late_alert_says_how_late_it_is(session: Session, duty: Obligation, clock: FakeClock) -> None:
    alerts.raise_due(session, now=clock.move(hours=24, minutes=40))

    assert _ledger(session)[0].note.startswith("Raised 40 min late: nothing was evaluated since")


def test_a_duty_known_late_alerts_at_once_and_says_why(session: Session, case: Case, clock: FakeClock) -> None:
    a_duty(session, case, raised_at=clock.move(hours=62))

    alerts.raise_due(session, now=clock.now())

    assert _states(session) == [("12 h left", "raised"), ("6 h left", "waiting")]
    assert _ledger(session)[0].note.startswith("This threshold had passed before the duty was known")
    assert _ledger(session)[0].late_by_seconds == 0


def test_an_overdue_duty_alerts_every_six_hours(session: Session, duty: Obligation, clock: FakeClock) -> None:
    clock.move(hours=71)
    for _ in range(14):
        alerts.raise_due(session, now=clock.move(hours=1))

    words = [alert.words for alert in _ledger(session)]
    assert words[-4:] == ["due now", "6 h overdue", "12 h overdue", "18 h overdue"]


def test_a_duty_without_an_anchor_counts_from_when_it_was_known(session: Session, case: Case) -> None:
    a_duty(session, case, anchor_at=None)

    alerts.raise_due(session, now=START + timedelta(hours=25))

    assert _states(session)[0] == ("48 h left", "raised")


@pytest.mark.parametrize("state", [DISCHARGED, EXCUSED, SUPERSEDED])
def test_what_is_pending_is_cancelled_when_the_duty_is_settled(
    session: Session, duty: Obligation, clock: FakeClock, state: str
) -> None:
    alerts.raise_due(session, now=clock.move(hours=24))

    duty.state = state
    session.commit()
    alerts.raise_due(session, now=clock.move(minutes=1))

    assert _states(session) == [("48 h left", "cancelled"), ("24 h left", "cancelled")]
    assert _ledger(session)[1].note in {
        "The duty was discharged.", "The duty was excused.",
        "Awareness was changed: the new deadline has alerts of its own.",
    }
    assert {send.state for send in session.scalars(select(AlertSend))} <= {"cancelled", "skipped"}
    assert alerts.raise_due(session, now=clock.move(hours=100)).evaluated == 0


def test_a_duty_that_is_open_again_is_watched_again(session: Session, duty: Obligation, clock: FakeClock) -> None:
    alerts.raise_due(session, now=START)
    duty.state = EXCUSED
    session.commit()
    alerts.raise_due(session, now=clock.move(hours=1))

    duty.state = OWED
    session.commit()
    alerts.raise_due(session, now=clock.move(hours=1))

    assert _states(session) == [("48 h left", "waiting")]
    alerts.raise_due(session, now=clock.move(hours=22))
    assert _states(session)[0] == ("48 h left", "raised")


def test_a_moved_deadline_moves_the_waiting_alert(session: Session, duty: Obligation) -> None:
    alerts.raise_due(session, now=START)

    duty.due_at = START + timedelta(hours=96)
    session.commit()
    alerts.raise_due(session, now=START)

    (alert,) = _ledger(session)
    assert (alert.due_at, alert.words) == (START + timedelta(hours=32), "64 h left")


def test_a_new_version_of_awareness_has_alerts_of_its_own(session: Session, duty: Obligation) -> None:
    alerts.raise_due(session, now=START)

    duty.aware_version, duty.due_at = 2, START + timedelta(hours=60)
    duty.anchor_at = START - timedelta(hours=12)
    session.commit()
    alerts.raise_due(session, now=START + timedelta(hours=13))

    assert _states(session) == [("48 h left", "raised"), ("48 h left", "cancelled"), ("24 h left", "waiting")]


def test_closing_a_case_cancels_what_is_pending_for_it(session: Session, duty: Obligation, case: Case) -> None:
    alerts.raise_due(session, now=START + timedelta(hours=24))

    with writing(session):
        assert alerts.cancel_for_case(session, case.id, reason="The case was closed.", now=START) == 2
        case.state = "closed"
    assert alerts.raise_due(session, now=START + timedelta(hours=50)).raised == 0
    assert alerts.raise_due(session, now=START + timedelta(hours=60)).evaluated == 0

    assert {alert.state for alert in _ledger(session)} == {"cancelled"}
    assert _ledger(session)[0].note.endswith("The case was closed.")


def test_filing_cancels_what_is_pending_for_that_duty_only(session: Session, duty: Obligation, case: Case) -> None:
    other = a_duty(session, case, recipient="CNIL")
    alerts.raise_due(session, now=START)

    with writing(session):
        alerts.cancel_for_obligation(session, duty.id, reason="Filed.", now=START)

    states = {alert.obligation_id: (alert.state, alert.note) for alert in _ledger(session)}
    assert states == {duty.id: ("cancelled", "Filed."), other.id: ("waiting", "")}


def test_duties_without_a_date_and_the_register_raise_nothing(session: Session, case: Case) -> None:
    a_duty(session, case, recipient_type="register")
    dateless = a_duty(session, case, state=UNDECIDED)
    dateless.due_at = None
    session.commit()

    assert alerts.raise_due(session, now=START + timedelta(hours=80)).raised == 0
    assert alerts.raise_due(session, now=START + timedelta(hours=80)).evaluated == 0
    assert _ledger(session) == []


def test_a_case_that_cannot_be_evaluated_raises_an_alert_and_silences_no_other(
    session: Session, people: People, duty: Obligation
) -> None:
    bad = a_plain_case(session, "BR-2026-022", zone="Mars/Olympus")
    a_duty(session, bad)
    late = START + timedelta(hours=49)

    done = alerts.raise_due(session, now=late)
    soon = alerts.raise_due(session, now=late + timedelta(seconds=30))
    again = alerts.raise_due(session, now=late + timedelta(seconds=60))

    assert (done.evaluated, done.raised, done.failed) == (2, 1, 1)
    assert (soon.evaluated, soon.failed) == (0, 0)
    assert (again.evaluated, again.failed) == (1, 1)
    failed = [alert for alert in _ledger(session) if alert.kind == "evaluation_failed"]
    assert [(alert.case_id, alert.words) for alert in failed] == [
        (bad.id, "a deadline could not be evaluated (ZoneInfoNotFoundError): look at the case")
    ]


@pytest.mark.parametrize("evaluators", [2, 8])
def test_evaluators_at_once_raise_one_alert_for_each_case(
    engine: Engine, session: Session, people: People, evaluators: int
) -> None:
    for number in range(5):
        a_duty(session, a_plain_case(session, f"BR-2026-{number:03}"))
    gate = threading.Barrier(evaluators)
    failures: list[str] = []

    def evaluate() -> None:
        with Session(engine, expire_on_commit=False) as own:
            gate.wait()
            failures.append(str(alerts.raise_due(own, now=START + timedelta(hours=61)).failed))

    threads = [threading.Thread(target=evaluate) for _ in range(evaluators)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == ["0"] * evaluators
    ledger = _ledger(session)
    assert len([alert for alert in ledger if alert.state == AlertState.RAISED]) == 5
    assert len(ledger) == 5 * 4
    assert len(session.scalars(select(Entry).where(Entry.action == "alert.raised")).all()) == 5
    assert len({(send.alert_id, send.person_id, send.channel, send.step) for send in session.scalars(select(AlertSend))}) == len(
        session.scalars(select(AlertSend.id)).all()
    )


def test_a_duty_settled_meanwhile_raises_nothing(session: Session, duty: Obligation) -> None:
    duty.state = DISCHARGED
    session.commit()

    assert not raising.evaluate(session, duty.case_id, now=START + timedelta(hours=30), idle_since=None)
    assert not raising.evaluate(session, 4711, now=START, idle_since=None)
    assert _ledger(session) == []


def test_a_clock_that_jumps_back_raises_nothing_twice(session: Session, duty: Obligation) -> None:
    alerts.raise_due(session, now=START + timedelta(hours=24))

    duty.look_at = START
    session.commit()
    assert alerts.raise_due(session, now=START + timedelta(hours=22)).raised == 0
    alerts.raise_due(session, now=START + timedelta(hours=24))
    assert _states(session) == [("48 h left", "raised"), ("24 h left", "waiting")]


def test_any_door_may_wake_the_on_call_once_per_key(session: Session, people: People, case: Case) -> None:
    for _ in range(2):
        with writing(session):
            alerts.raise_about(session, kind="notice_paused", key="n1", words="the notice stopped by itself", now=START,
                               case_id=case.id)

    (alert,) = _ledger(session)
    assert (alert.state, alert.words, alert.note) == ("raised", "the notice stopped by itself", "Nobody was on call.")


def test_an_alert_that_is_not_raised_yet_does_not_exist_for_the_page(
    session: Session, duty: Obligation, oncall_person: Actor
) -> None:
    alerts.raise_due(session, now=START)

    with pytest.raises(NotFound):
        alerts.find(session, _ledger(session)[0].id, by=oncall_person)
    with pytest.raises(NotFound):
        alerts.find(session, 4711, by=oncall_person)


def test_signs_of_life_are_kept_by_name(session: Session) -> None:
    alerts.beat(session, "scheduler", now=START)
    alerts.beat(session, "scheduler", now=START + timedelta(seconds=10), ok=False, detail="late")

    (pulse,) = alerts.heartbeats(session).values()
    assert (pulse.name, pulse.at, pulse.ok, pulse.detail) == ("scheduler", START + timedelta(seconds=10), False, "late")
