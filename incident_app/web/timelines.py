"""The record of a case in words: who did what, when."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services import cases

WORDS: dict[str, str] = {
    "case.filed": "Breach logged", "case.edited": "Facts changed", "case.noted": "Note",
    "case.awareness_changed": "Awareness changed", "case.closed": "Case closed",
    "obligation.arisen": "Duties arose", "obligation.owed": "Duty is owed", "obligation.excused": "Duty is not owed",
    "obligation.discharged": "Duty discharged with proof", "risk.assessed": "Severity scored", "risk.decided": "Decision",
    "runbook.loaded": "Checklist loaded",
}
KINDS = {"filing": "filings", "obligation": "filings", "notice": "sends", "delivery": "sends", "list": "sends"}


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


def _detail(action: str, details: Mapping[str, Any]) -> str:
    match action:
        case "case.edited":
            return ", ".join(str(name).replace("_", " ") for name in details.get("fields", []))
        case "obligation.arisen":
            return "; ".join(f"{duty['recipient']} ({duty['provision']})" for duty in details.get("duties", []))
        case "risk.assessed":
            return f"SE {details.get('se')}: {str(details.get('level')).replace('_', ' ')}"
        case "risk.decided":
            differs = " (differs from the score)" if details.get("differs") else ""
            outcome = str(details.get("outcome")).replace("_", " ")
            return f"{details.get('about')}: {outcome}{differs}. {details.get('reason', '')}"
        case _:
            return " · ".join(
                str(details[name]) for name in ("reason", "source", "reference", "how", "title", "count") if details.get(name)
            )


def _line(entry: Entry, notes: Mapping[str, str]) -> Line:
    door = entry.action.partition(".")[0]
    words = WORDS.get(entry.action) or entry.action.replace(".", " ").replace("_", " ").capitalize()
    is_note = entry.action == "case.noted"
    kind = KINDS.get(door) or ("system" if entry.actor_id == SYSTEM.id else "human")
    return Line(
        seq=entry.seq, at=entry.at, who=entry.actor_name, kind=kind,
        words=notes.get(entry.subject_id, words) if is_note else words,
        detail="" if is_note else _detail(entry.action, entry.details),
        note_id=int(entry.subject_id) if is_note else None,
    )


def entries(session: Session, case: Case, limit: int | None = None) -> list[Line]:
    """Return the timeline, the newest first; a correction stands under what it corrects."""
    notes = cases.notes_of(session, case.id)
    texts = {str(note.id): note.text for note in notes}
    corrects = {note.id: note.corrects_id for note in notes if note.corrects_id}
    lines = [_line(entry, texts) for entry in cases.timeline(session, case.id)]
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
