"""The dry run: what of which case goes when, how much, and why; what is held, and by whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import retention as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.retention import Going, Kind, Periods
from incident_app.models.cases import Case
from incident_app.models.proposals import Proposal
from incident_app.models.recipients import RecipientList
from incident_app.models.reports import Document
from incident_app.models.retention import Destroyed, Hold
from incident_app.services import proposals, recipients, scope
from incident_app.services.retention.early import ERASE, Early, standing
from incident_app.services.retention.evidence import KINDS
from incident_app.services.retention.holds import LIFT
from incident_app.services.retention.periods import current


@dataclass(frozen=True, slots=True)
class Plan:
    """The periods that count, and every line of what goes; ``going`` is ``None`` for who sees no cases."""

    version: int
    periods: Periods
    going: tuple[Going, ...] | None
    holds: tuple[tuple[str, Hold], ...]


def plan(session: Session, *, by: Actor, now: datetime) -> Plan:
    """Return the dry run; nothing is changed. Who sees no cases sees the periods alone."""
    require(by, Permission.SEE_RETENTION)
    version, periods = current(session)
    if not may(by, Permission.SEE_CASES):
        return Plan(version, periods, None, ())
    holds = {one.case_id: one for one in session.scalars(
        select(Hold).where(Hold.lifted_at.is_(None), scope.within(Hold.case_id, by)))}
    going = [*_people(session, set(holds), periods, by), *_evidence(session, set(holds), periods, by),
             *_texts(session, set(holds), by)]
    going.sort(key=lambda one: (one.held, one.at is None, one.at or now, one.ref, one.kind))
    refs = {row.id: row.ref for row in session.execute(select(Case.id, Case.ref).where(Case.id.in_(holds)))}
    return Plan(version, periods, tuple(going), tuple((refs[case_id], one) for case_id, one in sorted(holds.items())))


HELD = "Legal hold: nothing is erased until two people lift it."


def _people(session: Session, held: set[int], periods: Periods, by: Actor) -> list[Going]:
    counted = session.execute(
        select(RecipientList.case_id, func.sum(RecipientList.people_count)).where(
            RecipientList.erased_at.is_(None), scope.within(RecipientList.case_id, by))
        .group_by(RecipientList.case_id)).all()
    found = []
    for case_id, people in counted:
        case = session.get_one(Case, case_id)
        at = recipients.due_at(session, case)
        found.append(Going(case.ref, case_id, Kind.PEOPLE, int(people), at, _why_people(case, at, periods, case_id in held),
                           case_id in held))
    return found


def _why_people(case: Case, at: datetime | None, periods: Periods, held: bool) -> str:
    if held:
        return HELD
    if at is None:
        return "A notice to them is under way: nothing is erased before it has ended."
    if case.closed_at is None:
        return f"The case is open: at most {periods.people_most} days after the newest list came."
    return (f"{periods.people} days after the last notice ended or the case was closed, the later of both; at most "
            f"{periods.people_most} days after the newest list came.")


def _evidence(session: Session, held: set[int], periods: Periods, by: Actor) -> list[Going]:
    counted = session.execute(
        select(Document.case_id, func.count()).where(
            Document.kind.in_(KINDS), Document.case_id.not_in(select(Destroyed.case_id)), scope.within(Document.case_id, by))
        .group_by(Document.case_id)).all()
    found = []
    for case_id, files in counted:
        case = session.get_one(Case, case_id)
        at = rules.evidence_at(case.closed_at, periods)
        why = HELD if case_id in held else (
            f"{periods.evidence} days after the case was closed." if at else "The case is open: its evidence is kept.")
        found.append(Going(case.ref, case_id, Kind.EVIDENCE, files, at, why, case_id in held))
    return found


def _texts(session: Session, held: set[int], by: Actor) -> list[Going]:
    """Return the closed cases whose texts are still there: an open one has no date, and its line would say nothing new."""
    closed = session.scalars(
        select(Case).where(Case.closed_at.is_not(None), Case.texts_erased_at.is_(None), scope.within(Case.id, by)))
    return [Going(case.ref, case.id, Kind.TEXTS, 1, rules.texts_at(case.closed_at),
                  HELD if case.id in held else f"{rules.AUDIT_YEARS} years after the case was closed.", case.id in held)
            for case in closed]


def early_of(session: Session, case_id: int) -> Early:
    """Return what of a case may be erased early, or why not."""
    return standing(session, case_id)


def waiting(session: Session, case_id: int, *, now: datetime) -> tuple[Sequence[Proposal], Sequence[Proposal]]:
    """Return what waits for a second person: to lift the hold, and to erase early."""
    return (proposals.waiting(session, [LIFT], now=now, case_id=case_id),
            proposals.waiting(session, [ERASE], now=now, case_id=case_id))
