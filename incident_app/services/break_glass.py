"""Read a restricted case one is not listed for: an approver asks, another one agrees, for an hour, and everybody hears it.

It opens the case for reading alone, and only to the browser of who asked; it ends by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from incident_app.domain import break_glass as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.refusals import Refused
from incident_app.domain.second_person import ProposalState
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.proposals import Proposal
from incident_app.models.teams import CaseReader
from incident_app.services import audit, linking, proposals, scope
from incident_app.services.unit import writing

KIND = "case.break_glass"
NO_CASE = "There is no restricted case of this number that you cannot read."
NOBODY = "There is no other approver who could agree."


@dataclass(frozen=True, slots=True)
class Request:
    """One request that waits: which case, who asked, and why the reader cannot answer it (or ``None``)."""

    proposal: Proposal
    ref: str
    asked_by: User
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """One case that is open to somebody at the moment."""

    ref: str
    name: str
    reason: str
    ends_at: datetime


def ask(session: Session, ref: str, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Ask to read a restricted case; everybody of it and every approver hears that.

    Raises ``Refused`` for any other case, as for one that does not exist, and where nobody else could agree.
    """
    require(by, Permission.BREAK_GLASS)
    with writing(session):
        audit.lock(session)
        case = session.scalar(select(Case).where(Case.ref == ref.strip(), Case.restricted, ~scope.visible_to(by)))
        if case is None:
            raise Refused("Nothing was asked.", {"ref": NO_CASE})
        if all(one.actor.person == by.person for one in _approvers(session)):
            raise Refused(NOBODY, {"ref": NOBODY})
        proposal = proposals.put(session, KIND, subject="case", subject_id=case.id, case_id=case.id, reason=reason, by=by, now=now,
                                 facts={"hours": 1})
        _tell(session, case, rules.asked_words(by.name, case.ref), now)
    return proposal


def agree(session: Session, public_id: str, *, by: Actor, now: datetime) -> datetime:
    """Agree as the second approver: it is open from now on, and everybody hears it. Returns when it is over."""
    require(by, Permission.BREAK_GLASS)
    with writing(session):
        audit.lock(session)
        proposal = proposals.agree(session, KIND, public_id, by=by, now=now)
        case, ends_at = session.get_one(Case, proposal.case_id), rules.until(now)
        asker = session.get_one(User, proposal.asked_by_id).actor
        audit.record(session, action="case.glass_broken", by=by, now=now, case_id=case.id, subject="user", subject_id=asker.id,
                     details={"reason": proposal.reason, "until": ends_at.isoformat()})
        _tell(session, case, rules.opened_words(asker.name, by.name, case.ref, ends_at), now)
    return ends_at


def refuse(session: Session, public_id: str, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Refuse with a reason; who asked withdraws it instead."""
    require(by, Permission.BREAK_GLASS)
    with writing(session):
        audit.lock(session)
        return proposals.refuse(session, KIND, public_id, reason, by=by, now=now)


def requests(session: Session, *, by: Actor, now: datetime) -> list[Request]:
    """Return what waits for a second approver, the oldest first."""
    require(by, Permission.BREAK_GLASS)
    return [
        Request(one, session.get_one(Case, one.case_id).ref, session.get_one(User, one.asked_by_id),
                proposals.why_not(one, by))
        for one in proposals.waiting(session, [KIND], now=now)
    ]


def _agreed(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Proposal.kind == KIND, Proposal.state == ProposalState.AGREED.value, Proposal.answered_at > now - rules.LASTS)


def opened(session: Session, *, by: Actor, now: datetime) -> list[Opened]:
    """Return which cases are open to whom at the moment."""
    require(by, Permission.BREAK_GLASS)
    found = session.execute(
        select(Proposal, Case.ref, User.name).join(Case, Case.id == Proposal.case_id)
        .join(User, User.id == Proposal.asked_by_id).where(*_agreed(now)).order_by(Proposal.answered_at))
    return [Opened(ref, name, one.reason, rules.until(cast(datetime, one.answered_at))) for one, ref, name in found]


def open_to(session: Session, by: Actor, *, now: datetime) -> frozenset[int]:
    """Return the ids of the cases that ``by`` may read now for this reason alone; asked at every request."""
    if not may(by, Permission.BREAK_GLASS):
        return frozenset()
    return frozenset(session.scalars(select(Proposal.case_id).where(*_agreed(now), Proposal.asked_by_id == by.id)))


def _approvers(session: Session) -> list[User]:
    everybody = session.scalars(select(User).where(User.active.is_(True)).order_by(User.id)).unique()
    return [one for one in everybody if may(one.actor, Permission.BREAK_GLASS)]


def _tell(session: Session, case: Case, words: str, now: datetime) -> None:
    """Write to everybody of the case and to every approver, by every way they have."""
    readers = session.scalars(select(User).where(User.active.is_(True), or_(
        User.id == case.owner_id, User.id.in_(select(CaseReader.user_id).where(CaseReader.case_id == case.id))))).unique()
    people: Sequence[User] = list({one.id: one for one in [*readers, *_approvers(session)]}.values())
    for user in people:
        for channel, address in {"email": user.email, "telegram": user.telegram_chat_id}.items():
            if address:
                linking.write(session, user, "glass", channel, address, words, now=now, subject=rules.SUBJECT)
