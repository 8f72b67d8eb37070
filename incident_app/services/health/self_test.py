"""The weekly self-test: an alert that must be acknowledged, planned as a row with a due time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from incident_app.domain import health as rules
from incident_app.domain.alerts import RUNNING, AlertState, known_zone, moment
from incident_app.models.alerts import Alert
from incident_app.models.health import SelfTest
from incident_app.models.organisation import Organisation
from incident_app.services import alerts, audit
from incident_app.services.unit import writing

KIND = "self_test"
WORDS = "Weekly self-test: acknowledge it"


@dataclass(frozen=True, slots=True)
class LastSelfTest:
    """How the self-tests stand. ``counts_from``: the last acknowledgement, or else the first one that was sent."""

    words: str
    counts_from: datetime | None


def _zone(session: Session) -> str | None:
    zone = session.scalar(select(Organisation.zone).order_by(Organisation.id).limit(1))
    return known_zone(zone) if zone is not None else None


def last_self_test(session: Session) -> LastSelfTest | None:
    """Return who acknowledged the last self-test and when; ``None`` before anything is set up."""
    zone = _zone(session)
    planned = session.scalar(select(SelfTest).order_by(SelfTest.due_at.desc()).limit(1))
    if zone is None or planned is None:
        return None
    coming = f"the next one comes {moment(planned.due_at, zone)}"
    acked = session.scalar(
        select(Alert).where(Alert.kind == KIND, Alert.acked_at.is_not(None)).order_by(Alert.acked_at.desc()).limit(1))
    if acked is not None and acked.acked_at is not None:
        who = acked.acked_by.name if acked.acked_by else "somebody"
        return LastSelfTest(f"last acknowledged by {who} {moment(acked.acked_at, zone)}; {coming}", acked.acked_at)
    first = session.scalar(select(func.min(SelfTest.raised_at)))
    words = f"not acknowledged since {moment(first, zone)}; {coming}" if first else coming
    return LastSelfTest(words, first)


def keep_testing(session: Session, *, now: datetime) -> bool:
    """Plan the next self-test, and raise the one that is due: once, however many ask. Tell whether one was raised."""
    zone = _zone(session)
    if zone is None or not _something_to_do(session, now):
        return False
    with writing(session):
        audit.lock(session)
        _end_acknowledged(session, zone, now)
        due = session.scalar(select(SelfTest).where(SelfTest.raised_at.is_(None), SelfTest.due_at <= now))
        if due is not None:
            alerts.end_about(session, kind=KIND, begins="", reason="The next self-test was sent.", now=now)
            alerts.raise_about(session, kind=KIND, key=due.week, words=WORDS, now=now)
            due.raised_at = now
            session.flush()
        _plan(session, zone, now)
    return due is not None


def _something_to_do(session: Session, now: datetime) -> bool:
    coming = exists().where(SelfTest.raised_at.is_(None), SelfTest.due_at > now)
    done = exists().where(Alert.kind == KIND, Alert.state == AlertState.ACKNOWLEDGED.value)
    return bool(session.scalar(select(~coming))) or bool(session.scalar(select(done)))


def _end_acknowledged(session: Session, zone: str, now: datetime) -> None:
    running = session.scalars(select(Alert).where(Alert.kind == KIND, Alert.state.in_(RUNNING))).all()
    for alert in running:
        if alert.state == AlertState.ACKNOWLEDGED and alert.acked_at is not None:
            who = alert.acked_by.name if alert.acked_by else "somebody"
            alerts.end_about(session, kind=KIND, begins=alert.key.partition("/")[2], now=now,
                             reason=f"Passed: {who} acknowledged it {moment(alert.acked_at, zone)}.")


def _plan(session: Session, zone: str, now: datetime) -> None:
    if session.scalar(select(SelfTest.week).where(SelfTest.raised_at.is_(None)).limit(1)) is None:
        at = rules.next_self_test(now, zone)
        if session.get(SelfTest, rules.week_of(at, zone)) is None:
            session.add(SelfTest(week=rules.week_of(at, zone), due_at=at))
