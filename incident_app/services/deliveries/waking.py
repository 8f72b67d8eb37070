"""A notice that the machine stopped wakes somebody: people wait for it. Once for each stop, until somebody acts."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.models.notices import Notice
from incident_app.services import alerts

KIND = "notice_stopped"
PAUSED = "sending went wrong and was paused; the reason stands on its page"
HELD = "held: what would be sent is no longer what was approved"


def wake_about(session: Session, notice: Notice, words: str, *, now: datetime) -> None:
    """Wake the on-call about a notice nobody stopped. Call inside a write unit.

    ``words`` are ours: what a provider says may hold an address, so it stands on the notice's page and not here.
    """
    alerts.raise_once(session, kind=KIND, about=str(notice.id), now=now, case_id=notice.case_id,
                      words=f"notice {notice.number} {words}")


def looked_after(session: Session, notice: Notice, what: str, *, by: Actor, now: datetime) -> None:
    """End that alert: somebody let it go on, or stopped it for good. Call inside a write unit."""
    alerts.end_about(session, kind=KIND, begins=f"{notice.id}/", now=now, reason=f"{by.name} {what}.")
