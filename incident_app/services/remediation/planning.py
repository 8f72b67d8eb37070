"""What is to be done: load the checklist, add, say who does it by when, what it waits for, when it is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import remediation as rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, require
from incident_app.domain.refusals import Refused
from incident_app.domain.remediation import ActionState, Anchor, Runbook
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.remediation import Action, Wait
from incident_app.services import audit
from incident_app.services.remediation import waits
from incident_app.services.remediation.holding import open_action, open_case
from incident_app.services.unit import writing

NEW = 0


@dataclass(frozen=True, slots=True)
class NewAction:
    """What is asked about a further thing to do. ``kind`` is one of :class:`ActionKind`; ``proof`` what will show it.

    ``due_at`` or ``due_hours`` after it is free; ``review_days`` 0: nobody looks later, ``None``: as is usual for the kind.
    """

    title: str
    kind: str
    owner_id: int | None = None
    due_at: datetime | None = None
    proof: str = ""
    due_hours: float | None = None
    mandatory: bool = False
    waits_for: tuple[int, ...] = ()
    review_days: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Who does it by when. ``None`` in ``waits_for`` and ``review_days``: as it was; ``due_hours`` after it is free."""

    owner_id: int | None = None
    due_at: datetime | None = None
    due_hours: float | None = None
    waits_for: tuple[int, ...] | None = None
    review_days: int | None = None


def load_into(session: Session, case: Case, *, now: datetime, runbooks: Mapping[str, Runbook]) -> int:
    """Add the steps of the runbook for this kind of breach, inside the caller's transaction; return how many.

    The case keeps the version it was given.
    """
    book = runbooks.get(case.kind)
    if book is None:
        return 0
    made: dict[str, Action] = {}
    for step in book.steps:
        made[step.title] = one = Action(
            case_id=case.id, step=step.title, kind=step.kind.value, role=step.role.value, mandatory=step.mandatory,
            anchor=step.anchor.value, due_hours=step.due_hours, waiting=bool(step.waits_for),
            review_days=rules.review_days(step.kind, step.review_days), proof_asked=step.proof, runbook=book.kind,
            runbook_version=book.version, made_at=now,
        )
        waits.redate(one, case)
        session.add(one)
    session.flush()
    session.add_all(Wait(action_id=made[step.title].id, waits_for_id=made[other].id)
                    for step in book.steps for other in step.waits_for)
    audit.record(
        session, action="action.loaded", by=SYSTEM, now=now, case_id=case.id, subject="runbook", subject_id=book.kind,
        details={"version": book.version, "steps": len(book.steps)},
    )
    return len(book.steps)


def follow_anchors(session: Session, case: Case, *, now: datetime) -> int:
    """Bring what is due so many hours after a moment of the case in line with it; inside the caller's transaction.

    Returns how many due times changed. A date that somebody set stays.
    """
    moved = 0
    for one in session.scalars(select(Action).where(
        Action.case_id == case.id, Action.state == ActionState.OPEN.value, Action.due_hours.is_not(None))):
        if waits.redate(one, case):
            one.version += 1
            moved += 1
    if moved:
        audit.record(session, action="action.redated", by=SYSTEM, now=now, case_id=case.id, subject="case",
                     subject_id=case.ref, details={"count": moved})
    return moved


def _check_owner(session: Session, owner_id: int | None) -> dict[str, str]:
    owner = session.get(User, owner_id) if owner_id is not None else None
    if owner_id is not None and (owner is None or not owner.active):
        return {"owner_id": "Choose somebody who works here."}
    return {}


def add(session: Session, case_id: int, new: NewAction, *, by: Actor, now: datetime) -> Action:
    """Add a thing to do."""
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        open_case(session, case_id)
        problems = rules.check_new(new.title, new.kind, due=new.due_at, hours=new.due_hours, review=new.review_days)
        problems |= _check_owner(session, new.owner_id)
        problems |= waits.problems(session, case_id, NEW, new.waits_for)
        if problems:
            raise Refused("The action was not saved.", problems)
        made = Action(
            case_id=case_id, own_title=new.title.strip(), kind=new.kind, owner_id=new.owner_id, due_at=new.due_at,
            due_hours=new.due_hours, anchor=Anchor.ADDED.value if new.due_hours is not None else "", mandatory=new.mandatory,
            review_days=rules.review_days(new.kind, new.review_days), proof_asked=new.proof.strip(), made_by_id=by.id, made_at=now,
        )
        session.add(made)
        session.flush()
        waits.have_wait(session, made, new.waits_for, now)
        audit.record(session, action="action.added", by=by, now=now, case_id=case_id, subject="action", subject_id=made.id,
                     details={"title": made.title, "kind": made.kind, "mandatory": made.mandatory, "waits_for": sorted(new.waits_for)})
    session.refresh(made)
    return made


def change(session: Session, action_id: int, plan: Plan, *, version: int | None = None, by: Actor, now: datetime) -> Action:
    """Say who does it, by when, what it waits for, and when somebody looks whether it works."""
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        found = open_action(session, action_id, version, by)
        same = plan.due_hours is None and plan.due_at == found.due_at  # a date reckoned from hours was not changed
        problems = rules.check_plan(None if same else plan.due_at, plan.due_hours, plan.review_days)
        problems |= _check_owner(session, plan.owner_id)
        if plan.waits_for is not None:
            problems |= waits.problems(session, found.case_id, found.id, plan.waits_for)
        if problems:
            raise Refused("The action was not changed.", problems)
        found.owner_id = plan.owner_id
        if not same:
            _date(found, plan, now)
        if plan.review_days is not None:
            found.review_days = plan.review_days
        if plan.waits_for is not None:
            waits.have_wait(session, found, plan.waits_for, now)
        waits.redate(found, found.case)
        audit.record(
            session, action="action.changed", by=by, now=now, case_id=found.case_id, subject="action", subject_id=found.id,
            details={"title": found.title, "owner": plan.owner_id, "review_days": found.review_days,
                     "due_at": found.due_at.isoformat() if found.due_at else None, "due_hours": found.due_hours,
                     "waits_for": sorted(waits.of(session, [found.id]).get(found.id, ()))},
        )
    session.refresh(found)
    return found


def _date(action: Action, plan: Plan, now: datetime) -> None:
    action.due_at, action.due_hours = plan.due_at, plan.due_hours
    if plan.due_hours is not None:
        action.anchor, action.free_at = Anchor.ADDED.value, now
