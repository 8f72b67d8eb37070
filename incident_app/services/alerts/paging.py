"""The rows of who is woken, when and how: all written before the first message leaves."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Permission, Role, may
from incident_app.domain.alerts import CHANNELS, LADDER, AlertState, SendState, Step, Who
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.services import accounts, rota

ROUND = 10


def people_for(session: Session, step: Step, owner_id: int | None, at: datetime) -> list[User]:
    """Return whom this step wakes at ``at``; empty where there is nobody of that kind."""
    on_call = rota.on_call(session, at)
    everybody = accounts.everybody(session)
    if step.who is Who.ON_CALL:
        return [on_call] if on_call else []
    if step.who is Who.EVERYONE:
        return [user for user in everybody if not user.actor.roles.isdisjoint({Role.APPROVER, Role.ADMIN})]
    coming = rota.who_is_next(session, at)
    owner = session.get(User, owner_id) if owner_id else None
    approvers = [user for user in everybody if Role.APPROVER in user.actor.roles]
    for user in (owner, coming[0] if coming else None, *approvers):
        able = user is not None and user.active and may(user.actor, Permission.ACK_ALERT)
        if user is not None and able and user != on_call:
            return [user]
    return []


def plan(session: Session, owner_id: int | None, at: datetime) -> list[tuple[Step, list[User]]]:
    """Return the steps that have somebody in them, in order."""
    steps = [(step, people_for(session, step, owner_id, at)) for step in LADDER]
    return [(step, people) for step, people in steps if people]


def start(session: Session, alert: Alert, *, now: datetime) -> None:
    """Write the sends of a freshly raised alert."""
    if alert.only_for_id is not None:
        _write(session, alert, 1, LADDER[0], [session.get_one(User, alert.only_for_id)], now)
        return
    steps = plan(session, alert.case.owner_id if alert.case else None, now)
    if not any(step.who is Who.ON_CALL for step, _ in steps):
        _note(alert, "Nobody was on call.")
    if not steps:
        _note(alert, "Nobody could be paged: there is no active approver or administrator.")
    _write_steps(session, alert, 0, steps, now)


def again(session: Session, alert: Alert, *, now: datetime) -> None:
    """Go on paging at the step after the last one begun: an acknowledgement expired, or somebody escalated."""
    steps = plan(session, alert.case.owner_id if alert.case else None, now)
    begun = last_step(session, alert) % ROUND
    drop_planned(session, alert, "The ladder went on at its next step.")
    alert.state = AlertState.RAISED.value
    alert.rounds += 1
    skipped = min(begun, max(0, len(steps) - 1))
    _write_steps(session, alert, skipped, steps, now)
    mark_stale(session, alert)


def last_step(session: Session, alert: Alert) -> int:
    """Return the number of the last step that was begun; 0 where none was."""
    steps = [send.step for send in sends_of(session, alert.id) if send.tries or send.state == SendState.SENDING]
    return max(steps, default=0)


def _write_steps(
    session: Session, alert: Alert, first: int, steps: Sequence[tuple[Step, list[User]]], now: datetime
) -> None:
    offsets = [step.after for step in LADDER]
    for wait, index in enumerate(range(first, len(steps))):
        step, people = steps[index]
        number = (alert.rounds - 1) * ROUND + index + 1
        _write(session, alert, number, step, people, now + offsets[wait])


def _write(session: Session, alert: Alert, number: int, step: Step, people: Sequence[User], at: datetime) -> None:
    for person in people:
        has_chat = bool(person.telegram_chat_id)
        later = timedelta(0) if step.both or not has_chat else rules.NEXT_CHANNEL_AFTER
        for channel in CHANNELS:
            telegram = channel == "telegram"
            send = AlertSend(
                public_id=str(uuid.uuid4()), alert_id=alert.id, person_id=person.id, channel=channel, step=number,
                both=step.both, due_at=at if telegram else at + later, tries=[],
                address=(person.telegram_chat_id or "") if telegram else person.email,
            )
            if telegram and not has_chat:
                send.state = SendState.SKIPPED.value
                send.reason = f"{person.name} has not linked Telegram."
            session.add(send)
    session.flush()


def sends_of(session: Session, alert_id: int) -> Sequence[AlertSend]:
    """Return every send of an alert in order of its steps."""
    question = select(AlertSend).where(AlertSend.alert_id == alert_id)
    return session.scalars(question.order_by(AlertSend.step, AlertSend.due_at, AlertSend.id)).all()


def drop_planned(session: Session, alert: Alert, reason: str) -> None:
    """Take back what has not been sent yet, with the reason that the page shows."""
    for send in sends_of(session, alert.id):
        if send.state == SendState.PLANNED:
            send.state, send.reason = SendState.CANCELLED.value, reason


def mark_stale(session: Session, alert: Alert) -> None:
    """Ask for the messages on people's phones to be edited to how things stand."""
    for send in sends_of(session, alert.id):
        if send.state == SendState.ACCEPTED and send.channel == "telegram":
            send.stale = True


def end(session: Session, alert: Alert, state: AlertState, reason: str, now: datetime) -> None:
    """End an alert: take back its planned sends, keep the reason, and have the phones say so."""
    alert.state, alert.ended_at = state.value, now
    _note(alert, reason)
    drop_planned(session, alert, reason)
    mark_stale(session, alert)


def _note(alert: Alert, words: str) -> None:
    alert.note = f"{alert.note} {words}".strip()
