"""Change an account, disable it, enable it, and say that two belong to one person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import people as rules
from incident_app.domain.accounts import Actor, Permission, Role, require
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.accounts import User
from incident_app.models.proposals import Proposal
from incident_app.models.rota import Shift, not_over
from incident_app.services import accounts, audit, linking
from incident_app.services.people import approvers, letters
from incident_app.services.people.finding import came_in, found, keep_one, newest_invitation, not_oneself
from incident_app.services.unit import writing

OTHERS = "Ask another administrator to change its roles."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an account is to be; ``reason`` is for the second person where it makes an approver."""

    name: str
    zone: str
    roles: frozenset[Role]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """The account as it is now, and what waits for a second person (``None``: nothing)."""

    user: User
    asked: Proposal | None = None


def change(session: Session, user_id: int, wanted: Wanted, *, version: int, by: Actor, now: datetime) -> Changed:
    """Change name, zone and roles. Who becomes approver does so once a second person has agreed; the rest is done.

    Raises ``Refused`` by field, ``Forbidden`` for one's own roles, ``Conflict`` where somebody was faster.
    """
    require(by, Permission.MANAGE_ACCOUNTS)
    problems = rules.account_problems(wanted.name, wanted.zone, wanted.roles)
    if problems:
        raise Refused("The account was not changed.", problems)
    with writing(session):
        audit.lock(session)
        user = found(session, user_id, version)
        before, asked = user.actor.roles, None
        was = {name: held for name in ("name", "zone") if (held := getattr(user, name)) != getattr(wanted, name).strip()}
        if not was and wanted.roles == before:
            return Changed(user)
        user.name, user.zone, user.version = wanted.name.strip(), wanted.zone.strip(), user.version + 1
        if wanted.roles != before:
            asked = _other_roles(session, user, wanted, by, now)
        audit.record(session, action="people.changed", by=by, now=now, subject="user", subject_id=user.id, details={
            "fields": list(was), "was": was, "before": sorted(before), "after": sorted(user.actor.roles), "asked": asked is not None})
    return Changed(user, asked)


def _other_roles(session: Session, user: User, wanted: Wanted, by: Actor, now: datetime) -> Proposal | None:
    not_oneself(user, by, OTHERS)
    if Role.APPROVER in wanted.roles - user.actor.roles:
        never_in = not user.active and not came_in(session, user)
        return approvers.ask(session, user, wanted.roles, reason=wanted.reason, by=by, now=now,
                             then="invite" if never_in else "")
    accounts.check_person(session, user, wanted.roles)
    keep_one(session, user, wanted.roles)
    accounts.set_roles(session, user, wanted.roles)
    accounts.end_sessions(session, user.id, why="roles changed", by=by, now=now)
    return None


def disable(session: Session, user_id: int, *, version: int, by: Actor, now: datetime) -> list[Shift]:
    """Let an account do nothing any more: sessions, tokens, invitations and its chat end at once.

    Returns the shifts that now have nobody. Raises ``Refused`` for the last admin or approver, ``Forbidden`` for oneself.
    """
    require(by, Permission.MANAGE_ACCOUNTS)
    with writing(session):
        audit.lock(session)
        user = found(session, user_id, version)
        not_oneself(user, by, "Another administrator disables it.")
        keep_one(session, user, ())
        user.active, user.version = False, user.version + 1
        accounts.end_sessions(session, user.id, why="account disabled", by=by, now=now)
        tokens = accounts.revoke_all(session, user.id, now=now)
        had_chat = linking.drop(session, user, now=now)
        letters.end_open(session, user.id, now)
        shifts = shifts_of(session, user.id, now)
        audit.record(session, action="people.disabled", by=by, now=now, subject="user", subject_id=user.id,
                     details={"tokens": tokens, "chat": had_chat, "shifts": [shift.id for shift in shifts]})
    return shifts


def shifts_of(session: Session, user_id: int, now: datetime) -> list[Shift]:
    """Return the shifts of this account that run or are still to come."""
    return list(session.scalars(not_over(now).where(Shift.user_id == user_id)))


def enable(
    session: Session, user_id: int, *, version: int, by: Actor, now: datetime, reason: str = ""
) -> Changed:
    """Let a disabled account in again; of an approver once a second person has agreed. Its tokens stay dead."""
    require(by, Permission.MANAGE_ACCOUNTS)
    with writing(session):
        audit.lock(session)
        user = found(session, user_id, version)
        not_oneself(user, by, "Another administrator enables it.")
        never_in = newest_invitation(session, user_id) is not None and not came_in(session, user)
        if user.active or never_in or not user.roles:
            raise Conflict("This account is active already, or its owner has never come in: invite them again.")
        accounts.check_person(session, user, user.actor.roles)
        if Role.APPROVER in user.actor.roles:
            asked = approvers.ask(session, user, user.actor.roles, reason=reason, by=by, now=now, then="enable")
            return Changed(user, asked)
        user.active, user.version = True, user.version + 1
        audit.record(session, action="people.enabled", by=by, now=now, subject="user", subject_id=user.id)
    return Changed(user)


def same_person(session: Session, user_id: int, other_id: int, *, by: Actor, now: datetime) -> User:
    """Say that two accounts belong to one person; four eyes count them as one from now on."""
    require(by, Permission.MANAGE_ACCOUNTS)
    with writing(session):
        audit.lock(session)
        user, other = found(session, user_id), found(session, other_id)
        if not accounts.join(session, user, other, why="said by an administrator", by=by, now=now):
            raise Refused("Nothing was changed.", {"other": "These belong to one person already."})
    return user
