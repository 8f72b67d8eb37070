"""What an administrator sees of the people who work here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.people import PersonState
from incident_app.models.accounts import Invitation, User
from incident_app.models.rota import Shift
from incident_app.services import proposals
from incident_app.services.people.approvers import KIND
from incident_app.services.people.changing import shifts_of
from incident_app.services.people.finding import found, newest_invitation


@dataclass(frozen=True, slots=True)
class Person:
    """One account: where it stands, its last invitation, what waits for a second person, the person's other accounts.

    ``uncovered``: shifts of an account that is not active, which nobody covers by themselves.
    """

    user: User
    state: PersonState
    invitation: Invitation | None
    asked: bool
    others: tuple[User, ...]
    uncovered: tuple[Shift, ...]


def everybody(session: Session, *, by: Actor, now: datetime) -> list[Person]:
    """Return every account, active ones first, each by name."""
    require(by, Permission.MANAGE_ACCOUNTS)
    users = session.scalars(select(User).order_by(User.active.desc(), User.name, User.id)).unique().all()
    return [_person(session, user, list(users), now) for user in users]


def one(session: Session, user_id: int, *, by: Actor, now: datetime) -> Person:
    """Return one account. Raises ``NotFound``."""
    require(by, Permission.MANAGE_ACCOUNTS)
    user = found(session, user_id)
    return _person(session, user, list(session.scalars(select(User).order_by(User.id)).unique()), now)


def _person(session: Session, user: User, users: list[User], now: datetime) -> Person:
    last = newest_invitation(session, user.id)
    asked = any(one.subject_id == str(user.id) for one in proposals.waiting(session, [KIND], now=now))
    others = tuple(one for one in users if one.id != user.id and one.actor.person == user.actor.person)
    uncovered = () if user.active else tuple(shifts_of(session, user.id, now))
    return Person(user, _state(user, last, asked, now), last, asked, others, uncovered)


def _state(user: User, last: Invitation | None, asked: bool, now: datetime) -> PersonState:
    if user.active:
        return PersonState.ACTIVE
    if last is not None and last.accepted_at is None and last.ended_at is None:
        return PersonState.INVITED if last.expires_at > now else PersonState.LAPSED
    return PersonState.WAITING if asked else PersonState.DISABLED
