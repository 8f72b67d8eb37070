"""Send what is due: claim → sending → outcome. An alert goes out at least once: a lost answer means a second try."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Permission, may
from incident_app.domain.alerts import CHANNELS, AlertState, SendState
from incident_app.domain.ports import Channel, Clock, Message, Outcome, Sent, Uncertain
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.services.alerts import ladders, paging
from incident_app.services.alerts.messages import Look, alert_message, digest_message
from incident_app.services.unit import writing

NOT_SET_UP = {"telegram": "No Telegram bot is set up for staff.", "email": "No email sender is set up."}
PEOPLE_AT_ONCE, MOST_IN_A_DIGEST = 200, 1000
DIED = Uncertain("The program stopped while sending; it may have gone out.")


@dataclass(frozen=True, slots=True)
class _Claimed:
    """One message and the sends it carries: one, or all of a digest."""

    send_ids: tuple[int, ...]
    claim: str
    message: Message


def send_due(
    session: Session, channels: Mapping[str, Channel], *, clock: Clock, public_url: str, secret: bytes, limit: int = 100
) -> int:
    """Send what is due, at most about ``limit`` messages; return how many were tried."""
    look = Look(public_url.rstrip("/"), secret)
    _reclaim(session, clock.now())
    tried = 0
    for name in CHANNELS:
        while tried < limit:
            claimed = _claim(session, name, channels.get(name), look, clock.now())
            if not claimed:
                break
            outcomes = channels[name].send([item.message for item in claimed])
            _record(session, claimed, outcomes, clock.now())
            tried += len(claimed)
    return tried


def _is_due(name: str, now: datetime) -> ColumnElement[bool]:
    return and_(AlertSend.channel == name, AlertSend.state == SendState.PLANNED.value, AlertSend.due_at <= now)


def _claim(session: Session, name: str, channel: Channel | None, look: Look, now: datetime) -> list[_Claimed]:
    """Claim what is due, person by person: whoever holds a person's row decides alone what becomes a digest."""
    claimed: list[_Claimed] = []
    if session.scalar(select(AlertSend.id).where(_is_due(name, now)).limit(1)) is None:
        return claimed  # without taking the write lock that a mass notice needs
    with writing(session):
        due = select(AlertSend.person_id).where(_is_due(name, now))
        people = session.scalars(
            select(User.id).where(User.id.in_(due)).order_by(User.id).limit(PEOPLE_AT_ONCE)
            .with_for_update(of=User, key_share=True, skip_locked=True)
        ).all()
        for person_id in people:
            sends = [send for send in _due_for(session, person_id, name, now) if _worth(session, send, channel, now)]
            claimed += _take(session, sends, look, now) if sends else []
    return claimed


def _due_for(session: Session, person_id: int, name: str, now: datetime) -> Sequence[AlertSend]:
    return session.scalars(
        select(AlertSend).join(Alert).where(_is_due(name, now), AlertSend.person_id == person_id)
        .order_by(Alert.deadline_at.is_(None), Alert.deadline_at, AlertSend.due_at, AlertSend.id)
        .limit(MOST_IN_A_DIGEST).with_for_update(of=AlertSend).execution_options(populate_existing=True)
    ).all()


def _worth(session: Session, send: AlertSend, channel: Channel | None, now: datetime) -> bool:
    """Tell whether a send that is due is still to go out; close it with the reason where it is not."""
    if channel is None:
        _failed(session, send, NOT_SET_UP[send.channel], now)
    elif send.alert.state != AlertState.RAISED:
        send.state, send.reason = SendState.CANCELLED.value, "The alert had been answered by then."
    elif not _answers(send):  # since it was planned, or as ladders woke administrators once
        _failed(session, send, f"{send.person.name} may not answer alerts.", now)
    else:
        return True
    return False


def _answers(send: AlertSend) -> bool:
    """Whether a message may wake this person: they may answer, or have something to do themselves."""
    mine = send.person_id in {send.alert.owner_id, send.alert.only_for_id}
    return send.person.active and (mine or may(send.person.actor, Permission.ACK_ALERT))


def _take(session: Session, sends: Sequence[AlertSend], look: Look, now: datetime) -> list[_Claimed]:
    lately, last = _lately(session, sends[0], now)
    go_at = rules.digest_at(last, lately, now)
    if go_at > now:
        for send in sends:
            send.due_at, send.reason = go_at, "Held for one message a minute: more than five alerts in five minutes."
        return []
    groups = [sends] if rules.is_digest(len(sends), lately) else [[send] for send in sends]
    return [_take_group(session, group, look, now) for group in groups]


