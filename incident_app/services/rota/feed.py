"""The secret address of a person's calendar feed: made, made again, revoked, and who reads by it."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.refusals import NotFound
from incident_app.models.accounts import User
from incident_app.models.rota import CalendarLink
from incident_app.services import audit
from incident_app.services.rota.asking import OnCall, duties, ends
from incident_app.services.unit import writing

SECRET_BYTES = 24
NOTED_EVERY = timedelta(minutes=5)
LOOK_BACK = timedelta(days=31)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def calendar_link(session: Session, *, by: Actor) -> CalendarLink | None:
    """Return when one's own address was made and last read, if there is one."""
    return session.get(CalendarLink, by.id)


def make_calendar_link(session: Session, *, by: Actor, now: datetime) -> str:
    """Return a secret of 192 bits for one's own calendar, shown this once. An earlier one stops working."""
    require(by, Permission.SEE_ALERTS)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with writing(session):
        audit.lock(session)
        link = session.get(CalendarLink, by.id) or CalendarLink(user_id=by.id)
        link.digest, link.made_at, link.last_used_at = _digest(secret), now, None
        session.add(link)
        audit.record(session, action="rota.calendar_link_made", by=by, now=now, subject="user", subject_id=by.id)
    return secret


def revoke_calendar_link(session: Session, *, by: Actor, now: datetime) -> None:
    """End one's own address at once. Raises ``NotFound`` where there is none."""
    with writing(session):
        link = session.get(CalendarLink, by.id)
        if link is None:
            raise NotFound("There is no calendar address to revoke.")
        session.delete(link)
        audit.record(session, action="rota.calendar_link_revoked", by=by, now=now, subject="user", subject_id=by.id)


def calendar_reader(session: Session, secret: str, *, now: datetime) -> User:
    """Return whose address this is, and note that it was read (every five minutes at most).

    Raises ``NotFound``, always the same, for one that is unknown, revoked, of a disabled account, or of somebody who may
    not see alerts any more.
    """
    link = session.scalar(select(CalendarLink).where(CalendarLink.digest == _digest(secret)))
    user = session.get(User, link.user_id) if link is not None else None
    if link is None or user is None or not user.active or not may(user.actor, Permission.SEE_ALERTS):
        raise NotFound("There is no such calendar.")
    if link.last_used_at is None or now - link.last_used_at >= NOTED_EVERY:
        with writing(session):
            link.last_used_at = now
    return user


def calendar_shifts(session: Session, *, by: Actor, now: datetime) -> list[OnCall]:
    """Return who counts when, from a month ago to the end of the rota; nothing is cut at its edges."""
    require(by, Permission.SEE_ALERTS)
    last = ends(session, now) or now
    found = duties(session, now - 2 * LOOK_BACK, last)
    return [one for one in found if isinstance(one, OnCall) and one.ends_at > now - LOOK_BACK]
