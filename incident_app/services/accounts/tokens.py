"""Bearer tokens for the API: made by their owner, never more than their owner, ended at once."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session, joinedload

from incident_app.domain import people as rules
from incident_app.domain.accounts import Actor, Permission, may, require, rights
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.accounts import ApiToken, User
from incident_app.services import audit
from incident_app.services.accounts.hashing import digest
from incident_app.services.unit import changed, writing

LONGEST_TOKEN_LIFE_DAYS = 365
# Asked with every call of the API: one question, put together once.
_HELD = select(ApiToken, User).join(User, User.id == ApiToken.user_id).where(ApiToken.digest == bindparam("digest")).options(
    joinedload(User.roles), joinedload(User.memberships))


@dataclass(frozen=True, slots=True)
class Holder:
    """Who acts by a token: its owner, narrowed to what the token may."""

    user: User
    token: ApiToken
    actor: Actor

    @property
    def id(self) -> int:
        """The account that owns the token."""
        return self.token.user_id


def make_token(
    session: Session, name: str, days: int, *, by: Actor, now: datetime, scopes: Collection[Permission] | None = None
) -> tuple[ApiToken, str]:
    """Return a new API token and its secret, shown this once. ``days`` 1 to 365.

    ``scopes`` is what it may at most; ``None``: all its owner may. What its owner loses, it loses too.
    """
    require(by, Permission.MAKE_TOKEN)
    allowed = by.only if scopes is None else frozenset(scopes)
    problems = _problems(name, days, by, allowed)
    if problems:
        raise Refused("The token was not made.", problems)
    secret = "ia_" + secrets.token_urlsafe(32)
    with writing(session):
        token = ApiToken(
            user_id=by.id, name=name.strip(), hint=secret[:7] + "…", digest=digest(secret), made_at=now,
            expires_at=now + timedelta(days=days), scopes=None if allowed is None else sorted(one.value for one in allowed),
        )
        session.add(token)
        session.flush()
        audit.record(session, action="token.made", by=by, now=now, subject="token", subject_id=token.id,
                     details={"days": days, "scopes": token.scopes or "all"})
    return token, secret


def _problems(name: str, days: int, by: Actor, allowed: frozenset[Permission] | None) -> dict[str, str]:
    problems = {}
    if not name.strip() or len(name.strip()) > rules.LONGEST_TOKEN_NAME or not name.strip().isprintable():
        problems["name"] = f"Say what the token is for, in 1 to {rules.LONGEST_TOKEN_NAME} signs."
    if not 1 <= days <= LONGEST_TOKEN_LIFE_DAYS:
        problems["days"] = f"Between 1 and {LONGEST_TOKEN_LIFE_DAYS} days."
    wrong = None if allowed is None else rules.scopes_problem(allowed, rights(by))
    return problems | ({"scopes": wrong} if wrong else {})


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


def revoke_all(session: Session, user_id: int, *, now: datetime) -> int:
    """End every token of an account, inside the caller's transaction; return how many that were."""
    return changed(session, update(ApiToken).where(
        ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now))


def bearer(session: Session, secret: str, *, now: datetime) -> Holder | None:
    """Return who acts by this token, or ``None`` for one that is unknown, expired, revoked or of a disabled account.

    What it may is what its owner may now, and its scopes allow. When it was used is noted once a minute at most.
    """
    found = session.execute(_HELD, {"digest": digest(secret)}).unique().one_or_none()
    if found is None:
        return None
    token, user = found
    if token.revoked_at is not None or token.expires_at <= now or not user.active or not may(user.actor, Permission.MAKE_TOKEN):
        return None
    if token.last_used_at is None or now - token.last_used_at >= rules.USE_NOTED_EVERY:
        with writing(session):
            token.last_used_at = now
    return Holder(user, token, replace(user.actor, only=rules.narrowed(token.scopes)))
