"""Undo that two accounts were called one person's: an administrator asks, a second person agrees.

Two accounts of one person could answer each other once they count as two, so one person's word is not enough, and what
itself shows that they are one stands against it: the same mailbox, the same key of a code app (T-27, T-32).
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.recipients import mailbox_base
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.accounts import User
from incident_app.models.proposals import Proposal
from incident_app.services import accounts, audit, proposals
from incident_app.services.people import approvers
from incident_app.services.people.approvers import Request
from incident_app.services.people.finding import found, not_oneself
from incident_app.services.unit import writing

KIND = "people.part"
THEN = "part"
ALONE = "This account is joined with no other."
SHOWN = "These accounts lead to the same mailbox, or to the same key of a code app: they are one person's."
NOBODY = "Nobody could agree to this: it takes a second person who is approver or admin and none of those concerned."
MOVED = "These accounts were changed since it was asked. Nothing was done; it has to be asked again."


def _others(session: Session, user: User) -> list[User]:
    person = func.coalesce(User.person_id, User.id)
    question = select(User).where(person == user.actor.person, User.id != user.id).order_by(User.id)
    return list(session.scalars(question).unique())


def _checked(session: Session, user: User) -> list[User]:
    others = _others(session, user)
    if not others:
        raise Conflict(ALONE)
    marks = {one.totp_mark for one in others if one.totp_mark}
    if user.totp_mark in marks or mailbox_base(user.email) in {mailbox_base(one.email) for one in others}:
        raise Refused(SHOWN, {"reason": SHOWN})
    return others


def ask_part(session: Session, user_id: int, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Ask a second person to count this account as a person of its own again.

    Raises ``Conflict`` where it is joined with none, ``Refused`` where something shows that they are one, or nobody could
    agree, ``Forbidden`` for one's own.
    """
    require(by, Permission.MANAGE_ACCOUNTS)
    with writing(session):
        audit.lock(session)
        user = found(session, user_id)
        not_oneself(user, by, "Another administrator asks for it.")
        others = _checked(session, user)
        concerned = {by.person, user.actor.person}
        everybody = session.scalars(select(User).where(User.active.is_(True))).unique()
        if not any(may(one.actor, Permission.AGREE_APPROVER) and one.actor.person not in concerned for one in everybody):
            raise Refused(NOBODY, {"reason": NOBODY})
        roles = sorted(user.actor.roles)
        return proposals.put(
            session, KIND, subject="user", subject_id=user.id, reason=reason, by=by, now=now, involved=[user.actor.person],
            facts={"roles": roles, "before": roles, "then": THEN, "from": [one.id for one in others]})


def agree(session: Session, public_id: str, *, secret: bytes, by: Actor, now: datetime) -> User:
    """Agree as the second person, to a new approver or to this."""
    if not _is_one(session, public_id):
        return approvers.agree(session, public_id, secret=secret, by=by, now=now)
    require(by, Permission.AGREE_APPROVER)
    with writing(session):
        audit.lock(session)
        proposal = proposals.agree(session, KIND, public_id, by=by, now=now)
        user = found(session, int(proposal.subject_id))
        others = _checked(session, user)
        if [one.id for one in others] != proposal.facts["from"]:
            raise Conflict(MOVED)
        accounts.part(session, user, others, by=by, now=now)
        accounts.end_sessions(session, user.id, why="counted as a person of its own", by=by, now=now)
    return user


def refuse(session: Session, public_id: str, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Refuse with a reason; who asked withdraws it instead."""
    if not _is_one(session, public_id):
        return approvers.refuse(session, public_id, reason, by=by, now=now)
    require(by, Permission.AGREE_APPROVER)
    with writing(session):
        audit.lock(session)
        return proposals.refuse(session, KIND, public_id, reason, by=by, now=now)


def requests(session: Session, *, by: Actor, now: datetime) -> list[Request]:
    """Return what waits for a second person about accounts, new approvers first."""
    return [*approvers.requests(session, by=by, now=now), *(
        Request(one, session.get_one(User, int(one.subject_id)), session.get_one(User, one.asked_by_id),
                proposals.why_not(one, by))
        for one in proposals.waiting(session, [KIND], now=now))]


def _is_one(session: Session, public_id: str) -> bool:
    return session.scalar(select(Proposal.id).where(Proposal.public_id == public_id, Proposal.kind == KIND)) is not None
