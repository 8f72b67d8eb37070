"""The people who work here: making accounts, finding them, which roles go together."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor, Permission, Role, require
from incident_app.domain.refusals import Refused
from incident_app.models.accounts import RoleRow, User
from incident_app.services import audit
from incident_app.services.unit import writing

NEVER_TOGETHER = ({Role.ADMIN, Role.APPROVER},)


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
    session: Session, email: str, name: str, roles: set[Role], *, zone: str, by: Actor, now: datetime,
    is_demo: bool = False,
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
            email=email, name=name.strip(), zone=zone, active=True, password=None, fs_uniquifier=uuid.uuid4().hex,
            is_demo=is_demo,
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
