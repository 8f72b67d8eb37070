"""What waits for what among the actions of a case, and what that does to their due times."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incident_app.domain import remediation as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.remediation import ActionState, Anchor
from incident_app.models.cases import Case
from incident_app.models.remediation import Action, Wait
from incident_app.services import audit


def of(session: Session, action_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return what each of these actions waits for or waited for; one that waits for nothing is left out."""
    found: dict[int, tuple[int, ...]] = {}
    rows = session.execute(select(Wait.action_id, Wait.waits_for_id).where(Wait.action_id.in_(action_ids))
                           .order_by(Wait.action_id, Wait.waits_for_id))
    for action_id, other in rows:
        found[action_id] = (*found.get(action_id, ()), other)
    return found


def open_before(session: Session, action_id: int) -> list[Action]:
    """Return what an action waits for that is still open."""
    return list(session.scalars(
        select(Action).join(Wait, Wait.waits_for_id == Action.id)
        .where(Wait.action_id == action_id, Action.state == ActionState.OPEN.value).order_by(Action.id)))


def problems(session: Session, case_id: int, action_id: int, wanted: Collection[int]) -> dict[str, str]:
    """Return what is wrong with what an action of this case should wait for; the case is held."""
    if not wanted:
        return {}
    titles = {one.id: one.title for one in session.scalars(select(Action).where(Action.case_id == case_id))}
    return rules.check_waits(action_id, wanted, titles, of(session, list(titles)))


def have_wait(session: Session, action: Action, wanted: Collection[int], now: datetime) -> None:
    """Have an action wait for these and no others; what was asked was checked."""
    session.execute(delete(Wait).where(Wait.action_id == action.id))
    session.add_all(Wait(action_id=action.id, waits_for_id=one) for one in sorted(set(wanted)))
    session.flush()
    settle(session, action, now)


def anchor_at(action: Action, case: Case) -> datetime | None:
    """Return the moment the hours of an action count from; ``None`` where it is not known yet."""
    moments = {
        Anchor.AWARE.value: case.aware_at, Anchor.LOGGED.value: case.filed_at, Anchor.CONTAINED.value: case.contained_at,
    }
    return moments.get(action.anchor, action.made_at)


def redate(action: Action, case: Case) -> bool:
    """Reckon anew by when an action is due that has hours; return whether that changed."""
    if action.due_hours is None:
        return False
    before = action.due_at
    action.due_at = rules.due_at(action.due_hours, anchor_at(action, case), waits=action.waiting, free_at=action.free_at)
    return action.due_at != before


def settle(session: Session, action: Action, now: datetime) -> bool:
    """Say of an open action whether it waits, since when it is free and by when it is due; return whether it waits."""
    waited, action.waiting = action.waiting, bool(open_before(session, action.id))
    if action.waiting:
        action.free_at = None
    elif waited:
        action.free_at = now
    redate(action, action.case)
    return action.waiting


def _behind(session: Session, action: Action) -> list[Action]:
    """Return the open actions that wait for this one."""
    return list(session.scalars(
        select(Action).join(Wait, Wait.action_id == Action.id)
        .where(Wait.waits_for_id == action.id, Action.state == ActionState.OPEN.value).order_by(Action.id)))


def follow(session: Session, action: Action, now: datetime) -> None:
    """Free what waited for this action alone once it is ended, and let it wait again once it is reopened."""
    session.flush()
    for one in _behind(session, action):
        waited = one.waiting
        if settle(session, one, now) == waited:
            continue
        one.version += 1
        if waited:
            audit.record(session, action="action.freed", by=SYSTEM, now=now, case_id=one.case_id, subject="action",
                         subject_id=one.id, details={"title": one.title, "due_at": one.due_at.isoformat() if one.due_at else None})
