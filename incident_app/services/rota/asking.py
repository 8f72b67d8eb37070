"""Questions about the rota: who is on call, who is next, who counts when, and where nobody does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incident_app.domain import rota as rules
from incident_app.domain.accounts import Permission, may
from incident_app.domain.refusals import NotFound
from incident_app.domain.rota import Gap, Slot
from incident_app.models.accounts import User
from incident_app.models.rota import Shift, covering, not_over, touching
from incident_app.services import accounts

NEXT_WITHIN = (timedelta(days=8), timedelta(days=92))  # nearly always the first is enough


@dataclass(frozen=True, slots=True)
class OnCall:
    """A stretch in which one person counts, by this shift of theirs; it may be shorter than the shift."""

    user: User
    starts_at: datetime
    ends_at: datetime
    shift: Shift

    @property
    def user_id(self) -> int:
        """Who it is."""
        return self.shift.user_id


@dataclass(frozen=True, slots=True)
class Nobody:
    """A stretch in which nobody is on call."""

    starts_at: datetime
    ends_at: datetime


def slot_of(shift: Shift) -> Slot:
    """Return a shift as the rules see it."""
    return Slot(shift.user_id, shift.starts_at, shift.ends_at, shift.rank, shift.id, shift.covers_id, shift.user.active)


def on_call(session: Session, at: datetime) -> User | None:
    """Return who is on call at ``at``; where shifts overlap the one made later counts."""
    return next((shift.user for shift in session.scalars(covering(at)) if shift.user.active), None)


def current_shift(session: Session, at: datetime) -> OnCall | None:
    """Return who counts at ``at``, from when to when."""
    row = next((shift for shift in session.scalars(covering(at)) if shift.user.active), None)
    around = duties(session, row.starts_at, row.ends_at) if row is not None else []
    return next((one for one in around if isinstance(one, OnCall) and one.starts_at <= at < one.ends_at), None)


def who_is_next(session: Session, at: datetime) -> tuple[User, OnCall] | None:
    """Return who takes over after ``at``: the next to count who is somebody else, within three months."""
    now_on = on_call(session, at)
    for within in NEXT_WITHIN:
        for one in duties(session, at, at + within):
            if isinstance(one, OnCall) and one.starts_at > at and one.user != now_on:
                return one.user, one
    return None


def duties(session: Session, start: datetime, end: datetime) -> list[OnCall | Nobody]:
    """Return who counts from ``start`` to ``end``, stretch by stretch, with those in which nobody does."""
    return counting(session.scalars(touching(start, end)).all(), start, end)


def counting(shifts: Iterable[Shift], start: datetime, end: datetime) -> list[OnCall | Nobody]:
    """Return which of these shifts counts when."""
    rows = {shift.id: shift for shift in shifts}
    stretches = rules.timeline(map(slot_of, rows.values()), start, end)
    return [
        Nobody(one.starts_at, one.ends_at) if one.slot is None
        else OnCall(rows[one.slot.id].user, one.starts_at, one.ends_at, rows[one.slot.id])
        for one in stretches
    ]


def upcoming(session: Session, start: datetime, end: datetime) -> Sequence[Shift]:
    """Return the shifts that touch this stretch of time, in order."""
    return session.scalars(touching(start, end)).all()


def shift(session: Session, shift_id: int) -> Shift:
    """Return one shift. Raises ``NotFound``."""
    found = session.get(Shift, shift_id)
    if found is None:
        raise NotFound("There is no such shift.")
    return found


def gaps(session: Session, start: datetime, end: datetime) -> list[Gap]:
    """Return when nobody is on call."""
    return rules.gaps(map(slot_of, session.scalars(touching(start, end))), start, end)


def open_gaps(session: Session, now: datetime) -> list[Gap]:
    """Return the gaps to be filled: until the last covered moment, and seven days ahead at least."""
    return rules.open_gaps([slot_of(one) for one in session.scalars(not_over(now))], now)


def ends(session: Session, now: datetime) -> datetime | None:
    """Return the last moment somebody is on call; ``None`` for a rota that is empty from now on."""
    last = rules.reach([slot_of(one) for one in session.scalars(not_over(now))], now)
    return last if last > now else None


def able(session: Session) -> list[User]:
    """Return everybody who may answer an alert, by name."""
    return [user for user in accounts.everybody(session) if may(user.actor, Permission.ACK_ALERT)]
