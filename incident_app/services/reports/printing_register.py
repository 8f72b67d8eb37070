"""The register on paper: a list first, then every breach with all that is written down, the gaps named."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.filings.answers import moment_words
from incident_app.domain.ports import PdfWriter
from incident_app.domain.refusals import Refused
from incident_app.domain.register import Column, Entry, Wanted, cells, entry_gaps, without_addresses
from incident_app.domain.reports import Filter, Row
from incident_app.models.audit import Head
from incident_app.services.reports.asking import Question
from incident_app.services.reports.contents import home, printed_at
from incident_app.services.reports.printing import write
from incident_app.services.reports.registering import asked, rows_of
from incident_app.services.reports.writing_down import entries

MOST = 100
"""Breaches on paper: some eighty pages, well within what the press may take."""
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


def register_pdf(
    session: Session, *, by: Actor, now: datetime, pdf: PdfWriter, filter: str = "all", search: str = "",  # noqa: A002 (the page's word)
    given: Mapping[str, str] | None = None,
) -> bytes:
    """Return the register as PDF. Raises ``Refused`` where it is too long for paper."""
    require(by, Permission.SEE_CASES)
    wanted, pill = asked(filter, search, given, by=by)
    question = Question(session, wanted, pill, by=by, now=now, in_full=True)
    ids = [one.case_id for one in question.places(None, MOST + 1)]
    if len(ids) > MOST:
        raise Refused(f"The register is too long for paper: more than {MOST} breaches. Narrow it, by dates for example, or take "
                      "the spreadsheet, which holds all of them.")
    us, found = home(session), [_entry(one, now) for one in entries(session, ids)]
    head = session.get(Head, 1)
    content = {
        **us, "rows": tuple(_line(one) for one in rows_of(session, ids, now)), "entries": tuple(found),
        "asked": _asked(pill, wanted), "count": len(ids), "gap_count": sum(bool(one["gaps"]) for one in found),
        "all_count": question.counts()[Filter.ALL.value], "printed_at": printed_at(now, us["home_zone"]),
        "hash": hashlib.sha256(json.dumps(found, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
        "anchor": {"seq": head.seq, "hash": head.hash} if head else {"seq": 0, "hash": ""},
    }
    return write(session, "register.html", content, title=f"Register of personal data breaches, {us['organisation']}",
                 language="en", now=now, pdf=pdf, by=by, details={"rows": len(ids), "sha256": content["hash"]})


def _asked(pill: Filter, wanted: Wanted) -> str:
    return "; ".join(filter(None, [pill.words, wanted.words()]))


def _line(row: Row) -> dict[str, object]:
    return {
        "ref": row.ref, "title": without_addresses(row.title), "drill": row.drill, "aware_at": moment_words(row.aware_at, row.zone),
        "authority": row.authority.words, "people": row.people, "people_sub": row.people_sub, "severity": row.severity,
        "owner": row.owner, "next": row.next_words,
    }


def _entry(entry: Entry, now: datetime) -> dict[str, Any]:
    words = cells(entry, now, lambda at, zone: moment_words(at, zone) if at else "")
    return {
        "ref": entry.ref, "title": words[Column.TITLE], "drill": entry.drill, "gaps": entry_gaps(entry, now),
        "parts": [
            {"heading": heading, "lines": [(one.words, words[one]) for one in columns if words[one]],
             "absent": ", ".join(one.words for one in columns if not words[one] and one not in NEED_NOT)}
            for heading, columns in PARTS
        ],
    }
