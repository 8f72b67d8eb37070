"""The record of a case in words: who did what, when."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor, Permission, may
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services import cases
from incident_app.services.entries import Said, say

KINDS = {"filing": "filings", "obligation": "filings", "controllers": "sends", "deliveries": "sends", "notice": "sends", "post": "sends",
         "public": "sends", "recipients": "sends"}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the timeline as a page shows it."""

    seq: int
    at: datetime
    who: str
    words: str
    kind: str
    detail: str = ""
    note_id: int | None = None
    corrected: tuple["Line", ...] = ()


def _line(entry: Entry, said: Said, notes: Mapping[str, str]) -> Line:
    is_note = entry.action == "case.noted"
    kind = KINDS.get(entry.action.partition(".")[0]) or ("system" if entry.actor_id == SYSTEM.id else "human")
    return Line(
        seq=entry.seq, at=entry.at, who=entry.actor_name, kind=kind,
        words=notes.get(entry.subject_id, said.words) if is_note else said.words, detail="" if is_note else said.detail,
        note_id=int(entry.subject_id) if is_note else None,
    )


def entries(session: Session, case: Case, by: Actor, limit: int | None = None) -> list[Line]:
    """Return the timeline by when things were done, the newest first; a correction stands under what it corrects.

    Who at a controller confirmed something is named to who may see people (``by``)."""
    notes = cases.notes_of(session, case.id)
    texts = {str(note.id): note.text for note in notes}
    corrects = {note.id: note.corrects_id for note in notes if note.corrects_id}
    entered = sorted(cases.timeline(session, case.id), key=lambda entry: (entry.at, entry.seq), reverse=True)
    details = cases.details_of(session, case, entered, named=may(by, Permission.SEE_MASKED))
    said = say(session, entered, details, case.zone)
    lines = [_line(entry, said[entry.seq], texts) for entry in entered]
    under: dict[int, list[Line]] = {}
    top: list[Line] = []
    for line in lines:
        target = corrects.get(line.note_id) if line.note_id else None
        if target:
            under.setdefault(target, []).append(line)
        else:
            top.append(line)
    found = [
        Line(line.seq, line.at, line.who, line.words, line.kind, line.detail, line.note_id,
             tuple(under.get(line.note_id or 0, ())))
        for line in top
    ]
    return found[:limit] if limit else found


def counts(lines: Sequence[Line]) -> list[tuple[str, int]]:
    """Return how many entries of each kind there are, all first."""
    counted = Counter(line.kind for line in lines)
    return [("all", len(lines)), *((kind, counted[kind]) for kind in ("human", "system", "filings", "sends"))]
