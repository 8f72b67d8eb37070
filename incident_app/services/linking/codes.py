"""Tie a chat to an account in two steps: the chat sends a code, and the browser that asked for the code confirms it."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from incident_app.domain import linking as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.alerts import SendState
from incident_app.domain.linking import Chat
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.alerts import AlertSend
from incident_app.models.linking import ChatLink
from incident_app.services import accounts, audit
from incident_app.services.linking import notes
from incident_app.services.linking.forgetting import forget_chat
from incident_app.services.unit import writing

NOT_VALID = "This link is not valid any more. Make a new one on the page “How we reach you” of incident-app."
TAKEN = "This chat is linked to another account already. Unlink it there first, or say /unlink in the chat."


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def new_code(session: Session, *, by: Actor, browser: str, now: datetime) -> str:
    """Return a code of 128 bits that a chat may send within 10 minutes, once; earlier ones of this person end.

    ``browser`` is a random value that only the asking browser keeps: without it nobody confirms.
    """
    require(by, Permission.ACK_ALERT)
    code = secrets.token_urlsafe(16)
    with writing(session):
        audit.lock(session)
        for link in session.scalars(open_codes(by.id)):
            forget_chat(link, now)
        session.add(ChatLink(
            user_id=by.id, digest=_digest(code), browser_digest=_digest(browser), made_at=now,
            expires_at=now + rules.CODE_LIVES,
        ))
        audit.record(session, action="linking.code_made", by=by, now=now, subject="user", subject_id=by.id)
    return code


def open_codes(user_id: int) -> Select[ChatLink]:
    """Ask for the codes of this account that nobody has answered yet."""
    return select(ChatLink).where(
        ChatLink.user_id == user_id, ChatLink.confirmed_at.is_(None), ChatLink.ended_at.is_(None))


def is_code(session: Session, code: str, *, now: datetime) -> bool:
    """Tell whether somebody waits for this code."""
    found = session.scalar(select(ChatLink).where(ChatLink.digest == _digest(code)))
    return found is not None and _waits(found, now)


def _waits(link: ChatLink, now: datetime) -> bool:
    return link.confirmed_at is None and link.ended_at is None and link.expires_at > now


def claim(session: Session, code: str, chat: Chat, *, now: datetime) -> None:
    """Note which chat sent the code; nothing is linked before the browser says yes.

    Raises ``Refused`` alike for a code that is used, expired, unknown or claimed by another chat.
    """
    with writing(session):
        audit.lock(session)
        link = session.scalar(select(ChatLink).where(ChatLink.digest == _digest(code)))
        if link is None or not _waits(link, now) or not _may_link(link.user):
            raise Refused(NOT_VALID)
        if not chat.is_private:
            raise Refused("Alerts go to private chats only. Open the link on your own phone.")
        if link.chat_id not in {"", chat.id}:
            raise Refused(NOT_VALID)
        _free(session, chat.id, link.user_id)
        if not link.chat_id:
            link.chat_id, link.chat_name, link.claimed_at = chat.id, chat.label, now
            audit.record(session, action="linking.chat_claimed", by=link.user.actor, now=now, subject="user",
                         subject_id=link.user_id)


def _may_link(user: User) -> bool:
    return user.active and may(user.actor, Permission.ACK_ALERT)


def _free(session: Session, chat_id: str, user_id: int) -> None:
    """Raise ``Conflict`` where the chat is somebody else's; under the lock of the audit chain nobody is faster."""
    if session.scalar(select(User.id).where(User.telegram_chat_id == chat_id, User.id != user_id)) is not None:
        raise Conflict(TAKEN)


def latest(session: Session, *, by: Actor, browser: str, now: datetime) -> ChatLink | None:
    """Return the code this browser asked for, while it waits for a chat or for a yes."""
    link = session.scalar(
        select(ChatLink).where(ChatLink.user_id == by.id, ChatLink.browser_digest == _digest(browser))
        .order_by(ChatLink.id.desc()).limit(1)
    )
    return link if link is not None and _waits(link, now) else None


def _claimed(session: Session, link_id: int, by: Actor, browser: str, now: datetime) -> ChatLink:
    link = session.get(ChatLink, link_id)
    own = link is not None and link.user_id == by.id and secrets.compare_digest(link.browser_digest, _digest(browser))
    if link is None or not own:
        raise NotFound("There is no such link.")
    if not _waits(link, now) or not link.chat_id:
        raise Conflict("This link is not waiting for an answer any more. Make a new one.")
    return link


