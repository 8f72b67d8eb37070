"""The first draft, from the facts of the case: only what is true is said, what is unknown is said to be unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from incident_app.domain.notices.wording import Part, Wording


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a draft uses of the case. Days are local to the case; ``None`` means not known yet."""

    aware_on: date
    occurred_on: date | None = None
    contained_on: date | None = None
    confidentiality: bool | None = None
    integrity: bool | None = None
    availability: bool | None = None
    categories: tuple[str, ...] = ()
    measures: str = ""
    authority_told: bool = False
    own_language: bool = False


def spoken_date(day: date, wording: Wording) -> str:
    """Spell a day out: “20 November 2026”, “20. November 2026”, “20 ноября 2026 г.”."""
    return wording.date.format(day=day.day, month=wording.months[day.month - 1], year=day.year)


def data_words(kinds: Sequence[str], wording: Wording) -> list[str]:
    """Name kinds of data in the language; what is no known id stays as it was written."""
    return [wording.blocks[kind].label if kind in wording.blocks else kind for kind in kinds]


def _nature(case: CaseFacts, wording: Wording) -> str:
    words = wording.nature
    lines = [words["intro"].format(date=spoken_date(case.aware_on, wording))]
    if case.occurred_on:
        lines.append(words["occurred"].format(date=spoken_date(case.occurred_on, wording)))
    known = [name for name in ("confidentiality", "integrity", "availability") if getattr(case, name)]
    lines += [words[name] for name in known] or [words["unknown"]]
    return " ".join(lines)


def _consequences(case: CaseFacts, wording: Wording) -> str:
    blocks = (wording.blocks[kind].consequence for kind in case.categories if kind in wording.blocks)
    return " ".join(dict.fromkeys(block for block in blocks if block)) or wording.consequences["general"]


def _measures(case: CaseFacts, wording: Wording) -> str:
    words = wording.measures
    lines = []
    if case.contained_on:
        lines.append(words["contained"].format(date=spoken_date(case.contained_on, wording)))
    if case.own_language and case.measures.strip():
        lines.append(" ".join(case.measures.split()))
    if case.authority_told:
        lines.append(words["authority"])
    return " ".join([*lines, words["promise"]])


def _advice(case: CaseFacts, wording: Wording) -> str:
    blocks = (wording.blocks[kind].advice for kind in case.categories if kind in wording.blocks)
    steps = list(dict.fromkeys(block for block in blocks if block))
    return "\n".join(f"- {step}" for step in [*steps, wording.advice["general"]])


def compose(case: CaseFacts, wording: Wording) -> tuple[str, str]:
    """Return subject and body of a draft with every part that Art 34(2) GDPR asks for."""
    parts = {
        Part.NATURE: _nature(case, wording),
        Part.DATA: f"{wording.data_intro} ((data_kinds)).",
        Part.CONSEQUENCES: _consequences(case, wording),
        Part.MEASURES: _measures(case, wording),
        Part.ADVICE: _advice(case, wording),
        Part.CONTACT: f"{wording.contact['dpo']} {wording.contact['safety']} {wording.contact['complaint']}",
    }
    body = "\n\n".join(f"{wording.headings[part]}\n{text}" for part, text in parts.items())
    return wording.subject, f"{wording.greeting}\n\n{body}"
