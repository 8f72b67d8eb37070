"""What happened to an account goes into the record, and to its owner by every way they have (T-106)."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.signing_in import Scope
from incident_app.models.accounts import User
from incident_app.services import audit
from incident_app.services.linking import notes


def tell(session: Session, user: User, words: str, *, now: datetime) -> None:
    """Write a note to the owner by email, and by Telegram where a chat is linked, inside the caller's unit."""
    notes.write_all(session, user, "account", words, now=now, subject=rules.SUBJECT)


def failed(
    session: Session, user_id: int, *, by: str, ip: str, locked: list[Scope], now: datetime
) -> None:
    """Record a failed try inside the caller's unit: no password, no address of who is not known here (id 0).

    Where it was one too many for the account, its owner is told.
    """
    subject: int | str = user_id or "unknown"
    audit.record(session, action="signin.failed", by=SYSTEM, now=now, subject="user", subject_id=subject,
                 details={"by": by, "from": ip})
    if not locked:
        return
    audit.record(session, action="signin.locked", by=SYSTEM, now=now, subject="user", subject_id=subject,
                 details={"scopes": [scope.value for scope in locked], "from": ip})
    if user_id and not {Scope.PLACE, Scope.ACCOUNT, Scope.CODE}.isdisjoint(locked):
        tell(session, session.get_one(User, user_id), rules.LOCKED_WORDS, now=now)