def confirm(session: Session, link_id: int, *, by: Actor, browser: str, now: datetime) -> ChatLink:
    """Link the chat that sent the code. The chat before hears of it, and so does the mailbox (T-97, T-106)."""
    require(by, Permission.ACK_ALERT)
    with writing(session):
        audit.lock(session)
        link = _claimed(session, link_id, by, browser, now)
        _free(session, link.chat_id, by.id)
        user = session.get_one(User, by.id)
        before = user.telegram_chat_id
        for old in session.scalars(select(ChatLink).where(
                ChatLink.user_id == by.id, ChatLink.confirmed_at.is_not(None), ChatLink.ended_at.is_(None))):
            old.ended_at = now
        link.confirmed_at, user.telegram_chat_id = now, link.chat_id
        _same_phone(session, user, by=by, now=now)
        for send in _planned(session, by.id):
            send.address = link.chat_id
        audit.record(session, action="linking.telegram_linked", by=by, now=now, subject="user", subject_id=by.id)
        if before and before != link.chat_id:
            notes.write(session, user, "linked", "telegram", before, rules.moved_words(user.name), now=now)
        notes.write(session, user, "linked", "telegram", link.chat_id, rules.linked_words(user.name), now=now)
        notes.write(session, user, "linked", "email", user.email, rules.mail_words(link.chat_name, linked=True), now=now)
    return link


def _same_phone(session: Session, user: User, *, by: Actor, now: datetime) -> None:
    """Join this account with whichever confirmed the same chat before: whoever holds the phone is one person."""
    before = select(ChatLink.user_id).where(
        ChatLink.chat_id == user.telegram_chat_id, ChatLink.confirmed_at.is_not(None), ChatLink.user_id != user.id)
    for other in session.scalars(select(User).where(User.id.in_(before)).order_by(User.id)).unique():
        accounts.join(session, user, other, why="same Telegram chat", by=by, now=now)


def refuse(session: Session, link_id: int, *, by: Actor, browser: str, now: datetime) -> None:
    """Say no to the chat that sent the code; the code is spent."""
    require(by, Permission.ACK_ALERT)
    with writing(session):
        audit.lock(session)
        forget_chat(_claimed(session, link_id, by, browser, now), now)
        audit.record(session, action="linking.chat_refused", by=by, now=now, subject="user", subject_id=by.id)


def _planned(session: Session, user_id: int) -> list[AlertSend]:
    question = select(AlertSend).where(
        AlertSend.person_id == user_id, AlertSend.channel == "telegram", AlertSend.state == SendState.PLANNED.value)
    return list(session.scalars(question.with_for_update(of=AlertSend)))


def unlink(session: Session, *, by: Actor, now: datetime, chat: str | None = None) -> None:
    """Forget the chat of one's own account: it hears of it, and so does the mailbox. What was planned goes by email.

    ``chat`` is where it was asked for, if not on the page: whoever holds the phone may, and the record says so.
    """
    if chat is None:
        require(by, Permission.ACK_ALERT)
    with writing(session):
        audit.lock(session)
        user, link = session.get_one(User, by.id, populate_existing=True), linked(session, by.id)
        before = user.telegram_chat_id
        if before is None or chat not in {None, before}:
            return
        label = link.chat_name if link is not None else "linked before"
        if link is not None:
            link.ended_at = now
        user.telegram_chat_id = None
        for send in _planned(session, by.id):
            _by_email_instead(session, send, user.name)
        audit.record(session, action="linking.telegram_unlinked", by=by, now=now, subject="user", subject_id=by.id,
                     details={"said": "in the chat"} if chat else {})
        notes.write(session, user, "unlinked", "telegram", before, rules.unlinked_words(user.name), now=now)
        notes.write(session, user, "unlinked", "email", user.email, rules.mail_words(label, linked=False), now=now)


def _by_email_instead(session: Session, send: AlertSend, name: str) -> None:
    send.state, send.reason = SendState.SKIPPED.value, f"{name} has unlinked Telegram."
    for other in session.scalars(select(AlertSend).where(
            AlertSend.alert_id == send.alert_id, AlertSend.person_id == send.person_id, AlertSend.step == send.step,
            AlertSend.channel == "email", AlertSend.state == SendState.PLANNED.value)):
        other.due_at = min(other.due_at, send.due_at)


def linked(session: Session, user_id: int) -> ChatLink | None:
    """Return the link in force of this person; ``None`` also for a chat linked before there were any."""
    question = select(ChatLink).where(
        ChatLink.user_id == user_id, ChatLink.confirmed_at.is_not(None), ChatLink.ended_at.is_(None))
    return session.scalar(question.order_by(ChatLink.id.desc()).limit(1))


def by_chat(session: Session, chat_id: str) -> User | None:
    """Return whose chat this is, if an active account is linked to it."""
    user = session.scalars(select(User).where(User.telegram_chat_id == chat_id)).unique().first()
    return user if user is not None and user.active else None
