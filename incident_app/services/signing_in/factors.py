"""The second factor: an authenticator app that is set up for oneself only, and codes for the day the phone is lost."""

import secrets
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.credentials import Credentials
from incident_app.domain.refusals import Conflict, Refused
from incident_app.domain.signing_in import Scope
from incident_app.models.accounts import User, WebAuthn
from incident_app.models.sessions import RecoveryCode, UserSession
from incident_app.services import audit
from incident_app.services.signing_in import counting, sessions
from incident_app.services.signing_in.sessions import Where
from incident_app.services.signing_in.telling import failed, tell
from incident_app.services.unit import writing

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
SYMBOLS = 12


def has_app(user: User) -> bool:
    """Tell whether an authenticator app is set up."""
    return user.tf_totp_secret is not None


def has_passkey(session: Session, user: User) -> bool:
    """Tell whether there is a passkey."""
    return bool(session.scalar(select(exists().where(WebAuthn.user_id == user.id))))


def has_any(session: Session, user: User) -> bool:
    """Tell whether there is any second factor."""
    return has_app(user) or has_passkey(session, user)


def must_set_up(session: Session, user: User) -> bool:
    """Tell whether a second factor is demanded of this person and missing. Of the demo's accounts none is."""
    return rules.needs_second_factor(user.actor.roles) and not user.is_demo and not has_any(session, user)


def check_code(
    session: Session, user_id: int, code: str, where: Where, *, credentials: Credentials, now: datetime
) -> str:
    """Return how the code proved it: “code” of the app or “recovery code”. Raises ``TooMany`` or ``Refused``.

    Counting and looking are one transaction: the counter is exact whatever comes at once, and a code works once.
    """
    keys = {Scope.CODE: credentials.seal.mark(f"code {user_id}")}
    with writing(session):
        locked = counting.count(session, keys, now=now)
        user = session.get_one(User, user_id, with_for_update=True, populate_existing=True)
        by = _by_app(user, code, credentials, now) or _by_recovery(session, user, code, credentials, now)
        if by:
            counting.forgive(session, keys, now=now)
        else:
            failed(session, user.id, by="code", ip=where.ip, locked=locked, now=now)
    if not by:
        raise Refused(rules.CODE_DOES_NOT_FIT)
    return by


def _by_app(user: User, code: str, credentials: Credentials, now: datetime) -> str:
    if user.tf_totp_secret is None:
        return ""
    step = credentials.codes.counter(credentials.seal.open(user.tf_totp_secret), code, now=now, after=user.totp_step)
    if step is None:
        return ""
    user.totp_step = step
    return "code"


def _plain(code: str) -> str:
    return "".join(sign for sign in code.lower() if sign.isalnum())


def _by_recovery(session: Session, user: User, code: str, credentials: Credentials, now: datetime) -> str:
    typed = _plain(code)
    if len(typed) != SYMBOLS:
        return ""
    for kept in session.scalars(select(RecoveryCode).where(
            RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None)).with_for_update()):
        if secrets.compare_digest(_plain(credentials.seal.open(kept.sealed)).encode(), typed.encode()):
            kept.used_at = now
            audit.record(session, action="recovery_code.used", by=user.actor, now=now, subject="user", subject_id=user.id)
            tell(session, user, "A recovery code was used for your account. " + rules.NOT_YOU, now=now)
            return "recovery code"
    return ""


# ------------------------------------------------------------------------------------------------------- setting up


def new_key(session: Session, session_id: int, *, by: Actor, credentials: Credentials, now: datetime) -> str:
    """Return the key of an app that is being set up in this session; the same one until it is confirmed or old."""
    with writing(session):
        own = session.scalars(select(UserSession).where(
            UserSession.id == session_id, UserSession.user_id == by.id).with_for_update()).one()
        if own.pending is None or own.pending_at is None or now >= own.pending_at + rules.SETTING_UP:
            own.pending, own.pending_at = credentials.seal.seal(credentials.codes.new_key()), now
        return credentials.seal.open(own.pending)


