"""Which chat each person is reached in."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.accounts import User
from incident_app.models.alerts import LinkCode
from incident_app.services import audit
from incident_app.services.unit import writing

CODE_LIVES = timedelta(minutes=10)
LONGEST_CHAT_ID = 32


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def link_code(session: Session, *, by: Actor, now: datetime) -> str:
    """Return a code of 128 bits that ties one chat to this account, once, within 10 minutes."""
    require(by, Permission.ACK_ALERT)
    code = secrets.token_urlsafe(16)
    with writing(session):
        session.add(LinkCode(user_id=by.id, digest=_digest(code), expires_at=now + CODE_LIVES))
        audit.record(session, action="rota.link_code_made", by=by, now=now, subject="user", subject_id=by.id)
    return code


def link_chat(session: Session, code: str, chat_id: str, *, now: datetime) -> User:
    """Tie the chat to the account the code was made for. Raises ``Refused`` for a used, expired or unknown code."""
    with writing(session):
        row = session.scalar(select(LinkCode).where(LinkCode.digest == _digest(code)).with_for_update())
        if row is None or row.used_at is not None or row.expires_at <= now:
            raise Refused("This code is not valid any more. Make a new one on the on-call page.")
        if not chat_id or len(chat_id) > LONGEST_CHAT_ID:
            raise Refused("This chat cannot be linked.")
        if session.scalar(select(User.id).where(User.telegram_chat_id == chat_id, User.id != row.user_id)):
            raise Conflict("This chat is linked to another account already.")
        user = session.get_one(User, row.user_id)
        row.used_at, user.telegram_chat_id = now, chat_id
        audit.record(session, action="rota.telegram_linked", by=user.actor, now=now, subject="user",
                     subject_id=row.user_id)
    return user


def unlink(session: Session, *, by: Actor, now: datetime) -> None:
    """Forget the chat of one's own account."""
    require(by, Permission.ACK_ALERT)
    with writing(session):
        session.get_one(User, by.id).telegram_chat_id = None
        audit.record(session, action="rota.telegram_unlinked", by=by, now=now, subject="user", subject_id=by.id)


def by_chat(session: Session, chat_id: str) -> User | None:
    """Return whose chat this is, if an active account is linked to it."""
    user = session.scalars(select(User).where(User.telegram_chat_id == chat_id)).unique().first()
    return user if user is not None and user.active else None
