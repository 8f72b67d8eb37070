"""Who is on call: shifts and gaps."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.alerts import Shift, covering
from incident_app.services import accounts, audit
from incident_app.services.unit import writing

LONGEST_SHIFT = timedelta(days=31)


def on_call(session: Session, at: datetime) -> User | None:
    """Return who is on call at ``at``; where shifts overlap the one made later counts."""
    for shift in session.scalars(covering(at)):
        if shift.user.active:
            return shift.user
    return None


def current_shift(session: Session, at: datetime) -> Shift | None:
    """Return the shift that counts at ``at``."""
    return next((shift for shift in session.scalars(covering(at)) if shift.user.active), None)


def who_is_next(session: Session, at: datetime) -> tuple[User, Shift] | None:
    """Return who takes over after ``at``: the next shift to begin that is somebody else's."""
    now_on = on_call(session, at)
    for shift in session.scalars(select(Shift).where(Shift.starts_at > at).order_by(Shift.starts_at, Shift.id.desc())):
        if shift.user.active and shift.user != now_on:
            return shift.user, shift
    return None


def upcoming(session: Session, start: datetime, end: datetime) -> Sequence[Shift]:
    """Return the shifts that touch this stretch of time, in order."""
    question = select(Shift).where(Shift.starts_at < end, Shift.ends_at > start)
    return session.scalars(question.order_by(Shift.starts_at, Shift.id)).all()


def gaps(session: Session, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return when nobody is on call."""
    shifts = [(s.starts_at, s.ends_at) for s in upcoming(session, start, end) if s.user.active]
    return rules.uncovered(shifts, start, end)


def able(session: Session) -> list[User]:
    """Return everybody who may answer an alert, by name."""
    return [user for user in accounts.everybody(session) if may(user.actor, Permission.ACK_ALERT)]


def add_shift(
    session: Session, user_id: int, starts_at: datetime, ends_at: datetime, *, by: Actor, now: datetime
) -> Shift:
    """Put somebody on call. A shift over an existing one covers it: the one made later counts."""
    require(by, Permission.MANAGE_ROTA)
    with writing(session):
        problems = {}
        user = session.get(User, user_id)
        if user is None or not user.active or not may(user.actor, Permission.ACK_ALERT):
            problems["user_id"] = "Choose somebody who may answer alerts."
        if ends_at <= starts_at:
            problems["ends_at"] = "The end must come after the start."
        elif ends_at - starts_at > LONGEST_SHIFT:
            problems["ends_at"] = "A shift lasts at most 31 days."
        elif ends_at <= now:
            problems["ends_at"] = "This shift is over already."
        if problems:
            raise Refused("The shift was not saved.", problems)
        shift = Shift(user_id=user_id, starts_at=starts_at, ends_at=ends_at, made_at=now)
        session.add(shift)
        session.flush()
        audit.record(
            session, action="rota.shift_added", by=by, now=now, subject="shift", subject_id=shift.id,
            details={"user": user_id, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()},
        )
    session.refresh(shift)
    return shift


def remove_shift(session: Session, shift_id: int, *, by: Actor, now: datetime) -> None:
    """Take a shift off the rota."""
    require(by, Permission.MANAGE_ROTA)
    with writing(session):
        shift = session.get(Shift, shift_id)
        if shift is None:
            raise NotFound("There is no such shift.")
        audit.record(
            session, action="rota.shift_removed", by=by, now=now, subject="shift", subject_id=shift.id,
            details={"user": shift.user_id, "starts_at": shift.starts_at.isoformat()},
        )
        session.delete(shift)
