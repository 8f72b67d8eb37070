"""The register as a file: everything Art 33(5) asks for, nothing a spreadsheet would run, and the export on record."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import reports as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.ports import Workbooks
from incident_app.domain.register import WRITTEN_DOWN, Column, cells
from incident_app.services import audit
from incident_app.services.labels import worded
from incident_app.services.reports.asking import Question
from incident_app.services.reports.registering import asked
from incident_app.services.unit import writing
from incident_app.services.writing_down import entries

BOM = "\ufeff"
ALWAYS = (Column.REFERENCE, Column.TITLE)


def export(
    session: Session, *, by: Actor, now: datetime, filter: str = "all", search: str = "",  # noqa: A002 (the page's word)
    given: Mapping[str, str] | None = None, columns: Sequence[Column] = (), workbooks: Workbooks | None = None,
) -> bytes:
    """Return every breach that may be read in full, as CSV (UTF-8 with a byte order mark, so that spreadsheets read it),
    or as XLSX where ``workbooks`` is given, and record the export with the hash of the file.

    Without ``columns`` the file has all of them. Cells that a spreadsheet would take for a formula are made harmless.
    """
    require(by, Permission.SEE_CASES)
    wanted, pill = asked(filter, search, given, by=by)
    ids = [one.case_id for one in Question(session, wanted, pill, by=by, now=now, in_full=True).places(None, None)]
    taken = file_columns(columns)
    rows = _rows(session, ids, taken, now)
    if workbooks is None:
        content = _csv(taken, rows)
    else:
        content = workbooks.write("Register", [one.words for one in taken], rows, created_at=now)
    with writing(session):
        audit.record(session, action="register.exported", by=by, now=now, subject="register", details={
            "rows": len(ids), "filter": pill.value, "filters": sorted(wanted.given), "columns": len(taken),
            "format": "csv" if workbooks is None else "xlsx", "sha256": hashlib.sha256(content).hexdigest()})
    return content


def file_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of a file: all that is written down, or the chosen ones behind reference and title."""
    wanted = {*columns, *ALWAYS} if columns else set(WRITTEN_DOWN)
    return tuple(one for one in WRITTEN_DOWN if one in wanted)


def _rows(session: Session, ids: Sequence[int], columns: Sequence[Column], now: datetime) -> Iterator[list[str]]:
    for entry in entries(session, ids):
        words = cells(worded(entry), now, lambda at, _: rules.file_moment(at))
        yield [rules.neutral(words[one]) for one in columns]


def _csv(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([one.words for one in columns])
    writer.writerows(rows)
    return (BOM + out.getvalue()).encode()
