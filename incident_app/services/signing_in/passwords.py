"""Coming in by password: counted before it is looked at, refused alike whatever is wrong."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import SYSTEM, Actor
from incident_app.domain.credentials import Credentials, Passwords, Seal
from incident_app.domain.refusals import Refused
from incident_app.domain.signing_in import Scope, TooMany
from incident_app.models.accounts import User
from incident_app.models.linking import StaffNote
from incident_app.models.sessions import PasswordLink, ResetAsked, UserSession
from incident_app.services import audit
from incident_app.services.accounts import end_sessions, find
from incident_app.services.accounts.hashing import digest
from incident_app.services.linking import notes
from incident_app.services.signing_in import counting, sessions
from incident_app.services.signing_in.sessions import Where
from incident_app.services.signing_in.telling import failed, tell
from incident_app.services.unit import writing

SEALED = "sealed:"
"""A note that begins so is opened only when it leaves: it holds a link that lets somebody in."""


def keys_of(seal: Seal, email: str, ip: str) -> dict[Scope, str]:
    """Return under which keys the tries for this account, known or not, from this place are counted."""
    here = rules.place(ip)
    return {
        Scope.PLACE: seal.mark(f"{email} {here}"), Scope.ACCOUNT: seal.mark(email), Scope.ADDRESS: seal.mark(here),
        Scope.EVERYBODY: seal.mark("everybody"),
    }


def _looked_up(session: Session, email: str) -> tuple[int, str | None, bool, bool]:
    """Return id, password, whether active and whether of the demo, or that of nobody.

    Columns alone: reading a whole person, with roles and teams, would tell by time that there is one.
    """
    row = session.execute(
        select(User.id, User.password, User.active, User.is_demo).where(User.email == email.strip().lower())
    ).one_or_none()
    return (row.id, row.password, bool(row.active), row.is_demo) if row is not None else (0, None, False, False)


def is_known_place(session: Session, number: int, ip: str, now: datetime) -> bool:
    """Tell whether this person came in from here before, lately."""
    return bool(session.scalar(select(exists().where(
        UserSession.user_id == number, UserSession.place == rules.place(ip),
        ~UserSession.is_half, UserSession.made_at > now - rules.KNOWN_PLACE))))


def check(
    session: Session, email: str, password: str, where: Where, *, credentials: Credentials, now: datetime,
    with_demo: bool = True,
) -> User:
    """Return whose email and password these are. Raises ``TooMany``, or ``Refused`` alike for whatever does not fit.

    The try is counted and kept before the password is looked at, so that no number of tries at once gets through.
    """
    keys = keys_of(credentials.seal, email, where.ip)
    with writing(session):
        number, kept, active, is_demo = _looked_up(session, email)
        known = is_known_place(session, number, where.ip, now)
        locked = counting.count(session, keys, now=now, lenient=rules.NOT_FROM_A_KNOWN_PLACE if known else ())
    fits = credentials.passwords.fits(password, kept) and active and (with_demo or not is_demo)
    with writing(session):
        if fits:
            counting.forgive(session, keys, now=now)
        else:
            failed(session, number, by="password", ip=where.ip, locked=locked, now=now)
    if not fits:
        raise Refused(rules.DO_NOT_FIT)
    return session.get_one(User, number)


def _set(session: Session, user: User, kept: str, *, by: Actor, now: datetime) -> None:
    user.password = kept
    session.execute(update(PasswordLink).where(
        PasswordLink.user_id == user.id, PasswordLink.used_at.is_(None)).values(used_at=now))
    audit.record(session, action="password.set", by=by, now=now, subject="user", subject_id=user.id)
    tell(session, user, rules.PASSWORD_WORDS, now=now)


def change(
    session: Session, password: str, again: str, where: Where, *, by: Actor, passwords: Passwords, now: datetime
) -> str:
    """Change one's own password, or set the first one; return the secret of the session that goes on.

    The entrance has asked for a fresh proof of who it is.
    """
    user = session.get_one(User, by.id)
    rules.check_password(password, again, email=user.email, name=user.name)
    kept = passwords.kept(password)
    with writing(session):
        user = session.get_one(User, by.id, with_for_update=True)
        _set(session, user, kept, by=by, now=now)
        return sessions.renew(session, user, "password", where, why="password changed", now=now)


# ------------------------------------------------------------------------------------------------------ the way back


def ask_reset(session: Session, email: str, where: Where, *, seal: Seal, now: datetime) -> None:
    """Note that somebody wants a mail for choosing a password. Whether there is such a person is not looked up here.

    More than three an hour for one address are not heard, and look the same. Raises ``TooMany`` for one place only.
    """
    with writing(session):
        counting.count(session, {Scope.ADDRESS: seal.mark(rules.place(where.ip))}, now=now)
    try:
        with writing(session):
            counting.count(session, {Scope.RESET: seal.mark(email)}, now=now)
            session.add(ResetAsked(sealed=seal.seal(email), asked_at=now))
            audit.record(session, action="reset.asked", by=SYSTEM, now=now, subject="user", details={"from": where.ip})
    except TooMany:
        return


def answer_resets(session: Session, *, seal: Seal, public_url: str, now: datetime) -> int:
    """Write the mails that were asked for, to who has an account that is active; return how many."""
    if session.scalar(select(ResetAsked.id).limit(1)) is None:
        return 0  # without taking the write lock
    written = 0
    with writing(session):
        for asked in session.scalars(select(ResetAsked).order_by(ResetAsked.id).with_for_update(skip_locked=True)).all():
            user = find(session, seal.open(asked.sealed))
            session.delete(asked)
            if user is not None and user.active:
                secret = make_password_link(session, user.id, lives=rules.LINK_LIVES, now=now)
                words = rules.reset_words(f"{public_url}/password/{secret}")
                notes.write(session, user, "password", "email", user.email, SEALED + seal.seal(words), now=now,
                            subject="Choose a new password")
                audit.record(session, action="reset.sent", by=SYSTEM, now=now, subject="user", subject_id=user.id)
                written += 1
    return written


def opened(text: str, seal: Seal) -> str:
    """Return the words of a note as they leave."""
    return seal.open(text.removeprefix(SEALED)) if text.startswith(SEALED) else text


def make_password_link(session: Session, user_id: int, *, lives: timedelta, now: datetime) -> str:
    """Return a fresh secret for ``/password/…``, inside the caller's unit: it lets this person choose a password, once."""
    secret = secrets.token_urlsafe(24)
    session.add(PasswordLink(user_id=user_id, digest=digest(secret), made_at=now, expires_at=now + lives))
    return secret


