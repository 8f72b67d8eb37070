"""Raise what one case is due: one alert for the case, the other thresholds marked as told with it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.alerts import RUNNING, AlertState, Ladder, Rung
from incident_app.domain.cases import CaseState
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.obligations import STILL_OPEN, Obligation
from incident_app.services import audit
from incident_app.services.alerts import ending, paging
from incident_app.services.alerts.ladders import Ladders, load
from incident_app.services.unit import changed, writing


@dataclass(frozen=True, slots=True)
class _Due:
    """One duty and the thresholds of it that were reached, earliest first, each with its alert."""

    duty: Obligation
    rungs: Sequence[Rung]
    alerts: Sequence[Alert]


def evaluate(
    session: Session, case_id: int, *, now: datetime, idle_since: datetime | None, only: int | None = None
) -> bool:
    """Evaluate what is to be looked at in one case, in one transaction; return whether an alert was raised.

    ``idle_since`` is when the evaluation before this one ended; ``only`` looks at this duty alone. Locked in this order:
    the case, its duties, the record, alerts.
    """
    with writing(session):
        session.execute(select(Case.id).where(Case.id == case_id).with_for_update(of=Case, key_share=True))
        question = select(Obligation).where(Obligation.case_id == case_id, Obligation.look_at <= now)
        if only is not None:
            question = question.where(Obligation.id == only)
        duties = session.scalars(
            question.order_by(Obligation.id).with_for_update(of=Obligation).execution_options(populate_existing=True)
        ).all()
        audit.lock(session)
        ladders = load(session)  # under the lock by which they are changed
        due = [found for duty in duties if (found := _look(session, duty, ladders, now)) is not None]
        if due:
            _raise(session, due, ladders, now, idle_since)
    return bool(due)


def _look(session: Session, duty: Obligation, ladders: Ladders, now: datetime) -> _Due | None:
    if not _living(duty) or duty.due_at is None:
        duty.look_at = None
        ending.cancel_finished(session, duty, now)
        return None
    ending.cancel_older(session, duty, now)
    ladder = ladders[rules.kind_of(duty.recipient_type)]
    anchor = duty.anchor_at or duty.raised_at
    coming = rules.next_rung(anchor, duty.due_at, now, ladder)
    ledger = _ledger(session, duty)
    reached = [
        rung for rung in rules.due_rungs(anchor, duty.due_at, now, known_at=duty.raised_at, ladder=ladder)
        if _to_raise(rung, ledger.get(rung.key), duty, ladder)
    ]
    _insert(session, [_row(duty, rung) for rung in [*reached, coming]])
    ledger = _ledger(session, duty)
    _wait_for(ledger[coming.key], coming, duty)
    kept = {coming.key, *(rung.key for rung in reached)}
    for alert in ledger.values():
        if alert.state == AlertState.WAITING and alert.threshold not in kept:
            paging.end(session, alert, AlertState.CANCELLED, "The ladder or the deadline was changed.", now)
    duty.look_at = coming.at
    return _Due(duty, reached, [ledger[rung.key] for rung in reached]) if reached else None


def _living(duty: Obligation) -> bool:
    return duty.state in STILL_OPEN and duty.recipient_type != "register" and duty.case.state != CaseState.CLOSED.value


def _to_raise(rung: Rung, alert: Alert | None, duty: Obligation, ladder: Ladder) -> bool:
    return rules.worth_raising(rung, ladder, duty.raised_at) if alert is None else _unsent(alert)


def _unsent(alert: Alert) -> bool:
    # Cancelled before it was ever raised: the duty was settled and is open again.
    return alert.raised_at is None and alert.state in {AlertState.WAITING, AlertState.CANCELLED}


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


def _wait_for(alert: Alert, coming: Rung, duty: Obligation) -> None:
    if _unsent(alert):
        alert.state, alert.note, alert.ended_at = AlertState.WAITING.value, "", None
        alert.due_at, alert.words, alert.deadline_at = coming.at, coming.words, duty.due_at


def _raise(session: Session, due: Sequence[_Due], ladders: Ladders, now: datetime, idle_since: datetime | None) -> None:
    lead = due[rules.furthest([(one.rungs[-1], one.duty.due_at or now) for one in due])]
    others = [one for one in due if one is not lead]
    duty, alert, rung = lead.duty, lead.alerts[-1], lead.rungs[-1]
    why = _why(lead, now, idle_since)
    _supersede(lead.alerts[:-1], alert, f"Not sent on its own: “{rung.words}” was due as well when the deadline was evaluated.", now)
    for other in others:
        _supersede(other.alerts, alert, f"Told in one alert with the duty towards {duty.recipient}: {rung.words}.", now)
    _end_running(session, [one.duty.id for one in due], alert, rung, now)
    alert.note = " ".join(filter(None, [why, _also(others, now)]))
    alert.state, alert.raised_at, alert.deadline_at = AlertState.RAISED.value, now, duty.due_at
    alert.ended_at = None
    alert.late_by_seconds = max(0, int((now - max(rung.at, duty.raised_at)).total_seconds()))
    passed = [other.key for one in due for other in one.alerts if other is not alert]
    missed = [one.words for one in lead.rungs[:-1]]
    audit.record(
        session, action="alert.raised", by=SYSTEM, now=now, case_id=duty.case_id, subject="alert", subject_id=alert.id,
        details={"threshold": rung.key, "words": rung.words, "late_by_seconds": alert.late_by_seconds,
                 "superseded": passed, **({"passed_over": missed} if missed else {})},
    )
    paging.start(session, alert, ladders[rules.kind_of(duty.recipient_type)], now=now)


def _supersede(alerts: Sequence[Alert], by: Alert, reason: str, now: datetime) -> None:
    for alert in alerts:
        alert.state, alert.superseded_by, alert.ended_at = AlertState.SUPERSEDED.value, by.id, now
        alert.note = reason


def _end_running(session: Session, duties: Sequence[int], by: Alert, rung: Rung, now: datetime) -> None:
    running = session.scalars(
        select(Alert).where(Alert.obligation_id.in_(duties), Alert.state.in_(RUNNING), Alert.id != by.id)
    ).all()
    # What of other duties had been told with them is told with this one now.
    changed(session, update(Alert).where(
        Alert.superseded_by.in_([alert.id for alert in running]), Alert.raised_at.is_(None),
        Alert.obligation_id.not_in(duties)).values(superseded_by=by.id))
    for alert in running:
        alert.superseded_by = by.id
        paging.end(session, alert, AlertState.SUPERSEDED, f"The next threshold was reached: {rung.words}.", now)


def _also(others: Sequence[_Due], now: datetime) -> str:
    """Return when the other duties are due: the moment, since these words are read again when less time is left."""
    due = defaultdict[datetime, list[str]](list)
    for one in others:
        due[one.duty.due_at or now].append(one.duty.recipient)
    zone = others[0].duty.case.zone if others else ""
    words = "; ".join(f"{', '.join(names)} {'due' if at > now else 'overdue since'} {rules.moment(at, zone)}"
                      for at, names in sorted(due.items()))
    return f"In the same case: {words}." if words else ""


def _why(lead: _Due, now: datetime, idle_since: datetime | None) -> str:
    """Return why the alert comes late or alone; empty where it comes in time."""
    duty, rung, missed, zone = lead.duty, lead.rungs[-1], lead.rungs[:-1], lead.duty.case.zone
    if any(alert.state == AlertState.CANCELLED for alert in lead.alerts):
        return "The duty had been settled when this threshold passed; it is open again."
    if lead.alerts[-1].note:
        return lead.alerts[-1].note
    if missed and idle_since is not None and idle_since > rung.at:
        return f"Until now this case could not be evaluated: {rules.passed_over([one.words for one in missed])}."
    if missed:
        start = max(missed[0].at if idle_since is None else min(missed[0].at, idle_since), duty.raised_at)
        return rules.missed_words([one.words for one in missed], start, now, zone)
    if rung.at < duty.raised_at:
        return f"This threshold had passed before the duty was known ({rules.moment(duty.raised_at, zone)})."
    if now - rung.at <= rules.CLOSE_ENOUGH:
        return ""
    late = f"Raised {rules.span(now - rung.at)} late:"
    if idle_since is None or idle_since <= rung.at:
        return f"{late} nothing was evaluated since {rules.moment(idle_since or rung.at, zone)}."
    return f"{late} until then this case could not be evaluated, or the clock was behind."
