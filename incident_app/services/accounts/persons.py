"""Accounts that belong to one person. Whoever compares people compares these numbers, never account ids."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.recipients import mailbox_base
from incident_app.domain.second_person import ProposalState
from incident_app.models.accounts import User
from incident_app.models.proposals import Proposal
from incident_app.services import audit


def persons_of(session: Session, account_ids: Collection[int | None]) -> frozenset[int]:
    """Return who stands behind these accounts; what was done by no account has nobody."""
    ids = {number for number in account_ids if number}
    found = session.execute(select(User.id, User.person_id).where(User.id.in_(ids)))
    return frozenset(person if person is not None else number for number, person in found)


def accounts_of(session: Session, by: Actor) -> frozenset[int]:
    """Return the ids of every account of the person who acts."""
    return frozenset(session.scalars(select(User.id).where(func.coalesce(User.person_id, User.id) == by.person)))


def join(session: Session, one: User, other: User, *, why: str, by: Actor, now: datetime) -> bool:
    """Note, inside the caller's transaction, that two accounts are one person's; tell whether that was new.

    What waits for a second person follows, so that nobody agrees to what they asked for by their other account.
    """
    both = {one.actor.person, other.actor.person}
    if len(both) == 1:
        return False
    kept = min(both)
    for user in session.scalars(select(User).where(func.coalesce(User.person_id, User.id).in_(both))).unique():
        user.person_id = kept
    for waiting in session.scalars(select(Proposal).where(Proposal.state == ProposalState.WAITING.value)):
        waiting.asked_by_person = kept if waiting.asked_by_person in both else waiting.asked_by_person
        waiting.involved = sorted({kept if person in both else person for person in waiting.involved})
    audit.record(session, action="account.same_person", by=by, now=now, subject="user", subject_id=one.id,
                 details={"with": other.id, "why": why, "person": kept})
    return True


def part(session: Session, user: User, others: Sequence[User], *, by: Actor, now: datetime) -> None:
    """Note, inside the caller's transaction, that an account is a person of its own; ``others`` stay one person.

    In what waits for a second person both are held for involved from then on: nobody gets to answer by it what they could not.
    """
    old, rest = user.actor.person, min(one.id for one in others)
    rest = rest if old == user.id else old
    user.person_id = None
    for one in others:
        one.person_id = rest if len(others) > 1 or one.id != rest else None
    session.flush()
    for waiting in session.scalars(select(Proposal).where(Proposal.state == ProposalState.WAITING.value)):
        if old in {waiting.asked_by_person, *waiting.involved}:
            waiting.involved = sorted({*waiting.involved, user.id, rest})
    audit.record(session, action="account.parted", by=by, now=now, subject="user", subject_id=user.id,
                 details={"from": [one.id for one in others], "person": user.id, "rest": rest})


def join_by_mailbox(session: Session, user: User, *, by: Actor, now: datetime) -> None:
    """Join an account with whichever other leads to the same mailbox."""
    base = mailbox_base(user.email)
    for other in session.scalars(select(User).where(User.id != user.id).order_by(User.id)).unique():
        if mailbox_base(other.email) == base:
            join(session, user, other, why="same mailbox", by=by, now=now)