def first_link(session: Session, user_id: int, *, now: datetime) -> str:
    """Return a secret by which who has just accepted an invitation chooses their first password."""
    with writing(session):
        return make_password_link(session, user_id, lives=rules.LINK_LIVES, now=now)


def look(session: Session, secret: str, *, now: datetime) -> User:
    """Return who may choose a password by this link. Raises ``Refused`` in words for a link that is of no use."""
    link = session.scalar(select(PasswordLink).where(PasswordLink.digest == digest(secret)).with_for_update())
    user = session.get(User, link.user_id) if link is not None else None
    if link is None or user is None or not user.active:
        raise Refused("This link is not known here.")
    if link.used_at is not None:
        raise Refused("This link has been used. Each link works once.")
    if link.expires_at <= now:
        raise Refused("This link has expired.")
    return user


def choose(session: Session, secret: str, password: str, again: str, *, passwords: Passwords, now: datetime) -> User:
    """Set the password of whom the link was sent to, spend the link, and end whatever they had signed in.

    Nobody is signed in by it: the second factor is asked for at the door, as always (T-08).
    """
    user = look(session, secret, now=now)
    rules.check_password(password, again, email=user.email, name=user.name)
    kept = passwords.kept(password)
    with writing(session):
        user = look(session, secret, now=now)
        end_sessions(session, user.id, why="password changed", by=user.actor, now=now)
        _set(session, user, kept, by=user.actor, now=now)
    return user


def forget(session: Session, *, now: datetime) -> None:
    """Drop links of no use any more, and the sealed words of mails that left, inside the caller's unit."""
    session.execute(delete(PasswordLink).where(PasswordLink.expires_at < now - timedelta(days=1)))
    session.execute(update(StaffNote).where(
        StaffNote.kind == "password", StaffNote.state.in_(["accepted", "failed"])).values(text=""))
