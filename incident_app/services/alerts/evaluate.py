"""One pass of an evaluator: look at what is due, case by case, however many evaluators run."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from incident_app.domain.alerts import PENDING, RUNNING, AlertState
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Refused
from incident_app.models.alerts import Alert, Heartbeat
from incident_app.models.cases import Case
from incident_app.models.obligations import STILL_OPEN, Obligation
from incident_app.services import audit
from incident_app.services.alerts import following, paging, quiet, raising
from incident_app.services.alerts.about import raise_once
from incident_app.services.unit import changed, writing

# What one bad row can lead to (an unknown zone, a date out of range): it must not silence the others.
BAD_ROW = (Refused, SQLAlchemyError, ArithmeticError, LookupError, ValueError)
PULSE, FAILED = "alerts", "evaluation_failed"
AT_ONCE = 500
LOOK_AGAIN = timedelta(minutes=1)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pass:
    """One evaluation: how many cases were looked at, alerts raised, and cases that could not be evaluated.

    ``more`` says that it ended at its limit and the next pass has to go on.
    """

    evaluated: int
    raised: int
    failed: int
    more: bool = False


def raise_due(session: Session, *, now: datetime, complete: bool = False) -> Pass:
    """Evaluate every case that has something to look at, each in a transaction of its own, the most urgent first.

    The question asked is an indexed one: what it costs grows with what is due, not with what is open. ``complete`` asks
    every open duty whether it waits for its next threshold as it should, whatever the index says, and has no limit.
    """
    try:
        if complete:
            _heal(session, now)
        idle_since = session.scalar(select(Heartbeat.at).where(Heartbeat.name == PULSE))
        done: set[int] = set()
        raised = failed = 0
        while cases := [case_id for case_id in _due_cases(session, now) if case_id not in done]:
            for case_id in cases:
                done.add(case_id)
                good, woken = _one(session, case_id, now, idle_since)
                failed += not good
                raised += woken
            if not complete:
                break
        failed += _go_on(session, now)
        if complete:  # one that the other evaluator took, and could not evaluate, is no less amiss
            fenced = select(func.count(Obligation.id)).where(_unwatched(now), Obligation.look_at > now)
            failed = max(failed, session.scalar(fenced) or 0)
        return Pass(len(done), raised, failed, more=not complete and len(done) >= AT_ONCE)
    finally:
        session.rollback()


def _due_cases(session: Session, now: datetime) -> list[int]:
    due = select(Obligation.case_id).where(Obligation.look_at <= now).order_by(Obligation.due_at, Obligation.id)
    return list(dict.fromkeys(session.scalars(due.limit(AT_ONCE))))


def _one(session: Session, case_id: int, now: datetime, idle_since: datetime | None) -> tuple[bool, int]:
    """Evaluate one case; where that fails, each duty alone, so that a bad one does not silence its neighbours."""
    try:
        woken = raising.evaluate(session, case_id, now=now, idle_since=idle_since)
    except BAD_ROW:
        session.rollback()
    else:
        _well_again(session, case_id, now)
        return True, woken
    duties = session.scalars(
        select(Obligation.id).where(Obligation.case_id == case_id, Obligation.look_at <= now).order_by(Obligation.id)
    ).all()
    raised, bad = 0, 0
    for duty_id in duties:
        try:
            raised += raising.evaluate(session, case_id, now=now, idle_since=idle_since, only=duty_id)
        except BAD_ROW as error:
            bad += 1
            _fence(session, case_id, duty_id, error, now)
    return bad == 0, raised


def _fence(session: Session, case_id: int, duty_id: int, error: BaseException, now: datetime) -> None:
    log.error("duty %s of case %s could not be evaluated", duty_id, case_id, exc_info=error)
    with writing(session):
        changed(session, update(Obligation).where(Obligation.id == duty_id).values(look_at=now + LOOK_AGAIN))
        raise_once(
            session, kind=FAILED, about=str(duty_id), now=now, case_id=case_id,
            words=f"a deadline could not be evaluated ({type(error).__name__}): look at the case",
        )


def _well_again(session: Session, case_id: int, now: datetime) -> None:
    """End the alert about a case that could not be evaluated, once every duty of it can."""
    about = select(Alert.id).where(Alert.case_id == case_id, Alert.kind == FAILED, Alert.state.in_(RUNNING))
    astray = select(Obligation.id).where(Obligation.case_id == case_id, _unwatched(now))
    if session.scalar(about.limit(1)) is None or session.scalar(astray.limit(1)) is not None:
        return
    with writing(session):
        audit.lock(session)
        for alert in session.scalars(select(Alert).where(Alert.id.in_(about))):
            paging.end(session, alert, AlertState.CANCELLED, "Every deadline of the case can be evaluated again.", now)


def _go_on(session: Session, now: datetime) -> int:
    """Go on paging where an acknowledgement expired, nobody answers or the rota changed; return how many alerts could not be."""
    failed = 0
    for go_on, alert_id in chain(
        ((quiet.go_on, one) for one in quiet.overdue(session, now)), ((following.follow, one) for one in following.behind(session, now)),
    ):
        try:
            go_on(session, alert_id, now)
        except BAD_ROW:
            failed += 1
            log.exception("paging could not go on for alert %s", alert_id)
    return failed


def _heal(session: Session, now: datetime) -> None:
    """Have every duty looked at that does not wait for its next threshold as it should, and every settled one that does."""
    astray = select(Obligation.id).where(or_(_unwatched(now), _settled()))
    if session.scalar(astray.limit(1)) is None:
        return
    with writing(session):
        changed(session, update(Obligation).where(Obligation.id.in_(astray)).values(look_at=now))


def _unwatched(now: datetime) -> ColumnElement[bool]:
    waiting = select(Alert.obligation_id).where(
        Alert.obligation_id == Obligation.id,
        or_(Alert.state == AlertState.WAITING.value, Alert.raised_at.is_not(None)), Alert.due_at > now, Alert.deadline_at == Obligation.due_at, Alert.aware_version == Obligation.aware_version,
        Alert.due_at == Obligation.look_at,
    )
    return and_(
        Obligation.state.in_(STILL_OPEN), Obligation.recipient_type != "register", Obligation.due_at.is_not(None),
        Obligation.case.has(Case.state != CaseState.CLOSED.value), ~waiting.exists(),
    )


def _settled() -> ColumnElement[bool]:
    pending = select(Alert.obligation_id).where(
        Alert.obligation_id == Obligation.id, Alert.state.in_(PENDING),
        or_(Obligation.state.not_in(STILL_OPEN), Obligation.aware_version != Alert.aware_version),
    )
    return pending.exists()
