"""The people who work here: making accounts, finding them, which roles go together."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import people as rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, Role, require
from incident_app.domain.refusals import Refused
from incident_app.models.accounts import RoleRow, User
from incident_app.services import audit
from incident_app.services.accounts.persons import join_by_mailbox
from incident_app.services.unit import writing


def _role_rows(session: Session, roles: Iterable[Role]) -> list[RoleRow]:
    rows = {row.name: row for row in session.scalars(select(RoleRow))}
    for role in roles:
        if role.value not in rows:
            rows[role.value] = RoleRow(name=role.value, permissions=[])
            session.add(rows[role.value])
    return [rows[role.value] for role in roles]


def check_roles(roles: set[Role]) -> None:
    """Refuse roles one person must not hold together: admin with approver, auditor with anything that writes."""
    wrong = rules.roles_problem(roles)
    if wrong:
        raise Refused(wrong, {"roles": wrong})


def check_person(session: Session, user: User, roles: Iterable[Role]) -> None:
    """Refuse roles that exclude what the same person holds by another account, inside the caller's transaction."""
    person = user.actor.person
    others = session.scalars(select(User).where(func.coalesce(User.person_id, User.id) == person, User.id != user.id))
    for other in others.unique():
        wrong = rules.roles_problem({*roles, *other.actor.roles})
        if wrong and other.active:
            words = f"{other.email} belongs to the same person. {wrong}"
            raise Refused(words, {"roles": words})


def set_roles(session: Session, user: User, roles: Iterable[Role]) -> None:
    """Give an account exactly these roles, inside the caller's transaction."""
    user.roles = _role_rows(session, sorted(roles))


def make_user(
    session: Session, email: str, name: str, roles: Iterable[Role], *, zone: str, active: bool, by: Actor, now: datetime,
    is_demo: bool = False,
) -> User:
    """Make an account inside the caller's transaction. Raises ``Refused`` where the address is taken."""
    if find(session, email):
        raise Refused("There is an account with this address.", {"email": "Already in use."})
    user = User(
        email=email, name=name.strip(), zone=zone, active=active, password=None, fs_uniquifier=uuid.uuid4().hex, version=1,
        is_demo=is_demo,
    )
    set_roles(session, user, roles)
    session.add(user)
    session.flush()
    join_by_mailbox(session, user, by=by, now=now)
    check_person(session, user, roles)
    return user


def add_user(
    session: Session, email: str, name: str, roles: set[Role], *, zone: str, by: Actor, now: datetime,
    is_demo: bool = False,
) -> User:
    """Make an account without a password; its owner comes in by a one-time link. ``SYSTEM`` may too (command line)."""
    if by is not SYSTEM:
        require(by, Permission.MANAGE_ACCOUNTS)
        if Role.APPROVER in roles:
            raise Refused("It takes a second person to make somebody an approver: invite them.")
    address = rules.address_of(email)
    check_roles(roles)
    problems = rules.account_problems(name, zone, roles)
    if problems:
        raise Refused("The account was not made.", problems)
    with writing(session):
        audit.lock(session)
        user = make_user(session, address, name, roles, zone=zone, active=True, is_demo=is_demo, by=by, now=now)
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
    found = session.execute(select(User.id, User.name, User.email))
    return {number: name or email for number, name, email in found} | {0: SYSTEM.name}
