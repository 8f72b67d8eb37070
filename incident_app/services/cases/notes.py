"""What people write into the timeline of a case."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.cases import Case, Note
from incident_app.services import audit
from incident_app.services.unit import writing


def add_note(session: Session, case_id: int, text: str, *, by: Actor, now: datetime, corrects: int | None = None) -> Note:
    """Write into the timeline. Nothing is edited: a correction stands under what it corrects."""
    require(by, Permission.EDIT_CASE)
    if not text.strip():
        raise Refused("The note is empty.", {"text": "Write something, or leave the page."})
    with writing(session):
        if session.get(Case, case_id) is None:
            raise NotFound("There is no such case.")
        if corrects is not None:
            corrected = session.get(Note, corrects)
            if corrected is None or corrected.case_id != case_id:
                raise NotFound("There is no such note to correct.")
        note = Note(case_id=case_id, text=text.strip(), corrects_id=corrects, by_id=by.id or None, at=now)
        session.add(note)
        session.flush()
        audit.record(session, action="case.noted", by=by, now=now, case_id=case_id, subject="note",
                     subject_id=note.id, details={"corrects": corrects})
    return note


def notes_of(session: Session, case_id: int) -> Sequence[Note]:
    """Return what people wrote, the newest first."""
    return session.scalars(select(Note).where(Note.case_id == case_id).order_by(Note.id.desc())).all()
