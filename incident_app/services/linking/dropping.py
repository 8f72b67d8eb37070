"""What reaches somebody no longer: the ways of an account that is disabled."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.alerts import SendState
from incident_app.models.accounts import User
from incident_app.models.alerts import AlertSend
from incident_app.models.linking import ChatLink
from incident_app.services.linking.codes import open_codes
from incident_app.services.linking.forgetting import forget_chat


def drop(session: Session, user: User, *, now: datetime) -> bool:
    """Forget the chat of an account and skip what was planned for it, inside the caller's transaction.

    Tell whether there was a chat. The ladder goes on to whoever comes next.
    """
    for code in session.scalars(open_codes(user.id)):
        forget_chat(code, now)
    for link in session.scalars(select(ChatLink).where(
            ChatLink.user_id == user.id, ChatLink.confirmed_at.is_not(None), ChatLink.ended_at.is_(None))):
        link.ended_at = now
    had = user.telegram_chat_id is not None
    user.telegram_chat_id = None
    planned = select(AlertSend).where(AlertSend.person_id == user.id, AlertSend.state == SendState.PLANNED.value)
    for send in session.scalars(planned.with_for_update(of=AlertSend)):
        send.state, send.reason = SendState.SKIPPED.value, f"The account of {user.name} is disabled."
    return had
