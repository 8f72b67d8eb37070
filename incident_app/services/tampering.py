"""What is sealed and does not open is no everyday matter: somebody moved or changed it, or its key is missing."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.refusals import Refused
from incident_app.models.sealing import SHUT
from incident_app.services import alerts
from incident_app.services.unit import writing


class Shut(Refused):
    """Something sealed does not open: changed, from another row, or of a key that is not at hand."""


def sound(session: Session, case_id: int, what: str, *, now: datetime) -> None:
    """Wake the on-call about something sealed that does not open, inside the caller's transaction.

    ``what`` is contact, file, upload or text. Once a day for each of them in a case, however many do not open.
    """
    alerts.raise_about(
        session, kind="sealed_row", key=f"{case_id}/{what}/{now:%Y-%m-%d}", now=now, case_id=case_id,
        words=f"a sealed {what} does not open: it was changed, moved from another row, or its key is not loaded; "
              "nothing was shown. Look at incident-app keys show, then at who can write to the database")


def sound_alone(session: Session, case_id: int, what: str, *, now: datetime) -> None:
    """Do the same in a transaction of its own."""
    with writing(session):
        sound(session, case_id, what, now=now)


def sound_shut(session: Session, *, now: datetime) -> None:
    """Wake them about the cases of which a text did not open while this session read."""
    for case_id in sorted(session.info.pop(SHUT, ())):
        sound_alone(session, case_id, "text", now=now)
