"""Links that sign one person in, once."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.accounts import SignInLink, User
from incident_app.services import audit
from incident_app.services.accounts.hashing import digest
from incident_app.services.accounts.people import find
from incident_app.services.unit import writing

LINK_LIVES = timedelta(minutes=30)


def make_sign_in_link(session: Session, email: str, *, now: datetime) -> str:
    """Return a fresh secret that signs this person in once within 30 minutes. Raises ``NotFound``."""
    with writing(session):
        user = find(session, email)
        if user is None or not user.active:
            raise NotFound(f"There is no active account for {email}.")
        secret = secrets.token_urlsafe(24)
        session.add(
            SignInLink(user_id=user.id, digest=digest(secret), made_at=now, expires_at=now + LINK_LIVES)
        )
        audit.record(session, action="account.link_made", by=SYSTEM, now=now, subject="user", subject_id=user.id)
    return secret


def use_sign_in_link(session: Session, secret: str, *, now: datetime, with_demo: bool = True) -> User:
    """Return whom the link signs in, and spend it. Raises ``Refused`` for a used, expired or unknown link.

    The operator of the host vouches for who gets it: no second factor is asked. ``with_demo``: accounts of the demo, too.
    """
    with writing(session):
        link = session.scalar(select(SignInLink).where(SignInLink.digest == digest(secret)).with_for_update())
        if link is None:
            raise Refused("This sign-in link is not known here.")
        if link.used_at is not None:
            raise Refused("This sign-in link has been used. Each link works once.")
        if link.expires_at <= now:
            raise Refused("This sign-in link has expired. Each link works for 30 minutes.")
        user = session.get(User, link.user_id)
        if user is None or not user.active:
            raise Refused("This account is not active.")
        if user.is_demo and not with_demo:
            raise Refused("Accounts of the demo do not work where messages can be sent.")
        link.used_at = now
        audit.record(session, action="account.signed_in", by=user.actor, now=now, subject="user",
                     subject_id=user.id, details={"by": "one-time link"})
    return user
