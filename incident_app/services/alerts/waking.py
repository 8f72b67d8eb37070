"""Wake the on-call about something else than a deadline."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.alerts import AlertState
from incident_app.models.alerts import Alert
from incident_app.services import audit
from incident_app.services.alerts import ladders, paging


def raise_about(
    session: Session, *, kind: str, key: str, words: str, now: datetime, case_id: int | None = None,
    only_for_id: int | None = None, owner_id: int | None = None, note: str = "",
) -> Alert | None:
    """Wake the on-call about something else than a deadline; inside the caller's transaction.

    The same ``kind`` and ``key`` twice is one alert: the second call returns ``None``. ``words`` hold no personal data.
    With ``only_for_id`` this one person is told, once.
    """
    audit.lock(session)
    if session.scalar(select(Alert.id).where(Alert.key == f"{kind}/{key}")) is not None:
        return None
    return wake(session, kind=kind, key=key, words=words, now=now, case_id=case_id, only_for_id=only_for_id, owner_id=owner_id,
                note=note)


def wake(
    session: Session, *, kind: str, key: str, words: str, now: datetime, case_id: int | None = None,
    only_for_id: int | None = None, owner_id: int | None = None, note: str = "",
) -> Alert:
    """Write a raised alert and its sends, inside the caller's transaction; ``key`` must be new for this ``kind``."""
    alert = Alert(
        key=f"{kind}/{key}", kind=kind, case_id=case_id, threshold=kind, words=words, due_at=now, raised_at=now,
        state=AlertState.RAISED.value, only_for_id=only_for_id, owner_id=owner_id, late_by_seconds=0,
        note=note,
    )
    session.add(alert)
    session.flush()
    audit.record(session, action="alert.raised", by=SYSTEM, now=now, case_id=case_id, subject="alert",
                 subject_id=alert.id, details={"kind": kind, "words": words})
    paging.start(session, alert, ladders.of_alert(session, alert), now=now)
    return alert
