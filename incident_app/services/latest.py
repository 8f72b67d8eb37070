"""Who changed a record last, for whoever was slower."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.audit import Entry

LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One change: by whom, when, and which fields, where the record says so."""

    by: str
    at: datetime
    fields: frozenset[str]


def changes(session: Session, subject: str, subject_id: int | str, case_id: int | None) -> list[Change]:
    """Return the last changes of one record, the newest first. ``case_id`` is the case it belongs to, if any."""
    question = select(Entry).where(Entry.subject == subject, Entry.subject_id == str(subject_id))
    if case_id is not None:
        question = question.where(Entry.case_id == case_id)
    found = session.scalars(question.order_by(Entry.seq.desc()).limit(LOOKED_AT))
    return [Change(one.actor_name, one.at, frozenset(map(str, one.details.get("fields", ())))) for one in found]


def of_field(found: list[Change], names: Collection[str]) -> Change | None:
    """Return the last change of a field that goes by one of ``names``; where none says so, the last change at all."""
    named = (one for one in found if not one.fields.isdisjoint(names))
    return next(named, found[0] if found else None)
