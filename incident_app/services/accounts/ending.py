"""End every session of an account: the one place where that is done."""

import uuid
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.models.accounts import SignInLink, User
from incident_app.services import audit
from incident_app.services.unit import changed


def end_sessions(session: Session, user_id: int, *, why: str, by: Actor, now: datetime) -> None:
    """Let no cookie and no unused sign-in link of this account work any more, inside the caller's transaction."""
    user = session.get_one(User, user_id)
    user.fs_uniquifier = uuid.uuid4().hex  # cookies carry it: Flask-Login finds nobody by the old one
    changed(session, update(SignInLink).where(
        SignInLink.user_id == user_id, SignInLink.used_at.is_(None), SignInLink.expires_at > now).values(expires_at=now))
    audit.record(session, action="account.sessions_ended", by=by, now=now, subject="user", subject_id=user_id,
                 details={"why": why})
