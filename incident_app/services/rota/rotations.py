"""Rotations: shown as a list first, then saved as shifts in one go."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import rota as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import Conflict, Refused
from incident_app.domain.rota import Slot
from incident_app.domain.rotations import Replaced, Rotation, Turn, replaced, turns
from incident_app.models.accounts import User
from incident_app.models.rota import not_over
from incident_app.services import audit
from incident_app.services.rota.asking import slot_of
from incident_app.services.rota.changing import open_rota, unable, zone_of_actor
from incident_app.services.rota.telling import tell_new
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rotation would make: who is on call when, what it takes the place of, and a mark of what it was made from."""

    turns: list[tuple[User, Turn]]
    replaced: Replaced
    seen: str


def preview_rotation(session: Session, plan: Rotation, *, by: Actor, now: datetime) -> Preview:
    """Return what would be saved; nothing is. Raises ``Refused`` as saving would."""
    require(by, Permission.MANAGE_ROTA)
    made = _turns(session, plan, now)
    slots = [slot_of(shift) for shift in session.scalars(not_over(now))]
    start = made[0].starts_at
    rules.check(slots, _after(slots, made, 1), now, zone=zone_of_actor(session, by))
    people = {user_id: session.get_one(User, user_id) for user_id in plan.people}
    return Preview([(people[turn.user_id], turn) for turn in made], replaced(slots, made), _mark(plan, slots, start))


def save_rotation(
    session: Session, plan: Rotation, *, by: Actor, now: datetime, seen: str | None = None
) -> list[Turn]:
    """Save the turns as shifts. From the start of the first to the end of the last they replace what was planned.

    ``seen``: the mark of the preview; where the rota was changed since, it is a ``Conflict``.
    """
    require(by, Permission.MANAGE_ROTA)
    with writing(session):
        rota = open_rota(session, by=by, now=now)
        made = _turns(session, plan, now)
        start, end = made[0].starts_at, made[-1].ends_at
        if seen is not None and seen != _mark(plan, rota.slots, start):
            raise Conflict("The plan or the rota was changed since this list was made. Nothing was saved; look at the turns again.")
        after = _after(rota.slots, made, rota.next_rank())
        done = rota.change(after)
        tell_new(rota, after, by=by, however_late=True)
        audit.record(
            session, action="rota.rotation_saved", by=by, now=now, subject="rota", subject_id="",
            details={"people": list(plan.people), "turns": len(made), "starts_at": start.isoformat(),
                     "ends_at": end.isoformat(), **done.details()},
        )
    return made


def _turns(session: Session, plan: Rotation, now: datetime) -> list[Turn]:
    if any(unable(session, user_id) for user_id in plan.people):
        raise Refused("The rotation was not understood.", {"people": "Choose people who may answer alerts."})
    return turns(plan, now)


def _after(slots: list[Slot], made: list[Turn], rank: int) -> list[Slot]:
    kept = rules.cleared(slots, made[0].starts_at, made[-1].ends_at)
    new = [Slot(turn.user_id, turn.starts_at, turn.ends_at, rank + number) for number, turn in enumerate(made)]
    return [*kept, *new]


def _mark(plan: Rotation, slots: list[Slot], start: datetime) -> str:
    """Return a short digest of the plan, and of every shift beyond ``start``: what was on the screen."""
    facts = sorted(
        (slot.id, slot.user_id, slot.starts_at.isoformat(), slot.ends_at.isoformat(), slot.active)
        for slot in slots if slot.ends_at > start
    )
    return hashlib.sha256(repr((plan, facts)).encode()).hexdigest()[:16]
