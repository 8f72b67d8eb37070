"""Invite somebody: the account waits for its owner, who comes in by a link that works once within three days.

The secret of a link is derived from a number of the row and a key from outside the database; a stolen database, and the
email that waits in it, hold none.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import people as rules
from incident_app.domain.accounts import Actor, Permission, Role, require
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.accounts import Invitation, User
from incident_app.models.linking import StaffNote
from incident_app.models.organisation import Organisation
from incident_app.models.proposals import Proposal
from incident_app.services import accounts, audit, linking
from incident_app.services.accounts.hashing import digest
from incident_app.services.people import approvers
from incident_app.services.people.finding import found, newest_invitation
from incident_app.services.unit import writing

PATH = "/invitation/"
NOTE = "invitation"
SUBJECT = "You are invited to incident-app"
_LINK = "{link}"
_WITHDRAWN = "(this invitation was withdrawn; ask for a new one)"
_SALT = b"incident-app invitation "


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is invited; ``reason`` is for the second person where it makes an approver."""

    email: str
    name: str
    roles: frozenset[Role]
    zone: str
    reason: str = ""


def _derived(secret: bytes, nonce: str) -> str:
    made = hmac.new(secret, _SALT + nonce.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def invite(
    session: Session, who: Newcomer, *, secret: bytes, by: Actor, now: datetime
) -> tuple[User, Invitation | Proposal]:
    """Make an account that waits for its owner, and write to them; an approver's waits for a second person first.

    Raises ``Refused`` by field, and where there is an account with this address.
    """
    require(by, Permission.MANAGE_ACCOUNTS)
    address = rules.address_of(who.email)
    problems = rules.account_problems(who.name, who.zone, who.roles)
    if problems:
        raise Refused("Nobody was invited.", problems)
    with writing(session):
        audit.lock(session)
        asks = Role.APPROVER in who.roles
        user = accounts.make_user(
            session, address, who.name, who.roles - {Role.APPROVER}, zone=who.zone, active=False, by=by, now=now)
        if asks:
            return user, approvers.ask(session, user, who.roles, reason=who.reason, by=by, now=now, then="invite")
        audit.record(session, action="people.invited", by=by, now=now, subject="user", subject_id=user.id,
                     details={"roles": sorted(who.roles)})
        return user, write(session, user, secret=secret, by=by, now=now)


def write(session: Session, user: User, *, secret: bytes, by: Actor, now: datetime) -> Invitation:
    """Make an invitation and the email with it, inside the caller's transaction; earlier ones end."""
    end_open(session, user.id, now)
    nonce = str(uuid.uuid4())
    made = Invitation(user_id=user.id, nonce=nonce, digest=digest(_derived(secret, nonce)), made_by_id=by.id,
                      made_at=now, expires_at=now + rules.INVITATION_LIVES)
    session.add(made)
    home = session.scalar(select(Organisation.name).limit(1)) or "Your organisation"
    linking.write(session, user, NOTE, "email", user.email, rules.invitation_words(user.name, home, _LINK), now=now,
                  subject=SUBJECT)
    session.flush()
    return made


def end_open(session: Session, user_id: int, now: datetime) -> None:
    """End invitations nobody has accepted, inside the caller's transaction."""
    for old in session.scalars(select(Invitation).where(
            Invitation.user_id == user_id, Invitation.accepted_at.is_(None), Invitation.ended_at.is_(None))):
        old.ended_at = now


def link_of(invitation: Invitation, *, secret: bytes, public_url: str) -> str:
    """Return the address to hand to whoever is invited."""
    return f"{public_url.rstrip('/')}{PATH}{_derived(secret, invitation.nonce)}"


def filled(session: Session, *, secret: bytes, public_url: str) -> Callable[[StaffNote], str]:
    """Return how the text of a note becomes what is sent: only then the link of an invitation is put in."""

    def text(note: StaffNote) -> str:
        if note.kind != NOTE:
            return note.text
        newest = newest_invitation(session, note.user_id)
        is_open = newest is not None and newest.ended_at is None and newest.accepted_at is None
        link = link_of(newest, secret=secret, public_url=public_url) if newest is not None and is_open else _WITHDRAWN
        return note.text.replace(_LINK, link)

    return text


def resend(session: Session, user_id: int, *, secret: bytes, by: Actor, now: datetime) -> tuple[User, Invitation]:
    """Invite again who has not come in yet; the link before stops working."""
    require(by, Permission.MANAGE_ACCOUNTS)
    with writing(session):
        audit.lock(session)
        user = found(session, user_id)
        last = newest_invitation(session, user_id)
        if user.active or last is None or last.accepted_at is not None:
            raise Conflict("There is no invitation to send again: this account came in before, or waits for a second person.")
        made = write(session, user, secret=secret, by=by, now=now)
        audit.record(session, action="people.invited_again", by=by, now=now, subject="user", subject_id=user.id)
    return user, made


def _open(session: Session, secret: str, now: datetime) -> Invitation:
    found_one = session.scalar(select(Invitation).where(Invitation.digest == digest(secret)))
    if found_one is None:
        raise Refused("This invitation is not known here.")
    if found_one.accepted_at is not None:
        raise Refused("This invitation has been used. Each works once.")
    if found_one.ended_at is not None:
        raise Refused("This invitation was withdrawn, or replaced by a newer one.")
    if found_one.expires_at <= now:
        raise Refused("This invitation has expired. Each works for three days.")
    return found_one


def invited(session: Session, secret: str, *, now: datetime) -> User:
    """Return who is invited by this link; nothing is changed. Raises ``Refused`` in words."""
    return session.get_one(User, _open(session, secret, now).user_id)


def accept(session: Session, secret: str, *, now: datetime) -> User:
    """Open the account for its owner, with the roles that stand on it; the link is spent. Raises ``Refused``."""
    with writing(session):
        audit.lock(session)
        invitation = _open(session, secret, now)
        user = session.get_one(User, invitation.user_id)
        invitation.accepted_at = now
        user.active = True
        user.version += 1
        audit.record(session, action="people.accepted", by=user.actor, now=now, subject="user", subject_id=user.id,
                     details={"roles": sorted(user.actor.roles)})
    return user
