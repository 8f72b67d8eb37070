"""Raise what is due: one row per threshold and version of awareness, however many evaluators run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.alerts import PENDING, RUNNING, AlertState, Rung
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Refused
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.obligations import STILL_OPEN, Obligation
from incident_app.services import audit
from incident_app.services.alerts import paging
from incident_app.services.unit import writing

# What one bad row can lead to (an unknown zone, a date out of range): it must not silence the others.
_BAD_ROW = (Refused, SQLAlchemyError, ArithmeticError, LookupError, ValueError)
WHY_OVER = {
    "discharged": "The duty was discharged.",
    "excused": "The duty was excused.",
    "superseded": "Awareness was changed: the new deadline has alerts of its own.",
}


@dataclass(frozen=True, slots=True)
class Pass:
    """One evaluation: how many duties were looked at, alerts raised, and duties that could not be evaluated."""

    evaluated: int
    raised: int
    failed: int


def raise_due(session: Session, *, now: datetime) -> Pass:
    """Evaluate every duty that needs it, each in a transaction of its own."""
    _cancel_finished(session, now)
    _wake_again(session, now)
    duties = session.scalars(select(Obligation.id).where(_needs_a_look(now)).order_by(Obligation.due_at)).all()
    raised = failed = 0
    for duty_id in duties:
        try:
            raised += _evaluate(session, duty_id, now)
        except _BAD_ROW as error:
            failed += 1
            _tell_failed(session, duty_id, error, now)
    session.rollback()
    return Pass(len(duties), raised, failed)


def _needs_a_look(now: datetime) -> ColumnElement[bool]:
    waiting = select(Alert.obligation_id).where(
        Alert.obligation_id == Obligation.id, Alert.state == AlertState.WAITING.value,
        Alert.due_at > now, Alert.deadline_at == Obligation.due_at, Alert.aware_version == Obligation.aware_version,
    )
    return and_(
        Obligation.state.in_(STILL_OPEN), Obligation.recipient_type != "register", Obligation.due_at.is_not(None),
        Obligation.case.has(Case.state != CaseState.CLOSED.value), ~waiting.exists(),
    )


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(Alert).values(list(rows)).on_conflict_do_nothing())


def _ledger(session: Session, duty: Obligation) -> dict[str, Alert]:
    question = select(Alert).where(Alert.obligation_id == duty.id, Alert.aware_version == duty.aware_version)
    return {alert.threshold: alert for alert in session.scalars(question.execution_options(populate_existing=True))}


def _row(duty: Obligation, rung: Rung) -> dict[str, Any]:
    return {
        "key": f"duty/{duty.id}/v{duty.aware_version}/{rung.key}", "kind": "deadline", "case_id": duty.case_id,
        "obligation_id": duty.id, "threshold": rung.key, "aware_version": duty.aware_version, "words": rung.words,
        "due_at": rung.at, "deadline_at": duty.due_at, "state": AlertState.WAITING.value, "note": "", "rounds": 1,
    }


def _evaluate(session: Session, duty_id: int, now: datetime) -> int:
    with writing(session):
        audit.lock(session)
        duty = session.scalar(
            select(Obligation).where(Obligation.id == duty_id).with_for_update(of=Obligation)
            .execution_options(populate_existing=True)
        )
        if duty is None or duty.due_at is None or duty.state not in STILL_OPEN:
            return 0
        anchor = duty.anchor_at or duty.raised_at
        coming = rules.next_rung(anchor, duty.due_at, now)
        ledger = _ledger(session, duty)
        reached = [
            rung for rung in rules.due_rungs(anchor, duty.due_at, now, known_at=duty.raised_at)
            if rung.key not in ledger or _unsent(ledger[rung.key])
        ]
        _insert(session, [_row(duty, rung) for rung in [*reached, coming]])
        ledger = _ledger(session, duty)
        _wait_for(ledger[coming.key], coming, duty)
        if reached:
            _raise(session, duty, [ledger[rung.key] for rung in reached], reached, now)
    return bool(reached)


def _unsent(alert: Alert) -> bool:
    # Cancelled before it was ever raised: the duty was settled and is open again.
    return alert.raised_at is None and alert.state in {AlertState.WAITING, AlertState.CANCELLED}


def _wait_for(alert: Alert, coming: Rung, duty: Obligation) -> None:
    if _unsent(alert):
        alert.state, alert.note, alert.ended_at = AlertState.WAITING.value, "", None
        alert.due_at, alert.words, alert.deadline_at = coming.at, coming.words, duty.due_at


def _raise(session: Session, duty: Obligation, alerts: list[Alert], reached: list[Rung], now: datetime) -> None:
    alert, rung = alerts[-1], reached[-1]
    for missed in alerts[:-1]:
        missed.state, missed.superseded_by, missed.ended_at = AlertState.SUPERSEDED.value, alert.id, now
        missed.note = f"Not sent on its own: “{rung.words}” was due as well when the deadline was evaluated."
    before = session.scalars(
        select(Alert).where(Alert.obligation_id == duty.id, Alert.state.in_(RUNNING), Alert.id != alert.id)
    )
    for earlier in before:
        earlier.superseded_by = alert.id
        paging.end(session, earlier, AlertState.SUPERSEDED, f"The next threshold was reached: {rung.words}.", now)
    alert.state, alert.raised_at, alert.deadline_at = AlertState.RAISED.value, now, duty.due_at
    alert.late_by_seconds = max(0, int((now - max(rung.at, duty.raised_at)).total_seconds()))
    alert.note = _note(duty, rung, reached[:-1], now)
    audit.record(
        session, action="alert.raised", by=SYSTEM, now=now, case_id=duty.case_id, subject="alert", subject_id=alert.id,
        details={"threshold": rung.key, "words": rung.words, "late_by_seconds": alert.late_by_seconds,
                 "superseded": [missed.threshold for missed in alerts[:-1]]},
    )
    paging.start(session, alert, now=now)


def _note(duty: Obligation, rung: Rung, missed: list[Rung], now: datetime) -> str:
    if missed:
        return rules.missed_words(missed, duty.raised_at, now, duty.case.zone)
    if rung.at < duty.raised_at:
        return f"This threshold had passed before the duty was known ({rules.moment(duty.raised_at, duty.case.zone)})."
    if now - rung.at > rules.CLOSE_ENOUGH:
        return f"Raised {rules.span(now - rung.at)} late: nothing was evaluated since {rules.moment(rung.at, duty.case.zone)}."
    return ""


def _tell_failed(session: Session, duty_id: int, error: BaseException, now: datetime) -> None:
    with writing(session):
        duty = session.get(Obligation, duty_id)
        raise_about(
            session, kind="evaluation_failed", key=f"{duty_id}/{now:%Y-%m-%d}", now=now,
            case_id=duty.case_id if duty else None,
            words=f"a deadline could not be evaluated ({type(error).__name__}): look at the case",
        )


def raise_about(
    session: Session, *, kind: str, key: str, words: str, now: datetime, case_id: int | None = None
) -> Alert | None:
    """Wake the on-call about something else than a deadline; inside the caller's transaction.

    The same ``kind`` and ``key`` twice is one alert: the second call returns ``None``. ``words`` hold no personal data.
    """
    audit.lock(session)
    if session.scalar(select(Alert.id).where(Alert.key == f"{kind}/{key}")) is not None:
        return None
    return wake(session, kind=kind, key=key, words=words, now=now, case_id=case_id)


def wake(
    session: Session, *, kind: str, key: str, words: str, now: datetime, case_id: int | None = None,
    only_for_id: int | None = None,
) -> Alert:
    """Write a raised alert and its sends, inside the caller's transaction; ``key`` must be new for this ``kind``."""
    alert = Alert(
        key=f"{kind}/{key}", kind=kind, case_id=case_id, threshold=kind, words=words, due_at=now, raised_at=now,
        state=AlertState.RAISED.value, only_for_id=only_for_id, late_by_seconds=0,
    )
    session.add(alert)
    session.flush()
    audit.record(session, action="alert.raised", by=SYSTEM, now=now, case_id=case_id, subject="alert",
                 subject_id=alert.id, details={"kind": kind, "words": words})
    paging.start(session, alert, now=now)
    return alert


