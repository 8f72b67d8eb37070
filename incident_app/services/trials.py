"""Trial mode: it ends when one administrator asks for that and a second one agrees; any one of them turns it on again at once.

How an installation sends is asked of the database each time, before every batch of messages: nobody keeps an answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import trials as rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, may, require
from incident_app.domain.alerts import known_zone
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.domain.second_person import ProposalState
from incident_app.models.accounts import User
from incident_app.models.proposals import Proposal
from incident_app.models.trials import STANDS, TrialEnd
from incident_app.services import accounts, audit, linking, proposals
from incident_app.services.people.vouching import side_of
from incident_app.services.unit import writing

KIND = "trial.end"
ABOUT, WHICH = "settings", "trial_mode"
NOBODY = ("Nobody could agree to this: it takes a second administrator. Invite one under People and roles; they can agree after "
          f"{rules.NEW_DAYS} days. Whoever runs the server ends it at once, with DELIVERY_MODE=live.")
NOBODY_YET = ("Nobody could agree to this yet: you and the other administrators were invited, or made administrators, by one another "
              f"less than {rules.NEW_DAYS} days ago. Ask again once that is over. Whoever runs the server ends it at once, with "
              "DELIVERY_MODE=live.")
ONE_SIDE = (f"Less than {rules.NEW_DAYS} days before this was asked, one of you two was invited or made an administrator by the other, "
            "or both were by the same people. Somebody else agrees, or it is asked again later.")
NOT_ON = "Trial mode is not on. Nothing was done."
IS_ON = "Trial mode is on already."
BY_SERVER = "How this installation sends is set on the server, by DELIVERY_MODE. It is changed there."
FELL = "Who asked for this is no active administrator any more. Trial mode stays on; it has to be asked again."


@dataclass(frozen=True, slots=True)
class Request:
    """One request to end trial mode: who asked, who answered, and why the reader cannot agree to it (or ``None``).

    ``own``: the reader asked, so they withdraw it.
    """

    proposal: Proposal
    asked_by: User
    answered_by: User | None
    why_not: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How this installation sends (``mode``), what the server was told (``set_to``), the request that waits, the last one
    that was refused, and where two administrators ended trial mode, in words by whom."""

    mode: str
    set_to: str
    asked: Request | None
    refused: Request | None
    ended: str


def mode_now(session: Session, set_to: str) -> str:
    """Return how this installation sends now: as the server was told, but live where trial mode was ended by two.

    One small question where the server was told ``trial``, none otherwise.
    """
    return rules.LIVE if set_to == rules.ON and session.scalar(STANDS) is not None else set_to


def said(session: Session, set_to: str, zone: str = "UTC") -> str:
    """Return how this installation sends now, in words; moments in ``zone``."""
    ended = _ended_words(session, zone) if set_to == rules.ON else ""
    return "; ".join(filter(None, [rules.words(mode_now(session, set_to)), ended]))


def look(session: Session, set_to: str, *, by: Actor, now: datetime, zone: str = "UTC") -> Standing:
    """Return how this installation sends, and what waits for a second administrator; moments in ``zone``."""
    require(by, Permission.SEE_HEALTH)
    newest = session.scalar(select(Proposal).where(Proposal.kind == KIND).order_by(Proposal.id.desc()).limit(1))
    return Standing(
        mode_now(session, set_to), set_to, _request(session, _waiting(session, now), by),
        _request(session, newest if newest is not None and newest.state == ProposalState.REFUSED.value else None, by),
        _ended_words(session, zone) if set_to == rules.ON else "",
    )


def ask(session: Session, reason: str, *, set_to: str, public_url: str, by: Actor, now: datetime) -> Proposal:
    """Ask a second administrator to end trial mode; the others are told, and approvers.

    Raises ``Refused`` without a reason or where nobody could agree (yet), ``Conflict`` where it is not on or was asked already.
    """
    require(by, Permission.MANAGE_SETTINGS)
    with writing(session):
        audit.lock(session)
        _check_on(session, set_to)
        for one in _fallen(session, now):
            proposals.void(session, one, by=by, now=now)
        _check_others(session, by, now)
        asked = proposals.put(session, KIND, subject=ABOUT, subject_id=WHICH, reason=reason, by=by, now=now, facts={"mode": rules.LIVE})
        _tell(session, [user for user in _told(session) if user.actor.person != by.person], rules.asked_note(by.name, public_url + rules.PAGE), now)
    return asked


def agree(session: Session, public_id: str, *, set_to: str, public_url: str, by: Actor, now: datetime) -> TrialEnd:
    """Agree as the second administrator: from the next batch of messages on they go to everybody.

    Raises ``Forbidden`` for who asked and who counts with them, ``Conflict`` where it was answered, lapsed, or who asked is no administrator now.
    """
    require(by, Permission.MANAGE_SETTINGS)
    made = None
    with writing(session):
        audit.lock(session)
        require(_as_it_is(session, by), Permission.MANAGE_SETTINGS)
        _check_on(session, set_to)
        asked = proposals.find(session, KIND, public_id)
        if asked in _fallen(session, now):
            proposals.void(session, asked, by=by, now=now)
        else:
            agreed = proposals.agree(session, KIND, public_id, by=by, now=now)
            if _one_side(session, agreed, by):
                raise Forbidden(ONE_SIDE)
            made = _end(session, agreed, public_url, by, now)
    if made is None:
        raise Conflict(FELL)
    return made


