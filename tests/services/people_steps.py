"""What tests of the administration of accounts do again and again."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor, Role
from incident_app.models.accounts import Invitation, User
from incident_app.models.proposals import Proposal
from incident_app.services import accounts, people
from incident_app.services.people import Newcomer, Wanted
from incident_app.services.signing_in import Where, sessions
from tests.fakes import START

KEY = b"k" * 32
WHY = "Two of our approvers are on leave in August."
NEW = Newcomer("new@example.org", "Nia New", frozenset({Role.RESPONDER}), "Europe/Berlin")


def hired(session: Session, email: str, *roles: Role) -> Actor:
    """Return somebody who works here from now on."""
    return accounts.add_user(session, email, "Somebody", set(roles), zone="UTC", by=SYSTEM, now=START).actor


def account(session: Session, email: str) -> User:
    """Return an account that is there."""
    user = accounts.find(session, email)
    assert user is not None
    session.refresh(user)
    return user


def signed_in(session: Session, who: Actor) -> str:
    """Return the secret of a session this person has just begun."""
    return sessions.begin(session, session.get_one(User, who.id), "passkey", Where(), now=START)


def secret_of(invitation: Invitation | Proposal) -> str:
    """Return the secret of a link, as whoever holds the key derives it."""
    assert isinstance(invitation, Invitation)
    return people.link_of(invitation, secret=KEY, public_url="https://x.example.org").rsplit("/", 1)[1]


def wanted(user: User, *roles: Role, reason: str = "") -> Wanted:
    """Return the account as it is, with other roles."""
    return Wanted(user.name, user.zone, frozenset(roles), reason)


def to_roles(session: Session, who: Actor, *roles: Role, by: Actor, now: datetime = START, reason: str = "") -> people.Changed:
    """Ask for other roles of somebody."""
    user = session.get_one(User, who.id)
    return people.change(session, who.id, wanted(user, *roles, reason=reason), version=user.version, by=by, now=now)


def disabled(session: Session, who: Actor, *, by: Actor, now: datetime = START) -> None:
    """Disable somebody, as read just now."""
    people.disable(session, who.id, version=session.get_one(User, who.id).version, by=by, now=now)
