"""Coming in by the organisation's provider: counted as passwords are, connected by a proof of the account, told to its owner."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from incident_app.domain import oidc as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.credentials import Seal
from incident_app.domain.oidc import Journey, Provider, ProviderAway, Shown
from incident_app.domain.refusals import Conflict, Refused
from incident_app.domain.signing_in import NOT_FROM_A_KNOWN_PLACE, NOT_YOU, Scope, place
from incident_app.models.accounts import User
from incident_app.models.oidc import ProviderLink
from incident_app.models.sessions import SpentChallenge
from incident_app.services import audit
from incident_app.services.accounts import end_sessions
from incident_app.services.accounts.hashing import digest
from incident_app.services.signing_in import counting, passwords, sessions
from incident_app.services.signing_in.sessions import Where
from incident_app.services.signing_in.telling import failed, tell
from incident_app.services.unit import writing

WAY = "oidc"


def depart(
    session: Session, provider: Provider, *, back: str = "/", user: int = 0, now: datetime
) -> tuple[Journey, str]:
    """Begin a way to the provider; return it with the address the browser is sent to. Raises ``ProviderAway``."""
    session.rollback()  # nothing is open while we ask outside
    journey = Journey(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), now, back, user)
    return journey, provider.address(journey, now=now)


def farewell(session: Session, provider: Provider, *, now: datetime) -> str:
    """Return where who came by the provider signs out there too; empty where that is nowhere, or it is away just now."""
    session.rollback()  # nothing is open while we ask outside
    try:
        return provider.farewell(now=now)
    except ProviderAway:
        return ""


def arrive(
    session: Session, provider: Provider, code: str, journey: Journey, where: Where, *, issuer: str | None, seal: Seal,
    now: datetime,
) -> Shown:
    """Return whom the provider signed in, once for each way. Raises ``TooMany``, ``ProviderAway``, or ``Refused``.

    The try is counted for the place it comes from before the provider is asked.
    """
    keys = {Scope.ADDRESS: seal.mark(place(where.ip))}
    with writing(session):
        counting.count(session, keys, now=now)
        _spend(session, journey, now)
    try:
        shown = provider.arrive(code, journey, issuer=issuer, now=now)
    except ProviderAway:
        with writing(session):  # an office is not held because its provider is away
            counting.forgive(session, keys, now=now)
        raise
    except Refused:
        with writing(session):
            failed(session, 0, by=sessions.WAYS[WAY], ip=where.ip, locked=[], now=now)
        raise
    with writing(session):
        counting.forgive(session, keys, now=now)
    return shown


def _spend(session: Session, journey: Journey, now: datetime) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = insert(SpentChallenge).values(digest=digest(journey.state), spent_at=now)
    fresh = session.scalar(made.on_conflict_do_nothing().returning(SpentChallenge.digest)) is not None
    if not fresh or not rules.is_under_way(journey.at, now):
        raise Refused(rules.LOST)


def owner(session: Session, shown: Shown, where: Where, *, seal: Seal, now: datetime) -> User | None:
    """Return whose account is connected; ``None`` alike where there is none, or one that is disabled or of the demo.

    Raises ``TooMany`` where its tries are held: by password, by code, or from this place.
    """
    found: User | None = session.scalar(
        select(User).join(ProviderLink, ProviderLink.user_id == User.id)
        .where(ProviderLink.issuer == shown.issuer, ProviderLink.subject == shown.subject,
               User.active.is_(True), User.is_demo.is_(False)))
    if found is None:
        return None
    keys = passwords.keys_of(seal, str(found.email), where.ip) | {Scope.CODE: seal.mark(f"code {found.id}")}
    known = passwords.is_known_place(session, found.id, where.ip, now)
    counting.refuse_held(session, keys, now=now, lenient=NOT_FROM_A_KNOWN_PLACE if known else ())
    return found


def of(session: Session, user_id: int) -> Sequence[ProviderLink]:
    """Return what is connected to an account."""
    return session.scalars(select(ProviderLink).where(ProviderLink.user_id == user_id).order_by(ProviderLink.id)).all()


def connect_at_the_door(session: Session, shown: Shown, *, by: Actor, now: datetime) -> None:
    """Connect the account of who has just proved it is theirs; what it had signed in ends. Raises ``Conflict``."""
    with writing(session):
        _connect(session, shown, by=by, now=now)
        end_sessions(session, by.id, why="single sign-on connected", by=by, now=now)


def connect(session: Session, shown: Shown, where: Where, way: str, *, by: Actor, now: datetime) -> str:
    """Connect one's own account from within; return the secret of the session that goes on. Raises ``Conflict``.

    The entrance has asked for a fresh proof of who it is.
    """
    with writing(session):
        user = _connect(session, shown, by=by, now=now)
        return sessions.renew(session, user, way, where, why="single sign-on connected", now=now)


def _connect(session: Session, shown: Shown, *, by: Actor, now: datetime) -> User:
    user = session.get_one(User, by.id, with_for_update=True)
    if not user.active or user.is_demo:
        raise Conflict(rules.NOT_ACCEPTED)
    audit.lock(session)  # one after the other: whoever connects the same sign-in at this moment finds it taken
    standing = session.scalars(select(ProviderLink).where(ProviderLink.issuer == shown.issuer, or_(
        ProviderLink.subject == shown.subject, ProviderLink.user_id == user.id))).all()
    if standing:
        taken = any(link.user_id != user.id for link in standing)
        raise Conflict(rules.TAKEN if taken else rules.CONNECTED_ALREADY)
    session.add(ProviderLink(user_id=user.id, issuer=shown.issuer, subject=shown.subject, linked_at=now))
    audit.record(session, action="oidc.connected", by=by, now=now, subject="user", subject_id=user.id,
                 details={"issuer": shown.issuer})
    tell(session, user, f"{rules.CONNECTED_WORDS} {NOT_YOU}", now=now)
    return user


def disconnect(session: Session, where: Where, way: str, *, by: Actor, now: datetime) -> str:
    """Take what is connected off one's own account; return the secret of the session that goes on. Raises ``Conflict``."""
    with writing(session):
        user = session.get_one(User, by.id, with_for_update=True)
        links = of(session, by.id)
        if not links:
            raise Conflict(rules.NOT_CONNECTED)
        session.execute(delete(ProviderLink).where(ProviderLink.user_id == by.id))
        audit.record(session, action="oidc.disconnected", by=by, now=now, subject="user", subject_id=by.id,
                     details={"issuer": ", ".join(link.issuer for link in links)})
        tell(session, user, f"{rules.DISCONNECTED_WORDS} {NOT_YOU}", now=now)
        return sessions.renew(session, user, way, where, why="single sign-on disconnected", now=now)
