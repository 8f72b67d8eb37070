"""People who work here: making accounts, one-time sign-in links, API tokens."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor, Permission, Role, may, require
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.accounts import ApiToken, RoleRow, SignInLink, User
from incident_app.services import audit
from incident_app.services.unit import writing

LINK_LIVES = timedelta(minutes=30)
LONGEST_TOKEN_LIFE_DAYS = 365
NEVER_TOGETHER = ({Role.ADMIN, Role.APPROVER},)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _role_rows(session: Session, roles: Iterable[Role]) -> list[RoleRow]:
    rows = {row.name: row for row in session.scalars(select(RoleRow))}
    for role in roles:
        if role.value not in rows:
            rows[role.value] = RoleRow(name=role.value, permissions=[])
            session.add(rows[role.value])
    return [rows[role.value] for role in roles]


def check_roles(roles: set[Role]) -> None:
    """Refuse roles one person must not hold together: admin with approver, auditor with anything that writes."""
    if any(pair <= roles for pair in NEVER_TOGETHER):
        raise Refused("One person cannot be admin and approver.", {"roles": "Admin and approver exclude each other."})
    if Role.AUDITOR in roles and len(roles) > 1:
        raise Refused("An auditor holds no other role.", {"roles": "Auditor goes alone."})
    if not roles:
        raise Refused("A person needs at least one role.", {"roles": "Choose at least one."})


def add_user(
    session: Session, email: str, name: str, roles: set[Role], *, zone: str, by: Actor, now: datetime
) -> User:
    """Make an account without a password; its owner comes in by a one-time link. ``SYSTEM`` may too (command line)."""
    if by is not SYSTEM:
        require(by, Permission.MANAGE_ACCOUNTS)
    email = email.strip().lower()
    if "@" not in email:
        raise Refused("That is not an email address.", {"email": "Give an address such as name@example.org."})
    check_roles(roles)
    with writing(session):
        if find(session, email):
            raise Refused("There is an account with this address.", {"email": "Already in use."})
        user = User(
            email=email, name=name.strip(), zone=zone, active=True, password=None, fs_uniquifier=uuid.uuid4().hex
        )
        user.roles = _role_rows(session, sorted(roles))
        session.add(user)
        session.flush()
        audit.record(
            session, action="account.added", by=by, now=now, subject="user", subject_id=user.id,
            details={"roles": sorted(role.value for role in roles)},
        )
    return user


def find(session: Session, email: str) -> User | None:
    """Find an account by its address."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def everybody(session: Session) -> Sequence[User]:
    """Return every active account, by name."""
    return session.scalars(select(User).where(User.active.is_(True)).order_by(User.name)).unique().all()


def names(session: Session) -> dict[int, str]:
    """Return every account's display name by id, disabled ones too: the record still names them."""
    return {user.id: user.name or user.email for user in session.scalars(select(User)).unique()} | {0: SYSTEM.name}


def make_sign_in_link(session: Session, email: str, *, now: datetime) -> str:
    """Return a fresh secret that signs this person in once within 30 minutes. Raises ``NotFound``."""
    with writing(session):
        user = find(session, email)
        if user is None or not user.active:
            raise NotFound(f"There is no active account for {email}.")
        secret = secrets.token_urlsafe(24)
        session.add(
            SignInLink(user_id=user.id, digest=_digest(secret), made_at=now, expires_at=now + LINK_LIVES)
        )
        audit.record(session, action="account.link_made", by=SYSTEM, now=now, subject="user", subject_id=user.id)
    return secret


def use_sign_in_link(session: Session, secret: str, *, now: datetime) -> User:
    """Return whom the link signs in, and spend it. Raises ``Refused`` for a used, expired or unknown link."""
    with writing(session):
        link = session.scalar(select(SignInLink).where(SignInLink.digest == _digest(secret)).with_for_update())
        if link is None:
            raise Refused("This sign-in link is not known here.")
        if link.used_at is not None:
            raise Refused("This sign-in link has been used. Each link works once.")
        if link.expires_at <= now:
            raise Refused("This sign-in link has expired. Each link works for 30 minutes.")
        user = session.get(User, link.user_id)
        if user is None or not user.active:
            raise Refused("This account is not active.")
        link.used_at = now
        audit.record(session, action="account.signed_in", by=user.actor, now=now, subject="user",
                     subject_id=user.id, details={"by": "one-time link"})
    return user


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
            user_id=by.id, name=name.strip(), hint=secret[:7] + "…", digest=_digest(secret), made_at=now,
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
    token = session.scalar(select(ApiToken).where(ApiToken.digest == _digest(secret)))
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    user = session.get(User, token.user_id)
    return user if user is not None and user.active and may(user.actor, Permission.MAKE_TOKEN) else None
