"""Send what is due: claim → sending → outcome. An alert goes out at least once: a lost answer means a second try."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Permission, may
from incident_app.domain.alerts import CHANNELS, AlertState, SendState, StaffBot
from incident_app.domain.ports import Button, Channel, Clock, Message, Outcome, Rejected, Sent, Uncertain
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.obligations import OWED
from incident_app.services.alerts import paging
from incident_app.services.unit import writing

NOT_SET_UP = {"telegram": "No Telegram bot is set up for staff.", "email": "No email sender is set up."}
DIED = Uncertain("The program stopped while sending; it may have gone out.")


@dataclass(frozen=True, slots=True)
class Look:
    """How a message is dressed: where its link leads and what signs its buttons."""

    public_url: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class _Claimed:
    send_id: int
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
    claimed: list[_Claimed] = []
    if session.scalar(select(AlertSend.id).where(_is_due(name, now)).limit(1)) is None:
        return claimed  # without taking the write lock that a mass notice needs
    with writing(session):
        sends = session.scalars(
            select(AlertSend).where(_is_due(name, now)).order_by(AlertSend.due_at, AlertSend.id)
            .limit(channel.batch if channel else 50)
            .with_for_update(of=AlertSend, skip_locked=True).execution_options(populate_existing=True)
        ).all()
        for send in sends:
            if channel is None:
                _failed(session, send, NOT_SET_UP[name], now)
            elif send.alert.state != AlertState.RAISED:
                send.state, send.reason = SendState.CANCELLED.value, "The alert had been answered by then."
            else:
                claimed.append(_take(send, look, now))
    return claimed


def _take(send: AlertSend, look: Look, now: datetime) -> _Claimed:
    send.state, send.claim, send.lease_until = SendState.SENDING.value, str(uuid.uuid4()), now + rules.LEASE
    return _Claimed(send.id, send.claim, _message(send, look, now))


def _message(send: AlertSend, look: Look, now: datetime) -> Message:
    alert, person = send.alert, send.person
    head = head_of(alert, now)
    link = f"{look.public_url}/alerts/{alert.id}"
    buttons: tuple[Button, ...] = ()
    if send.channel == "telegram" and may(person.actor, Permission.ACK_ALERT):
        buttons = tuple(
            Button(label, rules.button_data(look.secret, verb, alert.id, send.address))
            for verb, label in rules.VERBS.items()
        )
    return Message(
        delivery_id=send.public_id, address=send.address, subject=head, buttons=buttons,
        text=rules.text(head, lines_of(alert, person.zone), link, repeat=send.unsure),
    )


def head_of(alert: Alert, now: datetime) -> str:
    """Return the first line as it is true at ``now``: case number, authority, time left."""
    ref = alert.case.ref if alert.case else "incident-app"
    words, recipient = alert.words, alert.obligation.recipient if alert.obligation else ""
    if alert.deadline_at is not None and abs(now - alert.due_at) > rules.CLOSE_ENOUGH:
        words = rules.left_words(alert.deadline_at - now)
    return rules.headline(ref, recipient, words, drill=alert.case.is_drill if alert.case else False)


def lines_of(alert: Alert, zone: str) -> list[str]:
    """Return the lines below the head: due moment in the person's zone, what is open, why it comes late."""
    lines = []
    if alert.deadline_at is not None:
        lines.append(f"Due {rules.moment(alert.deadline_at, zone)}.")
    if alert.obligation is not None:
        owed = alert.obligation.state == OWED
        lines.append("It is owed and not done yet." if owed else "Nobody has decided yet whether it is owed.")
    return [*lines, alert.note]


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
        if other.step <= send.step and other.state in {SendState.PLANNED, SendState.SENDING, SendState.ACCEPTED}
    ]
    later = [other for other in planned if other.step > send.step]
    if not alive and later:
        sooner = min(other.due_at for other in later) - now
        for other in later:
            other.due_at = min(other.due_at, other.due_at - sooner)


def _record(session: Session, claimed: Sequence[_Claimed], outcomes: Sequence[Outcome], now: datetime) -> None:
    with writing(session):
        for item, outcome in zip(claimed, outcomes, strict=True):
            send = session.scalar(
                select(AlertSend).where(AlertSend.id == item.send_id).with_for_update(of=AlertSend)
                .execution_options(populate_existing=True)
            )
            if send is not None and send.claim == item.claim:
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
    lost = select(AlertSend.id).where(AlertSend.state == SendState.SENDING.value, AlertSend.lease_until <= now)
    if session.scalar(lost.limit(1)) is None:
        return
    with writing(session):
        for send in session.scalars(
            select(AlertSend).where(AlertSend.id.in_(lost)).with_for_update(of=AlertSend)
            .execution_options(populate_existing=True)
        ).all():
            _apply(session, send, DIED, now)


def refresh_messages(session: Session, channels: Mapping[str, object], *, now: datetime) -> int:
    """Edit the messages on people's phones to how things stand; return how many were edited."""
    bot = channels.get("telegram")
    asked = select(AlertSend.id).where(AlertSend.stale.is_(True)).limit(1)
    if not isinstance(bot, StaffBot) or session.scalar(asked) is None:
        return 0
    edits = []
    with writing(session):
        stale = session.scalars(
            select(AlertSend).where(AlertSend.stale.is_(True)).limit(50)
            .with_for_update(of=AlertSend, skip_locked=True).execution_options(populate_existing=True)
        ).all()
        for send in stale:
            send.stale = False
            words = rules.text(head_of(send.alert, now), lines_of(send.alert, send.person.zone)[:1],
                               status_words(send.alert, send.person.zone))
            edits.append((send.id, send.address, send.reference, words))
    again = [
        send_id for send_id, address, reference, words in edits if _once_more(bot.edit(address, reference, words))
    ]
    if again:
        with writing(session):
            for send in session.scalars(select(AlertSend).where(AlertSend.id.in_(again))):
                send.stale = True
    return len(edits) - len(again)


def _once_more(outcome: Outcome) -> bool:
    # An edit twice is the same edit: nothing is lost by repeating it.
    return isinstance(outcome, Uncertain) or (isinstance(outcome, Rejected) and not outcome.permanent)


def status_words(alert: Alert, zone: str) -> str:
    """Return the line that says how an alert stands: "Acknowledged by … 03:21, expires 03:51"."""
    if alert.state == AlertState.ACKNOWLEDGED and alert.acked_at is not None:
        name = alert.acked_by.name if alert.acked_by else "somebody"
        words = f"Acknowledged by {name} {rules.clock_time(alert.acked_at, zone)}"
        if alert.ack_expires_at is None:
            return f"{words}, quiet until the next threshold."
        return f"{words}, expires {rules.clock_time(alert.ack_expires_at, zone)}."
    if alert.state == AlertState.RAISED:
        return "Not acknowledged: paging goes on."
    return f"Over. {alert.note}"
