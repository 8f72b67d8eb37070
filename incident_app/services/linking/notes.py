"""Notes to our own people about their account, and tests of a channel: a row first, then sent at least once."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from incident_app.domain import linking as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.ports import Channel, Clock, Message, Outcome, Rejected, Sent
from incident_app.domain.refusals import Refused
from incident_app.models.accounts import User
from incident_app.models.linking import StaffNote
from incident_app.services import audit
from incident_app.services.unit import writing

NOT_SET_UP = {"telegram": "No Telegram bot is set up for staff.", "email": "No email sender is set up."}
NAMES = {"telegram": "Telegram", "email": "Email"}


def write(
    session: Session, user: User, kind: str, channel: str, address: str, text: str, *, now: datetime,
    subject: str = rules.CHANGED_SUBJECT,
) -> StaffNote:
    """Write a note inside the caller's transaction; it leaves within seconds."""
    note = StaffNote(
        public_id=str(uuid.uuid4()), user_id=user.id, kind=kind, channel=channel, address=address, subject=subject,
        text=text, due_at=now, made_at=now,
    )
    session.add(note)
    return note


def write_all(session: Session, user: User, kind: str, text: str, *, now: datetime, subject: str) -> None:
    """Write a note by email, and by Telegram where a chat is linked, inside the caller's transaction."""
    for channel, address in {"email": user.email, "telegram": user.telegram_chat_id}.items():
        if address:
            write(session, user, kind, channel, address, text, now=now, subject=subject)


def test(session: Session, channel: str, *, by: Actor, now: datetime) -> StaffNote:
    """Send a test to oneself by one channel. A test still under way is not sent twice."""
    require(by, Permission.ACK_ALERT)
    with writing(session):
        audit.lock(session)
        user = session.get_one(User, by.id)
        address = {"telegram": user.telegram_chat_id, "email": user.email}.get(channel)
        if not address:
            raise Refused("Link Telegram first." if channel == "telegram" else "There is no such channel.")
        waiting = session.scalar(select(StaffNote).where(
            StaffNote.user_id == by.id, StaffNote.kind == "test", StaffNote.channel == channel,
            StaffNote.state.in_(["planned", "sending"])).limit(1))
        if waiting is not None:
            return waiting
        note = write(session, user, "test", channel, address, rules.TEST_WORDS, now=now, subject=rules.TEST_SUBJECT)
        audit.record(session, action="linking.channel_tested", by=by, now=now, subject="user", subject_id=by.id,
                     details={"channel": channel})
    return note


@dataclass(frozen=True, slots=True)
class _Claimed:
    note_id: int
    claim: str
    message: Message


Fill = Callable[[StaffNote], str]


def send_notes(session: Session, channels: Mapping[str, Channel], *, clock: Clock, fill: Fill = lambda note: note.text) -> int:
    """Send what is due, one by one; return how many were tried. A lost answer means a second try.

    ``fill`` returns the text of a note as it is sent: secrets are put in only then. Where one did not get through, the rest of that channel waits for the next call: a server that hangs holds us once.
    """
    return sum(_send_by(session, name, channels.get(name), clock, fill) for name in NOT_SET_UP)


def _send_by(session: Session, name: str, channel: Channel | None, clock: Clock, fill: Fill) -> int:
    if channel is None:
        _give_up(session, name, clock.now())
        return 0
    tried = 0
    while claimed := _claim(session, name, clock.now(), fill):
        outcome = channel.send([claimed[0].message])[0]
        _record(session, claimed[0], outcome, clock.now())
        tried += 1
        if not isinstance(outcome, Sent) and not _for_good(outcome):
            break
    return tried


def _due(name: str, now: datetime) -> ColumnElement[bool]:
    return and_(StaffNote.channel == name, StaffNote.due_at <= now, or_(
        StaffNote.state == "planned", and_(StaffNote.state == "sending", StaffNote.lease_until <= now)))


def _give_up(session: Session, name: str, now: datetime) -> None:
    if session.scalar(select(StaffNote.id).where(_due(name, now)).limit(1)) is None:
        return  # without taking the write lock
    with writing(session):
        for note in session.scalars(select(StaffNote).where(_due(name, now)).with_for_update(skip_locked=True)):
            note.state, note.reason = "failed", NOT_SET_UP[name]


def _claim(session: Session, name: str, now: datetime, fill: Fill) -> list[_Claimed]:
    """Take the next one, and no more: what waits behind it is another process's as much as ours."""
    claimed: list[_Claimed] = []
    if session.scalar(select(StaffNote.id).where(_due(name, now)).limit(1)) is None:
        return claimed  # without taking the write lock
    with writing(session):
        for note in session.scalars(
            select(StaffNote).where(_due(name, now)).order_by(StaffNote.id).limit(1).with_for_update(skip_locked=True)
        ).all():
            note.state, note.claim, note.lease_until = "sending", str(uuid.uuid4()), now + rules.LEASE
            note.tries += 1
            claimed.append(_Claimed(note.id, note.claim, Message(
                delivery_id=note.public_id, address=note.address, subject=note.subject, text=fill(note))))
    return claimed


def _record(session: Session, claimed: _Claimed, outcome: Outcome, now: datetime) -> None:
    with writing(session):
        note = session.get(StaffNote, claimed.note_id, with_for_update=True, populate_existing=True)
        if note is not None and note.claim == claimed.claim:
            _apply(note, outcome, now)


def _for_good(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.permanent


def _apply(note: StaffNote, outcome: Outcome, now: datetime) -> None:
    note.claim = note.lease_until = None
    if isinstance(outcome, Sent):
        note.state, note.accepted_at, note.reason = "accepted", now, ""
        return
    note.reason = outcome.reason
    if note.tries >= rules.MOST_TRIES or _for_good(outcome):
        note.state = "failed"
    else:
        note.state, note.due_at = "planned", now + rules.REPEAT_AFTER * note.tries
