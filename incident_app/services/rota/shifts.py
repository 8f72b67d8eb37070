"""Put somebody on call, take them off, stand in for them, hand over: each refused where it would open a gap."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import rota as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.domain.rota import Slot
from incident_app.models.rota import Shift, covering
from incident_app.services import audit
from incident_app.services.rota.asking import current_shift
from incident_app.services.rota.changing import Change, Rota, open_rota, unable
from incident_app.services.rota.telling import tell, tell_new
from incident_app.services.unit import writing


def add_shift(
    session: Session, user_id: int, starts_at: datetime, ends_at: datetime, *, by: Actor, now: datetime
) -> Shift:
    """Put somebody on call, from now at the earliest. Over an existing shift the one made later counts."""
    require(by, Permission.MANAGE_ROTA)
    with writing(session):
        rota = open_rota(session, by=by, now=now)
        problems = unable(session, user_id) | rules.times(starts_at, ends_at, now)
        if problems:
            raise Refused("The shift was not saved.", problems)
        slot = Slot(user_id, max(starts_at, now), ends_at, rota.next_rank())
        after = [*rota.slots, slot]
        done = rota.change(after, shift=(slot.starts_at, slot.ends_at))
        tell_new(rota, after, by=by)
        _record(session, "rota.shift_added", done.added[0], by, now, done, user=user_id, starts_at=slot.starts_at,
                ends_at=ends_at)
    return session.get_one(Shift, done.added[0])


def change_shift(
    session: Session, shift_id: int, starts_at: datetime, ends_at: datetime, *, by: Actor, now: datetime,
    version: int | None = None,
) -> Shift:
    """Give a shift other times; of one that runs only the end can change."""
    require(by, Permission.MANAGE_ROTA)
    with writing(session):
        rota = open_rota(session, by=by, now=now)
        after = rules.moved(rota.slots, rota.slot(shift_id, version), starts_at, ends_at, now)
        slot = after[-1]
        done = rota.change(after, shift=(slot.starts_at, slot.ends_at))
        tell_new(rota, after, by=by)
        _record(session, "rota.shift_changed", shift_id, by, now, done, user=slot.user_id, starts_at=slot.starts_at,
                ends_at=slot.ends_at)
    return session.get_one(Shift, shift_id)


def remove_shift(session: Session, shift_id: int, *, by: Actor, now: datetime, version: int | None = None) -> None:
    """Take a shift off the rota; one that runs ends now, and what has been is kept."""
    require(by, Permission.MANAGE_ROTA)
    with writing(session):
        rota = open_rota(session, by=by, now=now)
        slot = rota.slot(shift_id, version)
        after = rules.removed(rota.slots, slot, now)
        done = rota.change(after)
        tell_new(rota, after, by=by)
        _record(session, "rota.shift_removed", shift_id, by, now, done, user=slot.user_id, starts_at=slot.starts_at,
                ends_at=slot.ends_at)


def cover(
    session: Session, shift_id: int, user_id: int, starts_at: datetime, ends_at: datetime, *, by: Actor, now: datetime,
    version: int | None = None,
) -> Shift:
    """Let somebody stand in for a stretch of a shift: who manages the rota, or whose shift it is."""
    require(by, Permission.COVER_SHIFT)
    with writing(session):
        rota = open_rota(session, by=by, now=now)
        slot = rota.slot(shift_id, version)
        begins = max(starts_at, slot.starts_at, now)
        done = _stand_in(rota, slot, user_id, starts_at, ends_at, by)
        _record(session, "rota.shift_covered", shift_id, by, now, done, user=user_id, starts_at=begins, ends_at=ends_at)
    return _piece(session, slot, begins)


def hand_over(session: Session, user_id: int, *, by: Actor, now: datetime, shift_id: int | None = None) -> Shift:
    """End the shift that counts now, and let somebody else be on call until its end.

    ``shift_id``: the shift that was on the screen; another one meanwhile is a ``Conflict``.
    """
    require(by, Permission.COVER_SHIFT)
    with writing(session):
        rota = open_rota(session, by=by, now=now)
        current = current_shift(session, now)
        if current is None:
            raise Refused("Nobody is on call now, so there is nothing to hand over. Add a shift that begins now.")
        if shift_id is not None and shift_id != current.shift.id:
            raise Conflict(f"{current.user.name} is on call by now. Nothing was saved; load the page again.")
        slot = rota.slot(current.shift.id, None)
        done = _stand_in(rota, slot, user_id, now, slot.ends_at, by)
        _record(session, "rota.handed_over", slot.id, by, now, done, user=user_id, starts_at=now, ends_at=slot.ends_at)
    return _piece(session, slot, now)


def _stand_in(rota: Rota, slot: Slot, user_id: int, starts_at: datetime, ends_at: datetime, by: Actor) -> Change:
    if not may(by, Permission.MANAGE_ROTA) and slot.user_id != by.id:
        raise Forbidden("You may find cover for your own shifts only. Ask somebody who manages the rota.")
    problems = unable(rota.session, user_id)
    if problems:
        raise Refused("Nobody was put in for this shift.", problems)
    done = rota.change(rules.covered(rota.slots, slot, user_id, starts_at, ends_at, rota.now))
    tell(rota, user_id, [(max(starts_at, slot.starts_at, rota.now), ends_at)], by=by)
    return done


def _piece(session: Session, slot: Slot, at: datetime) -> Shift:
    """Return the piece of a split shift that holds ``at``."""
    return next(row for row in session.scalars(covering(at)) if row.rank == slot.rank)


def _record(
    session: Session, action: str, shift_id: int, by: Actor, now: datetime, done: Change, *, user: int,
    starts_at: datetime, ends_at: datetime,
) -> None:
    times = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    audit.record(session, action=action, by=by, now=now, subject="shift", subject_id=shift_id,
                 details={"user": user, **times, **done.details()})
