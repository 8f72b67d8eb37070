"""After a backup took the database's place: it does not know what went out since, so nothing goes on by itself."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.notices import NoticeState
from incident_app.models.notices import Notice
from incident_app.services import audit
from incident_app.services.deliveries.controls import stop_sending
from incident_app.services.unit import writing

REASON = "Restored from a backup: whoever was written to after it was made is not known here."


def hold(session: Session, *, now: datetime) -> list[int]:
    """Pause every notice that was being sent, and record the restore; returns the ids of those notices."""
    with writing(session):
        audit.record(session, action="database.restored", by=SYSTEM, now=now)
        found = session.scalars(
            select(Notice).where(Notice.state == NoticeState.SENDING.value).order_by(Notice.id).with_for_update()
        ).all()
        for notice in found:
            stop_sending(session, notice, REASON, by=SYSTEM, now=now)
    return [notice.id for notice in found]
