"""Write a closing down, so that it stays readable when the case is opened again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import closing as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.cases import CaseState
from incident_app.domain.closing import Gap
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.closing import Closing
from incident_app.services import alerts, audit, review


def end(
    session: Session, case: Case, reason: str, by: Actor, now: datetime, *, asked_by: int | None = None, over: Sequence[Gap] = (),
) -> Closing:
    """Close a case, inside the caller's transaction, and keep what it was closed for and ``over``."""
    signed = review.settle(session, case, now)
    kept = Closing(
        case_id=case.id, number=_next(session, case), at=now, by_id=by.id, asked_by_id=asked_by, state_before=case.state,
        over_count=len(over), gaps_hash=rules.hash_of(over) if over else "", review_hash=signed,
        reason=reason, gaps=[one.to_json() for one in over],
    )
    session.add(kept)
    case.state, case.closed_at, case.close_reason = CaseState.CLOSED.value, now, reason
    case.version += 1
    audit.record(
        session, action="case.closed", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
        details={"closing": kept.number, "reason": reason, "asked_by": asked_by, "over": [one.name for one in over],
                 "hash": kept.gaps_hash, "review": kept.review_hash},
    )
    alerts.cancel_for_case(session, case.id, reason="The case was closed.", now=now)
    return kept


def _next(session: Session, case: Case) -> int:
    return (session.scalar(select(func.max(Closing.number)).where(Closing.case_id == case.id)) or 0) + 1


def newest_closing(session: Session, case: Case) -> Closing:
    """Return what a closed case was closed for; one of before closings were kept is written down now, from the record."""
    found = session.scalar(select(Closing).where(Closing.case_id == case.id, Closing.reopened_at.is_(None)))
    if found is not None:
        return found
    entry = session.scalar(select(Entry).where(Entry.case_id == case.id, Entry.action == "case.closed").order_by(Entry.seq.desc()))
    made = Closing(
        case_id=case.id, number=_next(session, case), at=case.closed_at, by_id=entry.actor_id if entry is not None else None,
        state_before=CaseState.NOTIFIED.value, reason=case.close_reason, gaps=[])
    session.add(made)
    session.flush()
    return made
