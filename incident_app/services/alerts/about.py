"""Alerts about something else than a deadline: one while it lasts, and their end when it is over."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.alerts import AlertState
from incident_app.models.alerts import Alert
from incident_app.models.health import running_about
from incident_app.services import audit
from incident_app.services.alerts import paging
from incident_app.services.alerts.waking import raise_about


def raise_once(
    session: Session, *, kind: str, about: str, words: str, now: datetime, case_id: int | None = None,
    owner_id: int | None = None, note: str = "",
) -> Alert | None:
    """Wake the on-call, or ``owner_id`` before them, about something that lasts; inside the caller's transaction.

    While an alert about the same thing is running (acknowledged ones too) there is no second one: ``None``.
    """
    audit.lock(session)
    if session.scalar(running_about(kind, f"{about}/").limit(1)) is not None:
        return None
    return raise_about(session, kind=kind, key=f"{about}/{now.isoformat()}", words=words, now=now, case_id=case_id,
                       owner_id=owner_id, note=note)


def end_about(session: Session, *, kind: str, begins: str, reason: str, now: datetime) -> int:
    """End the running alerts of a kind whose key begins so, with the reason; inside the caller's transaction.

    Returns how many. The phones say it; nobody is paged any further.
    """
    if session.scalar(running_about(kind, begins).limit(1)) is None:
        return 0  # without the lock that everything recorded waits for
    audit.lock(session)
    found = session.scalars(running_about(kind, begins).execution_options(populate_existing=True)).all()
    for alert in found:
        audit.record(session, action="alert.ended", by=SYSTEM, now=now, case_id=alert.case_id, subject="alert",
                     subject_id=alert.id, details={"reason": reason})
        paging.end(session, alert, AlertState.CANCELLED, reason, now)
    return len(found)
