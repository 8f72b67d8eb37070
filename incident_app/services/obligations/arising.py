"""Duties as they arise and change with the facts and the law. Nothing is deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from incident_app.domain import obligations as rules
from incident_app.domain.accounts import SYSTEM, Actor
from incident_app.domain.cases import CaseState, PeopleData
from incident_app.domain.obligations import Duty, Judged
from incident_app.domain.ports import Calendar
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import CaseFacts, Law, Threshold
from incident_app.models.cases import Case
from incident_app.models.obligations import (
    EXCUSED,
    MAYBE,
    OWED,
    STILL_OPEN,
    SUPERSEDED,
    UNDECIDED,
    Obligation,
    newest,
)
from incident_app.services import alerts, audit
from incident_app.services.citing import cited
from incident_app.services.obligations.facts import facts_of
from incident_app.services.obligations.house import with_house
from incident_app.services.unit import writing

# What one bad case can lead to (an unknown zone, a date out of range): it must not hold up the others.
BAD_CASE = (Refused, SQLAlchemyError, ArithmeticError, LookupError, ValueError)
FAILED_KIND = "duties_failed"
SAME_DUTY = ("regime", "provision", "stage", "recipient_type", "recipient", "controller")
CHANGES = (*STILL_OPEN, MAYBE)
TERMS = ("due_at", "anchor_at", "value", "unit", "mode")


def judged(session: Session, case: Case, *, law: Law, calendar: Calendar) -> Judged:
    """Return what a case owes under the law of its day of awareness and what not, with the reasons."""
    whole = with_house(session, law)
    return rules.judge(whole, facts_of(session, case, whole), calendar, aware_on(case))


def aware_on(case: Case) -> date:
    """Return the local day of awareness: the law of that day applies."""
    return case.aware_at.astimezone(ZoneInfo(case.zone)).date()


def _key(duty: Obligation | Duty) -> tuple[str, ...]:
    return tuple(str(getattr(duty, name)) for name in SAME_DUTY)


def _changed(row: Obligation, duty: Duty) -> str:
    """Return why a duty gets a new version, or nothing."""
    if row.state == MAYBE and not duty.maybe:
        return "It was answered what the organisation is."
    if duty.always and not row.always:
        return "The facts changed: it is owed now, whatever was decided about the risk."
    if row.always and not duty.always:
        return "The facts changed: it hangs on a decision now."
    if row.anchor_at != duty.anchor_at:
        return "The moment it counts from changed."
    if any(getattr(row, name) != getattr(duty, name) for name in TERMS):
        return "The rule changed."
    return ""


def arise(session: Session, case: Case, *, by: Actor, now: datetime, law: Law, calendar: Calendar) -> list[Obligation]:
    """Bring the duties of a case in line with its facts and the law; return the new ones. Call inside a write unit.

    A duty whose terms changed is superseded by a new row, so that the old deadline stays visible; what is done or
    excused stays, but for what is owed by the facts now whatever was decided: that is asked again. A duty that no longer applies
    is superseded too, and the record says which and why.
    """
    found = judged(session, case, law=law, calendar=calendar)
    facts = facts_of(session, case, law)
    duties = {_key(duty): duty for duty in found.duties}
    rows = {_key(row): row for row in session.scalars(newest(case.id))}
    made: list[Obligation] = []
    _let_go(session, case, [row for key, row in rows.items() if key not in duties], found, by=by, now=now)
    for key, duty in duties.items():
        fresh = _bring(session, case, rows.get(key), duty, facts, by=by, now=now)
        if fresh is not None:
            made.append(fresh)
    case.law_version = law.version
    session.flush()
    alerts.end_about(session, kind=FAILED_KIND, begins=f"{case.id}/", now=now, reason="Its duties follow the law again.")
    if made:
        audit.record(
            session, action="obligation.arisen", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
            details={"duties": [_summary(row) for row in made]},
        )
    return made


def _let_go(session: Session, case: Case, rows: Iterable[Obligation], found: Judged, *, by: Actor, now: datetime) -> None:
    """Supersede what no longer applies, and say so in the record: of what may bind only a sector nobody has ever said that it is owed."""
    gone = [row for row in rows if row.state in CHANGES]
    owed = [row for row in gone if row.state in STILL_OPEN]
    for row in gone:
        _supersede(session, row, " ".join(("The facts changed: this rule no longer applies.", *_against(row, found))), by, now)
    if owed:
        audit.record(
            session, action="obligation.fell_away", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
            details={"duties": [{**_summary(row), "why": row.state_reason} for row in owed]})


def _against(row: Obligation, found: Judged) -> tuple[str, ...]:
    """Return why the rule of a duty asks for nothing now, where the facts say it: ``Not owed: 400 people, and it begins at 500.``"""
    said = {one.why for one in found.not_owed if (one.regime, one.provision) == (row.regime, row.provision)}
    return tuple(said) if len(said) == 1 else ()


def _bring(
    session: Session, case: Case, row: Obligation | None, duty: Duty, facts: CaseFacts, *, by: Actor, now: datetime,
) -> Obligation | None:
    state, reason = _first_state(duty, facts), ""
    if row is not None:
        why, excused = _changed(row, duty), row.state == EXCUSED and duty.always and not row.always
        if not why or not (excused or row.state in CHANGES):
            return None
        if excused:  # on a ground that this number or these data leave no room for: somebody looks again
            state = UNDECIDED
        elif row.state in STILL_OPEN and (row.state_reason or row.always == duty.always):
            state, reason = row.state, row.state_reason
        _supersede(session, row, why, by, now)
    fresh = Obligation(
        case_id=case.id, aware_version=case.aware_version, raised_at=now, raised_by_id=by.id or None, state=state,
        state_reason=reason, **duty.terms(),
    )
    session.add(fresh)
    return fresh


def _first_state(duty: Duty, facts: CaseFacts) -> str:
    """What nobody needs to decide is owed at once: the record, the rest of a filing, a rule without any test."""
    if duty.maybe:
        return MAYBE
    if duty.recipient_type == "register" or duty.threshold_id == Threshold.STILL_MISSING:
        return OWED
    return OWED if duty.always and facts.people_data is PeopleData.YES else UNDECIDED


def _summary(row: Obligation) -> dict[str, str | None]:
    return {
        "id": str(row.id), "recipient": row.recipient, "provision": cited(row.regime, row.provision, row.recipient_type), "stage": row.stage,
        "due_at": row.due_at.isoformat() if row.due_at else None,
    }


def _supersede(session: Session, row: Obligation, reason: str, by: Actor, now: datetime) -> None:
    row.state, row.state_reason = SUPERSEDED, reason
    row.superseded_at, row.superseded_by_id = now, by.id or None
    alerts.cancel_for_obligation(session, row.id, reason=reason, now=now)


@dataclass(frozen=True, slots=True)
class Followed:
    """What following the law came to: cases brought in line, and cases that could not be, with the last reason."""

    done: int
    failed: int = 0
    reason: str = ""


def follow_law(session: Session, *, law: Law, calendar: Calendar, now: datetime, limit: int = 100) -> Followed:
    """Bring open cases in line with a changed law, or with a stage that was sent meanwhile; at most ``limit`` of them.

    A case that cannot be is left as it is, wakes somebody once, and does not hold up those behind it.
    """
    stale = session.scalars(
        select(Case.id).where(Case.state != CaseState.CLOSED.value, Case.law_version != law.version).order_by(Case.id)
    ).all()
    session.rollback()
    done, failed, reason = 0, 0, ""
    for case_id in stale:
        if done == limit:
            break
        try:
            _follow(session, case_id, law=law, calendar=calendar, now=now)
            done += 1
        except OperationalError as error:  # the database was busy or away: nothing about the case, and asked again soon
            session.rollback()
            failed, reason = failed + 1, type(error).__name__
        except BAD_CASE as error:
            failed, reason = failed + 1, type(error).__name__
            _wake(session, case_id, reason, now)
    return Followed(done, failed, reason)


def _follow(session: Session, case_id: int, *, law: Law, calendar: Calendar, now: datetime) -> None:
    with writing(session):
        # Not the lock that keeps others from pointing at the case: an evaluator holds the record and wants to.
        case = session.get_one(Case, case_id, with_for_update={"key_share": True})
        arise(session, case, by=SYSTEM, now=now, law=law, calendar=calendar)


def _wake(session: Session, case_id: int, reason: str, now: datetime) -> None:
    with writing(session):
        alerts.raise_once(session, kind=FAILED_KIND, about=str(case_id), now=now, case_id=case_id,
                          words=f"its duties could not be brought in line with the law ({reason}): look at the case")
