"""The record of a case in words: who did what, when."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Permission, may
from incident_app.domain.deliveries import BUCKETS
from incident_app.domain.numbers import grouped
from incident_app.domain.record import detail_of, was_words
from incident_app.domain.regimes import RECORDED
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services import cases
from incident_app.web.guard import actor
from incident_app.web.law_words import capital

WORDS: dict[str, str] = {
    "case.filed": "Breach logged", "case.edited": "Facts changed", "case.noted": "Note",
    "case.awareness_changed": "Awareness changed", "case.closed": "Case closed",
    "obligation.arisen": "Duties arose", "obligation.owed": "Duty is owed", "obligation.still_owed": "Duty is still owed", "obligation.excused": "Duty is not owed",
    "obligation.reopened": "Duty is owed again", "obligation.stays_done": "Duty stays done",
    "obligation.discharged": "Duty discharged with proof", "risk.assessed": "Severity scored", "risk.decided": "Decision",
    "risk.confirmed": "Confirmed by a second person", "risk.sent_back": "Sent back by a second person",
    "case.moment_recorded": "Moment recorded", "action.loaded": "Checklist loaded",
    "action.changed": "Action changed", "action.checked": "Action checked by a second person", "action.check_refused": "Action sent back, open again",
    "action.reviewed": "Looked whether it works", "action.freed": "Action waits for nothing any more",
    "action.redated": "Due times of actions moved",
    "recipients.imported": "List of people uploaded", "recipients.uploaded": "File with people uploaded",
    "recipients.refused": "File with people refused", "recipients.discarded": "Upload thrown away",
    "recipients.erased": "Contacts erased", "recipients.asked": "Asked whether an address was written to",
    "documents.erased": "Files erased",
    "keys.renewal_begun": "A fresh key: sealing anew begun", "keys.renewed": "Everything sealed anew",
    "recipients.deleted": "List of people deleted", "recipients.opened": "Contact opened",
    "filing.approval_asked": "Approval of the filing asked", "notice.approval_asked": "Approval of the notice asked",
    "public.drafted": "Public notice drafted", "public.edited": "Public notice edited", "public.approval_asked": "Approval of the public notice asked",
    "public.approved": "Public notice approved", "public.sent_back": "Public notice sent back", "public.withdrawn": "Public notice withdrawn",
    "lessons.written": "Cause and lessons written down", "case.system_picked": "System of the case picked",
    "case.system_dropped": "System of the case taken away",
    "approval.told": "An approver was told what waits for them",
    "notice.proved": "Outcomes of the notice written down as proof",
    "controllers.acknowledged": "A controller confirmed that the notice arrived", "controllers.imported": "List of controllers taken over",
    "controllers.exported": "Receipts of controllers exported, without addresses",
}
KINDS = {"filing": "filings", "obligation": "filings", "notice": "sends", "deliveries": "sends", "recipients": "sends"}
WORKS = {"works": "it works", "partly": "it works partly", "not": "it does not work, so it is open again"}
TOLD = ("organisation", "acknowledged_by", "title", "name", "reason", "source", "reference", "how", "public_reason", "late_reason", "count")


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


def _fields(details: Mapping[str, Any]) -> str:
    return ", ".join(str(name).replace("_", " ") for name in details.get("fields", []))


def _detail(action: str, details: Mapping[str, Any]) -> str:
    match action:
        case "action.changed":
            return detail_of({name: value for name, value in details.items() if name != "owner"})
        case "case.edited" if details.get("was"):
            return f"{_fields(details)}; before: {was_words(details['was'])}"
        case "case.edited" | "lessons.written" | "case.system_picked" | "case.system_dropped":
            return _fields(details)
        case "obligation.still_owed" | "approval.told":
            return ": ".join(filter(None, (details.get("organisation"), str(details.get("words")))))
        case "obligation.arisen":
            return "; ".join(f"{duty['recipient']} ({duty['provision']})" for duty in details.get("duties", []))
        case "risk.assessed":
            return f"SE {details.get('se')}: {str(details.get('level')).replace('_', ' ')}"
        case "risk.decided":
            differs = " (differs from the proposal)" if details.get("differs") else ""
            outcome = str(details.get("outcome")).replace("_", " ")
            waits = " Waits for a second person." if details.get("needs_second") else ""
            return f"{details.get('about')}: {outcome}{differs}. {details.get('reason', '')}{waits}"
        case "risk.confirmed" | "risk.sent_back":
            return f"{details.get('about')}: {details.get('reason') or 'without a further reason'}"
        case "case.moment_recorded":
            anchor = str(details.get("anchor"))
            return f"{capital(RECORDED.get(anchor, anchor))}: {details.get('at')}. {details.get('reason', '')}"
        case "action.reviewed":
            return f"{details.get('title')}: {WORKS.get(str(details.get('outcome')), '')}. {details.get('reason', '')}"
        case "action.loaded":
            return f"{details.get('steps')} steps"
        case "notice.launched":
            return f"{grouped(details.get('people', 0))} on its list"
        case "recipients.imported" | "recipients.deleted":
            return f"{grouped(details.get('people', 0))} people"
        case "controllers.imported":
            count = details.get("controllers", 0)
            return f"{grouped(count)} {'controller' if count == 1 else 'controllers'}"
        case "notice.finished":
            return ", ".join(f"{grouped(details[name])} {name}" for name in BUCKETS if details.get(name))
        case "action.done":
            return " · ".join(filter(None, (details.get("title"), details.get("proof"))))
        case _:
            return " · ".join(str(details[name]) for name in TOLD if details.get(name))


def _about(name: str, detail: str) -> str:
    """Return what an entry adds, with what it is about in front where that is not said yet."""
    return detail if name in detail else " · ".join(filter(None, (name, detail)))


def _line(entry: Entry, details: Mapping[str, Any], notes: Mapping[str, str], named: Mapping[tuple[str, str], str]) -> Line:
    door = entry.action.partition(".")[0]
    words = WORDS.get(entry.action) or entry.action.replace(".", " ").replace("_", " ").capitalize()
    is_note = entry.action == "case.noted"
    kind = KINDS.get(door) or ("system" if entry.actor_id == SYSTEM.id else "human")
    return Line(
        seq=entry.seq, at=entry.at, who=entry.actor_name, kind=kind,
        words=notes.get(entry.subject_id, words) if is_note else words,
        detail="" if is_note else _about(named.get((entry.subject, entry.subject_id), ""), _detail(entry.action, details)),
        note_id=int(entry.subject_id) if is_note else None,
    )


def entries(session: Session, case: Case, limit: int | None = None) -> list[Line]:
    """Return the timeline, the newest first; a correction stands under what it corrects."""
    notes = cases.notes_of(session, case.id)
    texts = {str(note.id): note.text for note in notes}
    corrects = {note.id: note.corrects_id for note in notes if note.corrects_id}
    entered = cases.timeline(session, case.id)
    details = cases.details_of(session, case, entered, named=may(actor(), Permission.SEE_MASKED))
    named = cases.named(session, case)
    lines = [_line(entry, details[entry.seq], texts, named) for entry in entered]
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
