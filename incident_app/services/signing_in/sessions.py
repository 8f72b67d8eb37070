"""Sessions: begun with a new id each time, looked at on every request, ended for good."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session, joinedload

from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import NotFound
from incident_app.domain.signing_in import Standing
from incident_app.models.accounts import User
from incident_app.models.sessions import UserSession
from incident_app.services import audit
from incident_app.services.accounts import end_sessions
from incident_app.services.accounts.hashing import digest
from incident_app.services.unit import changed, writing

NOTED = timedelta(minutes=1)
"""Uses closer together than this are not written down one by one."""
# Asked with every page: one question, put together once.
_OPEN = select(UserSession).where(UserSession.digest == bindparam("digest"), UserSession.ended_at.is_(None)).options(
    joinedload(UserSession.user, innerjoin=True).options(joinedload(User.roles), joinedload(User.memberships)))
WAYS = {"password": "password", "link": "one-time link", "passkey": "passkey", "oidc": "single sign-on"}


@dataclass(frozen=True, slots=True)
class Where:
    """From where somebody comes: the address of the nearest hop we trust, and the browser's own description."""

    ip: str = ""
    agent: str = ""


def add(
    session: Session, user: User, way: str, where: Where, *, now: datetime, half: bool = False, proved: bool = True
) -> str:
    """Begin a session inside the caller's unit; return its secret. A half one waits for the second factor.

    ``proved``: who comes in has just proved it to us, and not only to somebody we believe.
    """
    secret = secrets.token_urlsafe(32)
    session.add(UserSession(
        user_id=user.id, digest=digest(secret), way=way, is_half=half, ip=where.ip[:64], place=rules.place(where.ip),
        agent=rules.described(where.agent), made_at=now, used_at=now, proved_at=now if proved and not half else None,
    ))
    return secret


def begin(
    session: Session, user: User, way: str, where: Where, *, now: datetime, half: bool = False, instead_of: str = "",
    proved: bool = True,
) -> str:
    """Begin a session, and end the one this browser had (``instead_of``); return the new secret."""
    with writing(session):
        _close(session, instead_of, "signed in anew", now)
        secret = add(session, user, way, where, now=now, half=half, proved=proved)
        if not half and way != "link":  # using the link is an entry already
            audit.record(session, action="account.signed_in", by=user.actor, now=now, subject="user",
                         subject_id=user.id, details={"by": WAYS[way]})
    return secret


def renew(session: Session, user: User, way: str, where: Where, *, why: str, now: datetime) -> str:
    """End everything this person has signed in, inside the caller's unit, and begin anew for the browser that asks."""
    end_sessions(session, user.id, why=why, by=user.actor, now=now)
    return add(session, user, way, where, now=now)


def _close(session: Session, secret: str, why: str, now: datetime) -> int:
    return changed(session, update(UserSession).where(
        UserSession.digest == digest(secret), UserSession.ended_at.is_(None)
    ).values(ended_at=now, ended_why=why, pending=None))


def _open(session: Session, secret: str) -> UserSession | None:
    if not secret:
        return None
    found = session.scalars(_OPEN, {"digest": digest(secret)}).unique().one_or_none()
    return found if found is not None and found.user.active else None


def find(session: Session, secret: str, *, now: datetime) -> UserSession | None:
    """Return the session of this secret; ``None`` for one that is unknown, half, ended, over, or of a disabled account."""
    found = _open(session, secret)
    if found is None or found.is_half or how(found, now) is Standing.OVER:
        return None
    return found


def half(session: Session, secret: str, *, now: datetime) -> UserSession | None:
    """Return who is on the way in with this secret, for ten minutes after the right password."""
    found = _open(session, secret)
    return found if found is not None and found.is_half and now < found.made_at + rules.HALF_WAY else None


def how(one: UserSession, now: datetime) -> Standing:
    """Return what a session is good for now."""
    return rules.standing(made_at=one.made_at, used_at=one.used_at, roles=one.user.actor.roles, now=now)


def note_use(session: Session, one: UserSession, where: Where, *, now: datetime) -> None:
    """Write down that the session is in use, at most once a minute."""
    if now < one.used_at + NOTED:
        return
    values = {"used_at": now, "ip": where.ip[:64], "place": rules.place(where.ip)}
    number = one.id
    with writing(session):
        changed(session, update(UserSession).where(
            UserSession.id == number, UserSession.used_at < now, UserSession.ended_at.is_(None)).values(**values))


def note_proof(session: Session, number: int, *, by: Actor, how_proved: str, now: datetime) -> None:
    """Write down that who it is was proved in this session, just now."""
    with writing(session):
        session.execute(update(UserSession).where(
            UserSession.id == number, UserSession.user_id == by.id, UserSession.ended_at.is_(None)
        ).values(proved_at=now, used_at=now))
        audit.record(session, action="account.proved", by=by, now=now, subject="user", subject_id=by.id,
                     details={"by": how_proved})


def mine(session: Session, *, by: Actor, now: datetime) -> Sequence[UserSession]:
    """Return where somebody is signed in, the one used last first."""
    rows = session.scalars(
        select(UserSession).where(UserSession.user_id == by.id, UserSession.ended_at.is_(None), ~UserSession.is_half)
        .order_by(UserSession.used_at.desc(), UserSession.id.desc())
    ).all()
    return [one for one in rows if how(one, now) is not Standing.OVER]


def end_one(session: Session, number: int, *, by: Actor, now: datetime) -> None:
    """End one of one's own sessions. Raises ``NotFound`` for anybody else's."""
    with writing(session):
        ended = changed(session, update(UserSession).where(
            UserSession.id == number, UserSession.user_id == by.id, UserSession.ended_at.is_(None)
        ).values(ended_at=now, ended_why="ended by its owner", pending=None))
        if not ended:
            raise NotFound("There is no such session.")
        audit.record(session, action="sessions.ended", by=by, now=now, subject="user", subject_id=by.id,
                     details={"why": "ended by its owner", "count": 1})


def end_others(session: Session, keep: int, *, by: Actor, now: datetime) -> int:
    """End all of one's own sessions but the one that asks; return how many ended."""
    with writing(session):
        return end_sessions(session, by.id, why="ended by its owner", by=by, now=now, but=keep)


def sign_out(session: Session, secret: str, *, by: Actor, now: datetime) -> None:
    """End the session of this browser."""
    with writing(session):
        if _close(session, secret, "signed out", now):
            audit.record(session, action="account.signed_out", by=by, now=now, subject="user", subject_id=by.id)
