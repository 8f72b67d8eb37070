"""The register cut into parts that the press takes: so many breaches each, less where they hold much text."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain.filings.answers import moment_words
from incident_app.domain.register import Column, Entry, cells, entry_gaps, without_addresses
from incident_app.domain.reports import Row, shortened
from incident_app.services.labels import worded
from incident_app.services.reports.registering import rows_of
from incident_app.services.writing_down import entries

PER_PART = 100
"""Breaches on paper at a time: some eighty pages, well within what the press may take."""
MOST_TEXT = 200_000
"""Characters of what is written down, at a time: headings too; the press takes that much in any script."""
LONGEST_CELL = 12_000
PARTS: tuple[tuple[str, tuple[Column, ...]], ...] = (
    ("Facts", (
        Column.FACTS, Column.KIND, Column.CAUSE, Column.ROLE, Column.SYSTEMS, Column.PROCESSORS, Column.OCCURRED, Column.SIGNAL,
        Column.DETECTED, Column.GAP, Column.AWARE, Column.SOURCE, Column.LOGGED, Column.CONTAINED, Column.CONFIDENTIALITY,
        Column.INTEGRITY, Column.AVAILABILITY, Column.PEOPLE, Column.RECORDS, Column.CATEGORIES, Column.COUNTRIES)),
    ("Effects", (Column.EFFECTS, Column.SEVERITY, Column.SCORE, Column.METHOD)),
    ("Remedial action", (Column.BEFORE, Column.TAKEN, Column.PLANNED, Column.ACTIONS)),
    ("Decisions and reasons", (
        Column.AUTHORITY_DECISION, Column.AUTHORITY_REASON, Column.AUTHORITY_BY, Column.PEOPLE_DECISION, Column.PEOPLE_REASON,
        Column.PEOPLE_BY)),
    ("Filings and people told", (Column.TIMELINESS, Column.SUBMISSIONS, Column.TOLD)),
    ("State", (Column.STATE, Column.TEAM, Column.OWNER, Column.CLOSED, Column.CLOSING)),
)
NEED_NOT = frozenset({
    Column.PROCESSORS, Column.SIGNAL, Column.GAP, Column.SCORE, Column.METHOD, Column.AUTHORITY_REASON, Column.AUTHORITY_BY,
    Column.PEOPLE_REASON, Column.PEOPLE_BY, Column.SUBMISSIONS, Column.CLOSED, Column.CLOSING})
"""What is rightly empty where nothing came of it; what is wrongly so stands among the gaps."""


@dataclass(frozen=True, slots=True)
class Part:
    """Breaches that follow one another; ``first`` is the place of the first among all of them, from 1."""

    first: int
    rows: Sequence[Mapping[str, object]]
    entries: Sequence[Mapping[str, Any]]

    @property
    def last(self) -> int:
        """The place of the last."""
        return self.first + len(self.entries) - 1

    def matter(self) -> dict[str, Any]:
        """Return what the template says of it; ``hash`` is SHA-256 over all that is written down here."""
        return {
            "rows": tuple(self.rows), "entries": tuple(self.entries), "first": self.first, "last": self.last,
            "gap_count": sum(bool(one["gaps"]) for one in self.entries), "hash": digest_of(self.entries),
        }


def digest_of(found: Sequence[Mapping[str, Any]]) -> str:
    """Return SHA-256 over what is written down about these breaches."""
    return hashlib.sha256(json.dumps(list(found), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def parts(session: Session, ids: Sequence[int], now: datetime) -> Iterator[Part]:
    """Yield these breaches in parts, in this order; one empty part where there is none. One part is held at a time."""
    for begun in range(0, max(len(ids), 1), PER_PART):
        chunk = ids[begun : begun + PER_PART]
        rows = [_line(one) for one in rows_of(session, chunk, now)]
        found = [_entry(one, now) for one in entries(session, chunk)]
        for first, last in _cuts([len(json.dumps(one, ensure_ascii=False)) for one in found]):
            yield Part(begun + first + 1, rows[first:last], found[first:last])


def _cuts(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return from where to where: what is too much together is cut, one breach stays whole."""
    cuts, first, size = [], 0, 0
    for place, one in enumerate(sizes):
        if place > first and size + one > MOST_TEXT:
            cuts.append((first, place))
            first, size = place, 0
        size += one
    return [*cuts, (first, len(sizes))]


def _line(row: Row) -> dict[str, object]:
    return {
        "ref": row.ref, "title": without_addresses(row.title), "drill": row.drill, "aware_at": moment_words(row.aware_at, row.zone),
        "authority": row.authority.words, "people": row.people, "people_sub": row.people_sub, "severity": row.severity,
        "owner": row.owner, "next": row.next_words,
    }


def _entry(entry: Entry, now: datetime) -> dict[str, Any]:
    words = cells(worded(entry), now, lambda at, zone: moment_words(at, zone) if at else "")
    return {
        "ref": entry.ref, "title": words[Column.TITLE], "drill": entry.drill, "gaps": entry_gaps(entry, now),
        "parts": [
            {"heading": heading, "lines": [(one.words, shortened(words[one], LONGEST_CELL)) for one in columns if words[one]],
             "absent": ", ".join(one.words for one in columns if not words[one] and one not in NEED_NOT)}
            for heading, columns in PARTS
        ],
    }
