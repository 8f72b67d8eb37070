"""Ending what is signed in: part of every act that changes who somebody is or what they may do."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.models.accounts import SignInLink
from incident_app.models.sessions import UserSession
from incident_app.services import audit
from incident_app.services.unit import changed


def end_sessions(
    session: Session, user_id: int, *, why: str, by: Actor, now: datetime, but: int | None = None
) -> int:
    """End every session of one account inside the caller's unit, half-open ones too; return how many ended.

    A sign-in link that was not used yet is spent with them.

    ``why`` in a few words (“password changed”, “role changed”, “account disabled”); ``but`` is the id of one to keep.
    """
    statement = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    if but is not None:
        statement = statement.where(UserSession.id != but)
    ended = changed(session, statement.values(ended_at=now, ended_why=why, pending=None))
    changed(session, update(SignInLink).where(
        SignInLink.user_id == user_id, SignInLink.used_at.is_(None), SignInLink.expires_at > now).values(expires_at=now))
    if ended:
        audit.record(session, action="sessions.ended", by=by, now=now, subject="user", subject_id=user_id,
                     details={"why": why, "count": ended})
    return ended
