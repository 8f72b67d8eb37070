"""Find an account to change it, and the rules that need the others: nobody is left without admin or approver."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Role
from incident_app.domain.refusals import Forbidden, NotFound, Refused, Stale
from incident_app.models.accounts import Invitation, SignInLink, User

STALE = "Somebody changed this account meanwhile. Nothing of yours was saved: load the page again and compare."
LARGEST_ID = 2**31 - 1
NEEDED = (Role.ADMIN, Role.APPROVER)


def found(session: Session, user_id: int, version: int | None = None) -> User:
    """Return one account. Raises ``NotFound``, or ``Conflict`` when it is no longer the ``version`` that was read."""
    user = session.get(User, user_id) if 0 < user_id <= LARGEST_ID else None
    if user is None:
        raise NotFound("There is no such account.")
    if version is not None and version != user.version:
        raise Stale(STALE)
    return user


def not_oneself(user: User, by: Actor, words: str) -> None:
    """Refuse who acts on an account of their own, whichever they use."""
    if user.actor.person == by.person:
        raise Forbidden(f"This is your own account. {words}")


def keep_one(session: Session, user: User, roles: Collection[Role]) -> None:
    """Refuse to take the last active admin or approver away; ``roles`` is what this account holds afterwards.

    The caller holds the head of the record, so two changes at once are judged one after the other.
    """
    for role in NEEDED:
        if not user.active or role not in user.actor.roles or role in roles:
            continue
        others = session.scalars(select(User).where(User.active.is_(True), User.id != user.id)).unique()
        if not any(role in other.actor.roles for other in others):
            raise Refused(f"This is the last active {role.value}. Give somebody else the role first.",
                          {"roles": f"Nobody else is {role.value}."})


def newest_invitation(session: Session, user_id: int) -> Invitation | None:
    """Return the last invitation of an account, whatever became of it."""
    return session.scalar(select(Invitation).where(Invitation.user_id == user_id).order_by(Invitation.id.desc()).limit(1))


def came_in(session: Session, user: User) -> bool:
    """Whether the owner of this account has ever come in: by an invitation, a one-time link or a password."""
    accepted = select(Invitation.id).where(Invitation.user_id == user.id, Invitation.accepted_at.is_not(None)).limit(1)
    used = select(SignInLink.id).where(SignInLink.user_id == user.id, SignInLink.used_at.is_not(None)).limit(1)
    return any(one is not None for one in (user.password, session.scalar(accepted), session.scalar(used)))