def _cancel_finished(session: Session, now: datetime) -> None:
    over = select(Alert.id).join(Obligation, Obligation.id == Alert.obligation_id).where(
        Alert.state.in_(PENDING),
        or_(Obligation.state.not_in(STILL_OPEN), Obligation.aware_version != Alert.aware_version),
    )
    if session.scalar(over.limit(1)) is None:
        return
    with writing(session):
        audit.lock(session)
        for alert in session.scalars(select(Alert).where(Alert.id.in_(over))).all():
            duty = session.get_one(Obligation, alert.obligation_id)
            paging.end(session, alert, AlertState.CANCELLED, WHY_OVER.get(duty.state, WHY_OVER["superseded"]), now)


def cancel_for_case(session: Session, case_id: int, *, reason: str, now: datetime) -> int:
    """Cancel what is pending for a case, inside the caller's transaction; return how many alerts that were."""
    return _cancel(session, Alert.case_id == case_id, reason, now)


def cancel_for_obligation(session: Session, obligation_id: int, *, reason: str, now: datetime) -> int:
    """Cancel what is pending for one duty, inside the caller's transaction; return how many alerts that were."""
    return _cancel(session, Alert.obligation_id == obligation_id, reason, now)


def _cancel(session: Session, which: ColumnElement[bool], reason: str, now: datetime) -> int:
    pending = session.scalars(select(Alert).where(which, Alert.state.in_(PENDING))).all()
    for alert in pending:
        paging.end(session, alert, AlertState.CANCELLED, reason, now)
    return len(pending)


def _wake_again(session: Session, now: datetime) -> None:
    expired = select(Alert).where(Alert.state == AlertState.ACKNOWLEDGED.value, Alert.ack_expires_at <= now)
    if session.scalar(expired.with_only_columns(Alert.id).limit(1)) is None:
        return
    with writing(session):
        audit.lock(session)
        for alert in session.scalars(
            expired.with_for_update(of=Alert).execution_options(populate_existing=True)
        ).all():
            who = alert.acked_by.name if alert.acked_by else "somebody"
            audit.record(session, action="alert.ack_expired", by=SYSTEM, now=now, case_id=alert.case_id,
                         subject="alert", subject_id=alert.id)
            alert.note = f"The acknowledgement of {who} expired and the duty is still open."
            alert.acked_by_id = alert.acked_at = alert.ack_expires_at = None
            paging.again(session, alert, now=now)
