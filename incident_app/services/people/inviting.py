"""Invite somebody: the account waits for its owner, who comes in by a link that works once within three days."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import people as rules
from incident_app.domain.accounts import Actor, Permission, Role, require
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.accounts import Invitation, User
from incident_app.models.proposals import Proposal
from incident_app.services import accounts, audit
from incident_app.services.accounts.hashing import digest
from incident_app.services.people import approvers
from incident_app.services.people.finding import came_in, found, newest_invitation
from incident_app.services.people.letters import write
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is invited; ``reason`` is for the second person where it makes an approver."""

    email: str
    name: str
    roles: frozenset[Role]
    zone: str
    reason: str = ""


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


def resend(session: Session, user_id: int, *, secret: bytes, by: Actor, now: datetime) -> tuple[User, Invitation]:
    """Invite again who has not come in yet; the link before stops working."""
    require(by, Permission.MANAGE_ACCOUNTS)
    with writing(session):
        audit.lock(session)
        user = found(session, user_id)
        unasked = Role.APPROVER in user.actor.roles and newest_invitation(session, user_id) is None
        if user.active or came_in(session, user) or not user.roles or unasked:
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
        accounts.check_person(session, user, user.actor.roles)
        invitation.accepted_at = now
        user.active = True
        user.version += 1
        audit.record(session, action="people.accepted", by=user.actor, now=now, subject="user", subject_id=user.id,
                     details={"roles": sorted(user.actor.roles)})
    return user
