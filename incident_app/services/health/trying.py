"""The ways on which staff are reached: how they stand, and a try of one to oneself."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.alerts import SendState, moment
from incident_app.domain.ports import Channel, Message, Sent
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.accounts import User
from incident_app.models.alerts import AlertSend, Heartbeat
from incident_app.models.linking import StaffNote
from incident_app.services import alerts, audit
from incident_app.services.unit import writing

TRY = "try of "
LABELS = {"telegram": "Telegram", "email": "Email"}
NO_CHAT = "A test goes to your own chat, and an administrator has none: let somebody who is on call press Test."


@dataclass(frozen=True, slots=True)
class Way:
    """One way to staff: whether it is set up, and when a message was last accepted, and last refused for good."""

    name: str
    set_up: bool
    accepted_at: datetime | None
    failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try."""

    ok: bool
    words: str


def ways(session: Session, channels: Mapping[str, Channel]) -> list[Way]:
    """Return how each way to staff stands, by what became of alerts, of notes to staff, and of the last try."""
    found, tries = [], {row.name: row for row in session.scalars(select(Heartbeat).where(Heartbeat.name.startswith(TRY)))}
    for name in LABELS:
        mine = AlertSend.channel == name
        noted = StaffNote.channel == name
        accepted = [session.scalar(select(func.max(AlertSend.accepted_at)).where(mine)),
                    session.scalar(select(func.max(StaffNote.accepted_at)).where(noted))]
        failed = [session.scalar(select(func.max(AlertSend.due_at)).where(mine, AlertSend.state == SendState.FAILED.value)),
                  session.scalar(select(func.max(StaffNote.due_at)).where(noted, StaffNote.state == SendState.FAILED.value))]
        tried = tries.get(TRY + name)
        if tried is not None:
            (accepted if tried.ok else failed).append(tried.at)
        found.append(Way(name, name in channels, _last(accepted), _last(failed)))
    return found


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in moments if at is not None), default=None)


def try_way(
    session: Session, name: str, channels: Mapping[str, Channel], *, public_url: str, by: Actor, now: datetime
) -> Tried:
    """Send a message to oneself by one way, now. Raises ``Refused`` where there is no such way or no address."""
    require(by, Permission.TRY_WAYS)
    me = session.get_one(User, by.id)
    address = me.telegram_chat_id if name == "telegram" else me.email
    if name not in channels:
        raise Conflict(f"{LABELS.get(name, name)} is not set up for staff here.")
    if not address:
        raise Refused("You have not linked Telegram. Link it under On call first." if may(by, Permission.ACK_ALERT) else NO_CHAT)
    words = f"Test of {moment(now, me.zone)}: this is how alerts reach you. Nothing is due."
    message = Message(str(uuid.uuid4()), address, "incident-app · test, nothing is due", f"{words}\n{public_url}/health")
    with writing(session):
        audit.record(session, action="health.tried", by=by, now=now, subject="way", subject_id=name)
    outcome = channels[name].send([message])[0]
    alerts.beat(session, TRY + name, now=now, ok=isinstance(outcome, Sent))
    if isinstance(outcome, Sent):
        return Tried(ok=True, words=f"{LABELS[name]} took the message. Look whether it arrives.")
    return Tried(ok=False, words=f"{LABELS[name]} did not take the message: {outcome.reason}")
