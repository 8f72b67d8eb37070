"""Passkeys: the authenticator verifies its owner each time, so one is two factors, and comes in while passwords are held."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.credentials import Passkeys, Question
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models.accounts import User, WebAuthn
from incident_app.models.sessions import SpentChallenge
from incident_app.services.accounts.hashing import digest
from incident_app.services.signing_in.factors import changed_factor
from incident_app.services.signing_in.sessions import Where
from incident_app.services.unit import writing

WRONG = "The passkey did not fit, or took too long. Try again."
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser was asked, and when: it answers within five minutes, once."""

    challenge: str
    at: datetime


def of(session: Session, user_id: int) -> Sequence[WebAuthn]:
    """Return somebody's passkeys, the oldest first."""
    return session.scalars(select(WebAuthn).where(WebAuthn.user_id == user_id).order_by(WebAuthn.id)).all()


def question(session: Session, user: User | None, *, passkeys: Passkeys) -> Question:
    """Ask for a signature: by one of this person's passkeys, or by any where it is not known yet who comes."""
    return passkeys.to_prove([one.credential_id for one in of(session, user.id)] if user is not None else [])


def registration(session: Session, *, by: Actor, passkeys: Passkeys) -> Question:
    """Ask the browser for a new passkey of the person who is signed in."""
    with writing(session):
        user = session.get_one(User, by.id, with_for_update=True)
        if user.fs_webauthn_user_handle is None:
            user.fs_webauthn_user_handle = secrets.token_urlsafe(32)
    known = [one.credential_id for one in of(session, by.id)]
    return passkeys.to_register(str(user.fs_webauthn_user_handle).encode(), str(user.email), known)


def _spend(session: Session, asked: Asked, now: datetime) -> None:
    if now >= asked.at + rules.FRESH:
        raise Refused(WRONG)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = insert(SpentChallenge).values(digest=digest(asked.challenge), spent_at=now)
    if session.scalar(made.on_conflict_do_nothing().returning(SpentChallenge.digest)) is None:
        raise Refused(WRONG)


def add(
    session: Session, answer: str, asked: Asked, name: str, where: Where, way: str, *, by: Actor, passkeys: Passkeys,
    now: datetime,
) -> str:
    """Keep a new passkey of the person who is signed in; return the secret of the session that goes on.

    Raises ``Refused``, and ``Conflict`` where the passkey is known already, whosever it is.
    """
    made = passkeys.registered(answer, asked.challenge)
    with writing(session):
        _spend(session, asked, now)
        if session.scalar(select(WebAuthn.id).where(WebAuthn.credential_id == made.credential_id)) is not None:
            raise Conflict("This passkey is known already.")
        user = session.get_one(User, by.id, with_for_update=True)
        label = name.strip()[:LONGEST_NAME] or "Passkey"
        session.add(WebAuthn(
            user_id=user.id, credential_id=made.credential_id, public_key=made.public_key, sign_count=made.sign_count,
            device_type=made.device_type, backup_state=made.backed_up, name=label, usage="first",
            lastuse_datetime=_naive(now), create_datetime=_naive(now),
        ))
        return changed_factor(session, user, "factor.added", {"kind": "passkey"}, where, way, now)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)  # the mixin's columns carry no zone


def check(
    session: Session, answer: str, asked: Asked, *, passkeys: Passkeys, now: datetime, only: int | None = None,
    with_demo: bool = True,
) -> User:
    """Return whose passkey answered; ``only`` is whose it must be. Raises ``Refused`` alike for whatever does not fit."""
    shown = passkeys.shown(answer)
    with writing(session):
        _spend(session, asked, now)
        kept = session.scalar(select(WebAuthn).where(WebAuthn.credential_id == shown).with_for_update())
        user = session.get(User, kept.user_id) if kept is not None else None
        if kept is None or user is None or not user.active or (user.is_demo and not with_demo):
            raise Refused(WRONG)
        if only is not None and user.id != only:
            raise Refused(WRONG)
        kept.sign_count = passkeys.proved(answer, asked.challenge, kept.public_key, kept.sign_count or 0)
        kept.lastuse_datetime = _naive(now)
    return user


def remove(session: Session, number: int, where: Where, way: str, *, by: Actor, now: datetime) -> str:
    """Take one of one's own passkeys off; return the secret of the session that goes on."""
    with writing(session):
        kept = session.get(WebAuthn, number)
        if kept is None or kept.user_id != by.id:
            raise NotFound("There is no such passkey.")
        session.delete(kept)
        user = session.get_one(User, by.id, with_for_update=True)
        return changed_factor(session, user, "factor.removed", {"kind": "passkey"}, where, way, now)


def forget(session: Session, *, now: datetime) -> None:
    """Drop challenges nobody could answer any more, inside the caller's unit."""
    session.execute(delete(SpentChallenge).where(SpentChallenge.spent_at < now - 2 * rules.FRESH))
