"""What an uploaded file seems to say, shown masked; a person chooses the encoding and the columns."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.ports import Sheets, Vault
from incident_app.domain.refusals import Conflict, Refused, Stale
from incident_app.models import uploads as records
from incident_app.models.cases import Case
from incident_app.models.uploads import Upload
from incident_app.services.recipients.uploading import find_upload, stored_pieces
from incident_app.services.unit import writing

SHOWN_ROWS = 5
NO_TEXT = "This file holds no text that can be read, in no encoding there is. Save the list as .xlsx or as “CSV UTF-8”."
_CHOOSING = (records.UPLOADED, records.FAILED)


@dataclass(frozen=True, slots=True)
class Look:
    """How a file begins. ``rows`` are masked; ``samples`` are there while the encoding must be chosen."""

    upload: Upload
    headers: tuple[str, ...] = ()
    fields: Mapping[int, str] = field(default_factory=dict)
    rows: tuple[tuple[str, ...], ...] = ()
    samples: tuple[rules.Sample, ...] = ()
    problem: str = ""


def opened_table(
    upload: Upload, pieces: Iterable[bytes], sheets: Sheets, *, most: int | None = None
) -> rules.Table:
    """Open an upload as a table by its kind, encoding and chosen columns."""
    chosen = None if upload.mapping is None else {int(at): name for at, name in upload.mapping.items()}
    if upload.kind == "xlsx":
        return rules.sheet(sheets.rows(pieces, most), chosen)
    text = rules.text_of(pieces, upload.encoding)
    return rules.records(text) if upload.kind == "jsonl" else rules.table(text, chosen)


def _pieces(session: Session, upload: Upload, vault: Vault, first: int = 1) -> Iterator[bytes]:
    key = session.scalar(select(Case.data_key).where(Case.id == upload.case_id))
    if key is None:
        raise Conflict("The key of this case was destroyed; upload the file again.")
    return stored_pieces(session, upload, key, vault, first=first)


def look(
    session: Session, case_id: int, upload_id: int, *, by: Actor, vault: Vault, sheets: Sheets
) -> Look:
    """Show how a file begins: its columns and five rows, masked; or, where the encoding is unclear, how each would read."""
    require(by, Permission.UPLOAD_PEOPLE)
    upload = find_upload(session, case_id, upload_id)
    if upload.state not in _CHOOSING:
        return Look(upload)
    if not upload.encoding:
        piece = next(_pieces(session, upload, vault, max(upload.telling_piece, 1)))
        samples = tuple(rules.previews(piece))
        return Look(upload, samples=samples, problem="" if samples else NO_TEXT)
    try:
        table = opened_table(upload, _pieces(session, upload, vault), sheets, most=SHOWN_ROWS * 4)
        rows = [row for _, row in islice(table.rows, SHOWN_ROWS)]
    except Refused as refused:
        return Look(upload, problem=refused.reason)
    masked = tuple(tuple(map(rules.masked_cell, row)) for row in rows)
    return Look(upload, table.columns.headers, rules.proposed(table.columns, rows), masked)


def note_problem(
    session: Session, case_id: int, upload_id: int, *, by: Actor, now: datetime, vault: Vault, sheets: Sheets
) -> None:
    """Say of an upload for which nothing can be chosen that it cannot be read, and why: it waits for nobody."""
    problem = look(session, case_id, upload_id, by=by, vault=vault, sheets=sheets).problem
    if not problem:
        return
    with writing(session):
        upload = find_upload(session, case_id, upload_id, lock=True)
        if upload.state == records.UPLOADED:
            upload.state, upload.reason, upload.changed_at = records.FAILED, problem, now


def choose_encoding(
    session: Session, case_id: int, upload_id: int, encoding: str, *, version: int | None = None, by: Actor, now: datetime
) -> Upload:
    """Remember the encoding a person chose. Raises ``Refused`` for one we do not read."""
    require(by, Permission.UPLOAD_PEOPLE)
    with writing(session):
        upload = _choosing(session, case_id, upload_id, version)
        upload.encoding, upload.changed_at = rules.check_encoding(encoding), now
        upload.state, upload.mapping = records.UPLOADED, None
    return upload


def _choosing(session: Session, case_id: int, upload_id: int, version: int | None) -> Upload:
    upload = find_upload(session, case_id, upload_id, lock=True)
    _check_choosing(upload)
    if version is not None and version != upload.version:
        raise Stale("Somebody chose for this file meanwhile. Look at what it seems to say now, and choose again.")
    upload.version += 1
    return upload


def _check_choosing(upload: Upload) -> None:
    if upload.state not in _CHOOSING:
        raise Conflict("This upload is being read, or is done with.")


def choose_columns(
    session: Session, case_id: int, upload_id: int, chosen: Mapping[int, str], *, version: int | None = None, by: Actor,
    now: datetime, vault: Vault, sheets: Sheets,
) -> Upload:
    """Remember which column is what, and put the upload up for reading. Raises ``Refused`` for what is not possible."""
    shown = look(session, case_id, upload_id, by=by, vault=vault, sheets=sheets)
    _check_choosing(shown.upload)
    if shown.problem:
        raise Refused(shown.problem)
    if shown.samples:
        raise Refused("The encoding must be chosen first.", {"encoding": "Choose the one that reads right."})
    rules.chosen_columns(shown.headers, chosen).check()
    with writing(session):
        upload = _choosing(session, case_id, upload_id, version)
        upload.mapping = {str(at): name for at, name in chosen.items()}
        enqueue(upload, now)
    return upload


def enqueue(upload: Upload, now: datetime) -> None:
    """Put an upload up for reading, in the caller's transaction."""
    upload.state, upload.changed_at, upload.attempts = records.QUEUED, now, 0
    upload.reason, upload.problems, upload.piece_count, upload.line_count = "", {}, 0, 0
