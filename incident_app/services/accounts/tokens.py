"""Bearer tokens for the API: made by their owner, never more than their owner, ended at once."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.accounts import ApiToken, User
from incident_app.services import audit
from incident_app.services.accounts.hashing import digest
from incident_app.services.unit import writing

LONGEST_TOKEN_LIFE_DAYS = 365


def make_token(session: Session, name: str, days: int, *, by: Actor, now: datetime) -> tuple[ApiToken, str]:
    """Return a new API token and its secret, shown this once. ``days`` 1 to 365."""
    require(by, Permission.MAKE_TOKEN)
    problems = {}
    if not name.strip():
        problems["name"] = "Say what the token is for."
    if not 1 <= days <= LONGEST_TOKEN_LIFE_DAYS:
        problems["days"] = f"Between 1 and {LONGEST_TOKEN_LIFE_DAYS} days."
    if problems:
        raise Refused("The token was not made.", problems)
    secret = "ia_" + secrets.token_urlsafe(32)
    with writing(session):
        token = ApiToken(
            user_id=by.id, name=name.strip(), hint=secret[:7] + "…", digest=digest(secret), made_at=now,
            expires_at=now + timedelta(days=days),
        )
        session.add(token)
        session.flush()
        audit.record(session, action="token.made", by=by, now=now, subject="token", subject_id=token.id)
    return token, secret


def tokens_of(session: Session, user_id: int) -> Sequence[ApiToken]:
    """Return a person's tokens, the newest first."""
    return session.scalars(
        select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())
    ).all()


def revoke_token(session: Session, token_id: int, *, by: Actor, now: datetime) -> None:
    """End a token of one's own at once."""
    with writing(session):
        token = session.get(ApiToken, token_id)
        if token is None or token.user_id != by.id:
            raise NotFound("There is no such token.")
        if token.revoked_at is None:
            token.revoked_at = now
            audit.record(session, action="token.revoked", by=by, now=now, subject="token", subject_id=token.id)


def bearer(session: Session, secret: str, *, now: datetime) -> User | None:
    """Return whose token this is, or ``None`` for one that is unknown, expired, revoked or of a disabled account."""
    token = session.scalar(select(ApiToken).where(ApiToken.digest == digest(secret)))
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    user = session.get(User, token.user_id)
    return user if user is not None and user.active and may(user.actor, Permission.MAKE_TOKEN) else None