def confirm_app(
    session: Session, session_id: int, code: str, where: Where, *, by: Actor, credentials: Credentials, now: datetime
) -> str:
    """Set up the app whose key this session holds, once it has shown a code; return the secret of the session that goes on.

    For whom it is set up follows from the session alone (T-09). Raises ``Refused``, and ``TooMany`` for guesses.
    """
    keys = {Scope.CODE: credentials.seal.mark(f"code {by.id}")}
    with writing(session):
        counting.count(session, keys, now=now)
        own = session.scalars(select(UserSession).where(
            UserSession.id == session_id, UserSession.user_id == by.id).with_for_update()).one()
        key = credentials.seal.open(own.pending) if own.pending is not None else ""
        step = credentials.codes.counter(key, code, now=now, after=None) if key else None
        if step is not None:
            counting.forgive(session, keys, now=now)
            return _keep_app(session, own, key, step, where, credentials, now)
    raise Refused("That code does not fit.", {"code": "Type the six digits the app shows now. Does your phone tell the right time?"})


def _keep_app(
    session: Session, own: UserSession, key: str, step: int, where: Where, credentials: Credentials, now: datetime
) -> str:
    user = session.get_one(User, own.user_id, with_for_update=True)
    mark = credentials.seal.mark(key)
    for other in session.scalars(select(User).where(User.totp_mark == mark, User.id != user.id)):
        if other.actor.person != user.actor.person:
            raise Conflict("This authenticator belongs to somebody else's account.")
    user.tf_totp_secret, user.tf_primary_method = credentials.seal.seal(key), "authenticator"
    user.totp_step, user.totp_mark = step, mark
    return changed_factor(session, user, "factor.added", {"kind": "app"}, where, own.way, now)


def remove_app(session: Session, where: Where, way: str, *, by: Actor, now: datetime) -> str:
    """Take the app off one's own account; return the secret of the session that goes on."""
    with writing(session):
        user = session.get_one(User, by.id, with_for_update=True)
        if not has_app(user):
            raise Conflict("There is no authenticator app on your account.")
        user.tf_totp_secret = user.tf_primary_method = user.totp_step = user.totp_mark = None
        return changed_factor(session, user, "factor.removed", {"kind": "app"}, where, way, now)


def changed_factor(
    session: Session, user: User, action: str, details: dict[str, object], where: Where, way: str, now: datetime
) -> str:
    """Record a change of the second factor, tell its owner, end what is signed in; inside the caller's unit."""
    audit.record(session, action=action, by=user.actor, now=now, subject="user", subject_id=user.id, details=details)
    tell(session, user, rules.FACTOR_WORDS, now=now)
    return sessions.renew(session, user, way, where, why="second factor changed", now=now)


def make_recovery_codes(session: Session, *, by: Actor, credentials: Credentials, now: datetime) -> list[str]:
    """Return ten new recovery codes, shown this once; those before are void."""
    codes = []
    with writing(session):
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == by.id))
        for _ in range(rules.RECOVERY_CODES):
            signs = "".join(secrets.choice(ALPHABET) for _ in range(SYMBOLS))
            codes.append("-".join(signs[at:at + 4] for at in range(0, SYMBOLS, 4)))
            session.add(RecoveryCode(user_id=by.id, sealed=credentials.seal.seal(codes[-1]), made_at=now))
        audit.record(session, action="recovery_code.made", by=by, now=now, subject="user", subject_id=by.id,
                     details={"count": len(codes)})
    return codes


def recovery_codes_left(session: Session, *, by: Actor) -> int:
    """Return how many recovery codes one still has."""
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(
        RecoveryCode.user_id == by.id, RecoveryCode.used_at.is_(None))) or 0


def forget_keys(session: Session, *, now: datetime) -> None:
    """Drop the keys of apps that were never confirmed, inside the caller's unit."""
    session.execute(update(UserSession).where(UserSession.pending_at < now - rules.SETTING_UP).values(pending=None))
