"""Coming in and staying in."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.services.signing_in import counting, factors, oidc, passkeys, passwords, sessions
from incident_app.services.signing_in.sessions import Where
from incident_app.services.unit import writing

__all__ = ["Where", "factors", "forget_old", "oidc", "passkeys", "passwords", "sessions"]


def forget_old(session: Session, *, now: datetime) -> None:
    """Drop what is of no use any more: counts, links, challenges, keys that were never confirmed."""
    with writing(session):
        counting.forget(session, now=now)
        passwords.forget(session, now=now)
        passkeys.forget(session, now=now)
        factors.forget_keys(session, now=now)
