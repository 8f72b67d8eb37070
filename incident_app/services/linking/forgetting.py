"""What was kept of chats and of notes to our own people, and is of no use any more."""

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, update
from sqlalchemy.orm import Session

from incident_app.models.linking import ChatLink, StaffNote
from incident_app.services.unit import changed, writing

KEPT = timedelta(days=30)


def forget_chat(link: ChatLink, now: datetime) -> None:
    """End a code nobody said yes to; whose chat that was is not kept."""
    link.ended_at, link.chat_id, link.chat_name = now, "", ""


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete notes that were sent, or given up, 30 days ago; forget the chats of links that are over.

    A chat nobody said yes to is forgotten as soon as its code has expired: it may be a stranger's. Returns how many rows.
    """
    sent = and_(StaffNote.state == "accepted", StaffNote.accepted_at < now - KEPT)
    given_up = and_(StaffNote.state == "failed", StaffNote.due_at < now - KEPT)
    unanswered = and_(ChatLink.confirmed_at.is_(None), ChatLink.expires_at < now)
    with writing(session):
        deleted = session.scalars(delete(StaffNote).where(or_(sent, given_up)).returning(StaffNote.id)).all()
        return len(deleted) + changed(session, update(ChatLink).where(
            or_(ChatLink.chat_id != "", ChatLink.chat_name != ""), or_(unanswered, ChatLink.ended_at < now - KEPT),
        ).values(chat_id="", chat_name=""))