def _end(session: Session, agreed: Proposal, public_url: str, by: Actor, now: datetime) -> TrialEnd:
    first = session.get_one(User, agreed.asked_by_id)
    made = TrialEnd(asked_by_id=first.id, agreed_by_id=by.id, ended_at=now)
    session.add(made)
    session.flush()
    audit.record(session, action="trial.ended", by=by, now=now, subject=ABOUT, subject_id=WHICH,
                 details={"asked_by": first.id, "reason": agreed.reason})
    _tell(session, _told(session), rules.over_note(first.name, by.name, public_url + rules.PAGE), now)
    return made


def refuse(session: Session, public_id: str, reason: str, *, public_url: str, by: Actor, now: datetime) -> Proposal:
    """Refuse with a reason, and who asked is told; who asked withdraws it instead."""
    require(by, Permission.MANAGE_SETTINGS)
    with writing(session):
        audit.lock(session)
        done = proposals.refuse(session, KIND, public_id, reason, by=by, now=now)
        if done.state == ProposalState.REFUSED.value:
            _tell(session, [session.get_one(User, done.asked_by_id)], rules.refused_note(by.name, public_url + rules.PAGE), now)
    return done


def turn_on(session: Session, *, set_to: str, public_url: str, by: Actor, now: datetime) -> None:
    """Turn trial mode on again, by one administrator and at once. Raises ``Conflict`` where that cannot be."""
    require(by, Permission.MANAGE_SETTINGS)
    with writing(session):
        audit.lock(session)
        if set_to != rules.ON:
            raise Conflict(BY_SERVER)
        if not back_on(session, "", by=by, now=now):
            raise Conflict(IS_ON)
        _tell(session, _told(session), rules.on_again_note(f"{by.name} turned it on", public_url + rules.PAGE), now)


def follow_server(session: Session, set_to: str, *, now: datetime) -> bool:
    """Let an end of trial mode stand no more where the server was told something else since: whoever sets it to ``trial``
    again finds it on. Tell whether one stood."""
    if set_to == rules.ON or session.scalar(STANDS) is None:
        return False
    with writing(session):
        audit.lock(session)
        return back_on(session, f"DELIVERY_MODE was set to {set_to}", by=SYSTEM, now=now)


def back_on(session: Session, why: str, *, by: Actor, now: datetime) -> bool:
    """Let no end of trial mode stand any more, inside the caller's transaction; tell whether one stood."""
    standing = session.scalars(select(TrialEnd).where(TrialEnd.resumed_at.is_(None)).with_for_update()).all()
    for one in standing:
        one.resumed_at, one.resumed_by_id = now, by.id or None
    if standing:
        audit.record(session, action="trial.resumed", by=by, now=now, subject=ABOUT, subject_id=WHICH,
                     details={"reason": why} if why else {})
    return bool(standing)


def _check_on(session: Session, set_to: str) -> None:
    if set_to != rules.ON:
        raise Conflict(BY_SERVER)
    if mode_now(session, set_to) != rules.ON:
        raise Conflict(NOT_ON)


def _check_others(session: Session, by: Actor, now: datetime) -> None:
    others = {user.actor.person for user in _holders(session, Permission.MANAGE_SETTINGS)} - {by.person}
    if not others - side_of(session, by.person, since=now - rules.NEW_FOR):
        words = NOBODY_YET if others else NOBODY
        raise Refused(words, {"reason": words})


def _one_side(session: Session, asked: Proposal, by: Actor) -> bool:
    """Tell whether ``by`` counts with who asked, as it was when they did and has become since."""
    return by.person in side_of(session, asked.asked_by_person, since=asked.asked_at - rules.NEW_FOR)


def _counts(user: User, permission: Permission = Permission.MANAGE_SETTINGS) -> bool:
    return user.active and may(user.actor, permission)


def _as_it_is(session: Session, by: Actor) -> Actor:
    """Return who acts with the roles they hold at this moment; none where the account was disabled meanwhile."""
    user = session.get_one(User, by.id)
    return user.actor if user.active else Actor(user.id, by.name, frozenset())


def _fallen(session: Session, now: datetime) -> list[Proposal]:
    """Return what waits of people who could not ask for it any more."""
    return [one for one in proposals.waiting(session, [KIND], now=now) if not _counts(session.get_one(User, one.asked_by_id))]


def _waiting(session: Session, now: datetime) -> Proposal | None:
    fallen = _fallen(session, now)
    return next((one for one in proposals.waiting(session, [KIND], now=now) if one not in fallen), None)


def _request(session: Session, one: Proposal | None, by: Actor) -> Request | None:
    if one is None:
        return None
    answered_by = session.get(User, one.answered_by_id) if one.answered_by_id is not None else None
    why_not = proposals.why_not(one, by) or (ONE_SIDE if _one_side(session, one, by) else None)
    return Request(one, session.get_one(User, one.asked_by_id), answered_by, why_not, own=one.asked_by_person == by.person)


def _ended_words(session: Session, zone: str) -> str:
    one = session.scalar(select(TrialEnd).where(TrialEnd.resumed_at.is_(None)).order_by(TrialEnd.id).limit(1))
    if one is None:
        return ""
    names = accounts.names(session)
    return rules.ended_words(names[one.asked_by_id], names[one.agreed_by_id], one.ended_at, known_zone(zone))


def _holders(session: Session, permission: Permission) -> list[User]:
    everybody = session.scalars(select(User).where(User.active.is_(True)).order_by(User.id)).unique()
    return [one for one in everybody if _counts(one, permission)]


def _told(session: Session) -> Sequence[User]:
    """Return administrators and approvers: who can change it, and who lets notices out."""
    both = [*_holders(session, Permission.MANAGE_SETTINGS), *_holders(session, Permission.APPROVE_NOTICE)]
    return list({one.id: one for one in both}.values())


def _tell(session: Session, users: Iterable[User], words: str, now: datetime) -> None:
    for user in users:
        linking.write_all(session, user, "trial", words, now=now, subject=rules.SUBJECT)
