"""Make somebody an approver: an admin asks, an approver or another admin agrees, never the person concerned."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, Role, may, require
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.accounts import User
from incident_app.models.proposals import Proposal
from incident_app.services import accounts, audit, proposals
from incident_app.services.people import letters
from incident_app.services.people.finding import found
from incident_app.services.unit import writing

KIND = "people.make_approver"
NOBODY = ("Nobody could agree to this: it takes a second person who is approver or admin. The first approver is made on the "
          "server, by incident-app create-user.")
MOVED = "This account was changed since it was asked. Nothing was done; it has to be asked again."


@dataclass(frozen=True, slots=True)
class Request:
    """One request that waits: who is to become approver, who asked, and why the reader cannot answer it (or ``None``)."""

    proposal: Proposal
    user: User
    asked_by: User
    why_not: str | None


def ask(
    session: Session, user: User, roles: Collection[Role], *, reason: str, by: Actor, now: datetime, then: str = ""
) -> Proposal:
    """Ask a second person, inside the caller's transaction. ``then``: what follows, ``invite``, ``enable`` or nothing.

    Raises ``Refused`` where there is nobody who could agree.
    """
    everybody = session.scalars(select(User).where(User.active.is_(True))).unique()
    concerned = {by.person, user.actor.person}
    if not any(may(one.actor, Permission.AGREE_APPROVER) and one.actor.person not in concerned for one in everybody):
        raise Refused(NOBODY, {"roles": NOBODY})
    accounts.check_person(session, user, roles)
    return proposals.put(
        session, KIND, subject="user", subject_id=user.id, reason=reason, by=by, now=now, involved=[user.actor.person],
        facts={"roles": sorted(roles), "before": sorted(user.actor.roles), "version": user.version, "then": then},
    )


def agree(session: Session, public_id: str, *, secret: bytes, by: Actor, now: datetime) -> User:
    """Agree as the second person: the roles change at once, and whoever is invited is written to.

    Raises ``Forbidden`` for who asked and for whom it is about, ``Conflict`` where it was answered, lapsed or overtaken.
    """
    require(by, Permission.AGREE_APPROVER)
    with writing(session):
        audit.lock(session)
        proposal = proposals.agree(session, KIND, public_id, by=by, now=now)
        user, facts = found(session, int(proposal.subject_id)), proposal.facts
        if user.version != facts["version"]:
            raise Conflict(MOVED)
        roles = {Role(name) for name in facts["roles"]}
        accounts.check_person(session, user, roles)
        accounts.set_roles(session, user, roles)
        user.version += 1
        user.active = user.active or facts["then"] == "enable"
        accounts.end_sessions(session, user.id, why="roles changed", by=by, now=now)
        if facts["then"] == "invite":
            letters.write(session, user, secret=secret, by=by, now=now)
        audit.record(session, action="people.roles_changed", by=by, now=now, subject="user", subject_id=user.id,
                     details={"before": facts["before"], "after": facts["roles"], "then": facts["then"]})
    return user


def refuse(session: Session, public_id: str, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Refuse with a reason; who asked withdraws it instead."""
    require(by, Permission.AGREE_APPROVER)
    with writing(session):
        audit.lock(session)
        return proposals.refuse(session, KIND, public_id, reason, by=by, now=now)


def requests(session: Session, *, by: Actor, now: datetime) -> list[Request]:
    """Return what waits for a second person, the oldest first."""
    require(by, Permission.AGREE_APPROVER)
    return [
        Request(one, session.get_one(User, int(one.subject_id)), session.get_one(User, one.asked_by_id),
                proposals.why_not(one, by))
        for one in proposals.waiting(session, [KIND], now=now)
    ]