def _lately(session: Session, send: AlertSend, now: datetime) -> tuple[int, datetime | None]:
    """Return how many alerts this person got by this channel in the last five minutes, and when the last one."""
    count, last = session.execute(
        select(func.count(), func.max(AlertSend.accepted_at)).where(
            AlertSend.person_id == send.person_id, AlertSend.channel == send.channel,
            AlertSend.accepted_at > now - rules.TOO_MANY_WITHIN,
        )
    ).one()
    return count, last


def _take_group(session: Session, sends: Sequence[AlertSend], look: Look, now: datetime) -> _Claimed:
    claim, first = str(uuid.uuid4()), sends[0]
    for send in sends:
        send.state, send.claim, send.lease_until = SendState.SENDING.value, claim, now + rules.LEASE
        send.digest_id, send.reason = first.id if len(sends) > 1 else None, ""
    ids = tuple(send.id for send in sends)
    if len(sends) > 1:
        return _Claimed(ids, claim, digest_message(sends, look, now))
    return _Claimed(ids, claim, alert_message(session, first, look, now, ladders.of_alert(session, first.alert)))


def _siblings(session: Session, send: AlertSend) -> list[AlertSend]:
    everything = paging.sends_of(session, send.alert_id)
    return [other for other in everything if other.state == SendState.PLANNED and other.id != send.id]


def _failed(session: Session, send: AlertSend, reason: str, now: datetime) -> None:
    """Close this way, and bring the next channel, or else the next person, forward: never silence."""
    send.state, send.reason = SendState.FAILED.value, reason
    session.flush()
    planned = _siblings(session, send)
    same = [other for other in planned if other.step == send.step and other.person_id == send.person_id]
    for other in same:
        other.due_at = min(other.due_at, now)
    alive = [
        other for other in paging.sends_of(session, send.alert_id)
        if other.step <= send.step and other.step // paging.ROUND == send.step // paging.ROUND and other.state in {SendState.PLANNED, SendState.SENDING, SendState.ACCEPTED}
    ]
    later = [other for other in planned if other.step > send.step]
    if not alive and later:
        sooner = min(other.due_at for other in later) - now
        for other in later:
            other.due_at = min(other.due_at, other.due_at - sooner)


def _record(session: Session, claimed: Sequence[_Claimed], outcomes: Sequence[Outcome], now: datetime) -> None:
    with writing(session):
        # In the order of the rows: whoever acknowledges everything goes through them in that order too.
        for item, outcome in sorted(zip(claimed, outcomes, strict=True), key=lambda pair: min(pair[0].send_ids)):
            for send in session.scalars(
                select(AlertSend).where(AlertSend.id.in_(item.send_ids), AlertSend.claim == item.claim)
                .order_by(AlertSend.id).with_for_update(of=AlertSend).execution_options(populate_existing=True)
            ).all():
                _apply(session, send, outcome, now)


def _apply(session: Session, send: AlertSend, outcome: Outcome, now: datetime) -> None:
    send.claim = send.lease_until = None
    words = "accepted" if isinstance(outcome, Sent) else outcome.reason
    send.tries = [*send.tries, {"at": now.isoformat(), "outcome": type(outcome).__name__.lower(), "words": words}]
    if isinstance(outcome, Sent):
        _accepted(session, send, outcome, now)
        return
    again = None
    if isinstance(outcome, Uncertain):
        send.unsure = True
        again = rules.after_try(len(send.tries), retry_after=None)
    elif not outcome.permanent:
        again = rules.after_try(len(send.tries), retry_after=outcome.retry_after)
    if again is None:
        _failed(session, send, outcome.reason, now)
    elif send.alert.state != AlertState.RAISED:
        send.state, send.reason = SendState.CANCELLED.value, "The alert was answered before the second try."
    else:
        send.state, send.due_at, send.reason = SendState.PLANNED.value, now + again, outcome.reason


def _accepted(session: Session, send: AlertSend, outcome: Sent, now: datetime) -> None:
    send.state, send.accepted_at, send.reference, send.reason = SendState.ACCEPTED.value, now, outcome.reference, ""
    send.stale = send.channel == "telegram" and send.alert.state != AlertState.RAISED
    if send.both:
        return
    for other in _siblings(session, send):
        if other.step == send.step and other.person_id == send.person_id:
            other.state = SendState.SKIPPED.value
            other.reason = f"Not needed: {send.channel.capitalize()} was accepted."


def _reclaim(session: Session, now: datetime) -> None:
    lost = and_(AlertSend.state == SendState.SENDING.value, AlertSend.lease_until <= now)
    if session.scalar(select(AlertSend.id).where(lost).limit(1)) is None:
        return
    with writing(session):
        for send in session.scalars(
            select(AlertSend).where(lost).order_by(AlertSend.id).with_for_update(of=AlertSend, skip_locked=True)
            .execution_options(populate_existing=True)
        ).all():
            _apply(session, send, DIED, now)
