"""What takes two people: one asks, another one agrees, and only then it happens, in the same transaction.

The use case that needs a second person asks with :func:`put` and acts after :func:`agree`, both inside its own
``writing`` unit, where it has asked for its own permission before.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import second_person as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.domain.second_person import ProposalState
from incident_app.models.proposals import Proposal
from incident_app.services import audit

WAITING = ProposalState.WAITING.value


def put(
    session: Session, kind: str, *, subject: str, subject_id: int | str, facts: Mapping[str, Any], reason: str,
    by: Actor, now: datetime, case_id: int | None = None, involved: Collection[int] = (),
) -> Proposal:
    """Ask a second person. ``kind`` is ``door.verb``; ``facts`` JSON of what exactly is to be done.

    Raises ``Refused`` without a reason in words, ``Conflict`` where the same already waits.
    """
    if len(reason.strip()) < rules.SHORTEST_REASON:
        raise Refused("Nothing was asked.", {"reason": f"Say why, in at least {rules.SHORTEST_REASON} characters: a second person decides by it."})
    audit.lock(session)  # two at once: the second one sees the first
    if any(not rules.lapsed(one.asked_at, now) for one in _waiting(session, kind, subject, subject_id)):
        raise Conflict("This waits for a second person already.")
    proposal = Proposal(
        public_id=str(uuid.uuid4()), kind=kind, case_id=case_id, subject=subject, subject_id=str(subject_id),
        facts=dict(facts), reason=reason.strip(), involved=sorted(set(involved)), state=WAITING, asked_by_id=by.id,
        asked_by_person=by.person, asked_at=now,
    )
    session.add(proposal)
    session.flush()
    _record(session, proposal, "asked", by, now, dict(facts) | {"reason": proposal.reason})
    return proposal


def _waiting(session: Session, kind: str, subject: str, subject_id: int | str) -> Sequence[Proposal]:
    return session.scalars(select(Proposal).where(
        Proposal.kind == kind, Proposal.subject == subject, Proposal.subject_id == str(subject_id),
        Proposal.state == WAITING)).all()


def _record(
    session: Session, proposal: Proposal, verb: str, by: Actor, now: datetime, details: dict[str, Any]
) -> None:
    audit.record(session, action=f"{proposal.kind}.{verb}", by=by, now=now, case_id=proposal.case_id,
                 subject=proposal.subject, subject_id=proposal.subject_id,
                 details={"proposal": proposal.id} | details)


def find(session: Session, kind: str, public_id: str) -> Proposal:
    """Return one request of this kind. Raises ``NotFound``."""
    found = session.scalar(
        select(Proposal).where(Proposal.public_id == public_id, Proposal.kind == kind).with_for_update())
    if found is None:
        raise NotFound("There is no such request.")
    return found


def about(session: Session, kind: str, public_id: str, subject: str, subject_id: int | str) -> Proposal:
    """Return one request of this kind about this subject. Raises ``NotFound``, also for one about another."""
    found = find(session, kind, public_id)
    if (found.subject, found.subject_id) != (subject, str(subject_id)):
        raise NotFound("There is no such request.")
    return found


def why_not(proposal: Proposal, by: Actor) -> str | None:
    """Return why this person cannot decide it, or ``None``; pages show it in the button's place."""
    return rules.why_not_answer(by.person, proposal.asked_by_person, frozenset(proposal.involved))


def agree(session: Session, kind: str, public_id: str, *, by: Actor, now: datetime) -> Proposal:
    """Agree as the second person, once; the caller then does what ``facts`` say, in the same transaction.

    Raises ``Forbidden`` for who asked or had a hand in it, ``Conflict`` where it was answered or lapsed.
    """
    proposal = _open(session, kind, public_id, now)
    reason = why_not(proposal, by)
    if reason is not None:
        raise Forbidden(reason)
    _answer(session, proposal, ProposalState.AGREED, "", by, now)
    return proposal


def refuse(session: Session, kind: str, public_id: str, reason: str, *, by: Actor, now: datetime) -> Proposal:
    """Refuse with a reason; who asked withdraws instead."""
    proposal = _open(session, kind, public_id, now)
    if by.person == proposal.asked_by_person:
        _answer(session, proposal, ProposalState.WITHDRAWN, reason.strip(), by, now)
        return proposal
    if len(reason.strip()) < rules.SHORTEST_REASON:
        raise Refused("The request was not refused.", {"reason": f"Say why, in at least {rules.SHORTEST_REASON} characters: who asked has to know."})
    _answer(session, proposal, ProposalState.REFUSED, reason.strip(), by, now)
    return proposal


def void(session: Session, proposal: Proposal, *, by: Actor, now: datetime) -> None:
    """End a request because what it is about changed. ``by`` is who came upon it."""
    _answer(session, proposal, ProposalState.VOIDED, "", by, now)


def _open(session: Session, kind: str, public_id: str, now: datetime) -> Proposal:
    proposal = find(session, kind, public_id)
    if proposal.state != WAITING:
        raise Conflict("This was answered already.")
    if rules.lapsed(proposal.asked_at, now):
        raise Conflict("Nobody answered this within a day: it has to be asked again.")
    return proposal


def _answer(
    session: Session, proposal: Proposal, state: ProposalState, reason: str, by: Actor, now: datetime
) -> None:
    proposal.state, proposal.answered_by_id, proposal.answered_at, proposal.answer_reason = state.value, by.id, now, reason
    session.flush()
    _record(session, proposal, state.value, by, now, {"reason": reason} if reason else {})


def waiting(session: Session, kinds: Collection[str], *, now: datetime, case_id: int | None = None) -> list[Proposal]:
    """Return what waits for a second person and has not lapsed, the oldest first."""
    question = select(Proposal).where(Proposal.kind.in_(kinds), Proposal.state == WAITING)
    if case_id is not None:
        question = question.where(Proposal.case_id == case_id)
    found = session.scalars(question.order_by(Proposal.asked_at, Proposal.id))
    return [one for one in found if not rules.lapsed(one.asked_at, now)]
