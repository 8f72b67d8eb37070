"""What is to be done: load the checklist, add, say who does it by when, what it waits for, when it is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
from incident_app.services.remediation.holding import note_deed, open_action, open_case
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
    """Who does what by when. ``None`` behind ``due_hours`` (after it is free): as it was.

    ``reason``: why it is no longer ``mandatory``, where it was.
    """

    owner_id: int | None = None
    due_at: datetime | None = None
    due_hours: float | None = None
    waits_for: tuple[int, ...] | None = None
    review_days: int | None = None
    title: str | None = None
    kind: str | None = None
    mandatory: bool | None = None
    proof: str | None = None
    reason: str = ""


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
    """Say what it is, who does it, by when, what it waits for, and when somebody looks whether it works.

    The record says what stood there before. Whatever made it mandatory, it takes a reason to make it so no longer.
    """
    require(by, Permission.MANAGE_ACTIONS)
    with writing(session):
        found = open_action(session, action_id, version, by)
        same = plan.due_hours is None and plan.due_at == found.due_at  # a date reckoned from hours was not changed
        if problems := _problems(session, found, plan, None if same else plan.due_at):
            raise Refused("The action was not changed.", problems)
        before = _stands(session, found)
        if found.mandatory and plan.mandatory is False:
            note_deed(session, found, "not_mandatory", by_id=by.id, at=now, words=plan.reason.strip())
        _rewrite(found, plan)
        found.owner_id = plan.owner_id
        if not same:
            _date(found, plan, now)
        if plan.waits_for is not None:
            waits.have_wait(session, found, plan.waits_for, now)
        waits.redate(found, found.case)
        after = _stands(session, found)
        changed = {name: value for name, value in before.items() if after[name] != value}
        words = {said: changed.pop(name) for name, said in (("title", "title_before"), ("proof_asked", "proof_before")) if name in changed}
        audit.record(session, action="action.changed", by=by, now=now, case_id=found.case_id, subject="action", subject_id=found.id,
                     details=after | words | {"was": changed} | ({"reason": plan.reason.strip()} if changed.get("mandatory") else {}))
    session.refresh(found)
    return found


def _problems(session: Session, action: Action, plan: Plan, due_at: datetime | None) -> dict[str, str]:
    problems = rules.check_plan(due_at, plan.due_hours, plan.review_days) | _check_owner(session, plan.owner_id)
    problems |= rules.check_what(action.title if plan.title is None else plan.title, plan.kind or action.kind)
    problems |= rules.check_easing(was_mandatory=action.mandatory, mandatory=plan.mandatory is not False, reason=plan.reason)
    if plan.waits_for is not None:
        problems |= waits.problems(session, action.case_id, action.id, plan.waits_for)
    return problems


def _stands(session: Session, action: Action) -> dict[str, Any]:
    """Return what is planned about an action, as the record keeps it."""
    return {
        "title": action.title, "kind": action.kind, "mandatory": action.mandatory, "proof_asked": action.proof_asked,
        "owner": action.owner_id, "review_days": action.review_days, "due_hours": action.due_hours,
        "due_at": action.due_at.isoformat() if action.due_at else None,
        "waits_for": sorted(waits.of(session, [action.id]).get(action.id, ())),
    }


def _rewrite(action: Action, plan: Plan) -> None:
    """Take over what the plan says about the action itself."""
    if plan.title is not None and plan.title.strip() != action.title:
        action.own_title = plan.title.strip()
    given = {"kind": plan.kind, "mandatory": plan.mandatory, "review_days": plan.review_days,
             "proof_asked": None if plan.proof is None else plan.proof.strip()}
    for name, value in given.items():
        if value is not None:
            setattr(action, name, value)


def _date(action: Action, plan: Plan, now: datetime) -> None:
    action.due_at, action.due_hours = plan.due_at, plan.due_hours
    if plan.due_hours is not None:
        action.anchor, action.free_at = Anchor.ADDED.value, now
