"""A list that comes as pages of JSON lines; a page may be sent again, and the list is closed by saying how many there are."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.numbers import grouped
from incident_app.domain.ports import Vault
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models import uploads as records
from incident_app.models.uploads import Piece, Upload, scope_of_piece
from incident_app.services import audit
from incident_app.services.recipients.mapping import enqueue
from incident_app.services.recipients.uploading import case_key, count_pieces, find_upload, new_upload
from incident_app.services.unit import writing

LARGEST_PAGE = 8 * 1024 * 1024
MOST_LINES = 20_000
MOST_PAGES = 100_000


def open_pages(session: Session, case_id: int, name: str, *, by: Actor, now: datetime, vault: Vault) -> Upload:
    """Begin a list that will come in pages."""
    require(by, Permission.UPLOAD_PEOPLE)
    case_key(session, case_id, vault=vault)
    with writing(session):
        audit.lock(session)
        made = new_upload(session, case_id, name, "jsonl", by=by, now=now)
        made.encoding, made.state = "utf-8", records.OPEN
        audit.record(
            session, action="recipients.uploaded", by=by, now=now, case_id=case_id, subject="upload",
            subject_id=made.id, details={"kind": "jsonl"},
        )
    return made


def _checked(content: bytes) -> bytes:
    """Return a page whose every line is one person's JSON. Raises ``Refused`` naming the line within the page."""
    if len(content) > LARGEST_PAGE:
        raise Refused("The page is too large.", {"page": f"At most {LARGEST_PAGE // 1024 // 1024} MB a page."})
    lines = 0
    for number, line in enumerate(rules.lines_of(rules.text_of([content], "utf-8")), 1):
        lines = number
        if line.strip():
            rules.record(number, line)
    if not 0 < lines <= MOST_LINES:
        raise Refused("The page is empty or too long.", {"page": f"Send 1 to {grouped(MOST_LINES)} lines a page."})
    return content if content.endswith(b"\n") else content + b"\n"


def put_page(
    session: Session, case_id: int, upload_id: int, number: int, content: bytes, *, by: Actor, now: datetime,
    vault: Vault,
) -> Upload:
    """Take page ``number`` (from 1). The same page again changes nothing; another content is a ``Conflict``."""
    require(by, Permission.UPLOAD_PEOPLE)
    if not 0 < number <= MOST_PAGES:
        raise Refused("There is no such page.", {"page": f"Pages are numbered from 1 to {grouped(MOST_PAGES)}."})
    checked = _checked(content)
    digest = hashlib.sha256(checked).hexdigest()
    key = case_key(session, case_id, vault=vault)
    with writing(session):
        upload = _still_open(session, case_id, upload_id)
        known = session.scalar(select(Piece.digest).where(Piece.upload_id == upload_id, Piece.number == number))
        if known is not None and known != digest:
            raise Conflict(f"Page {number} is there already, with other content.")
        if known is None:
            sealed = vault.seal(key, checked, scope_of_piece(upload.public_id, number))
            session.add(Piece(upload_id=upload_id, number=number, digest=digest, sealed=sealed))
            upload.pieces, upload.size, upload.changed_at = upload.pieces + 1, upload.size + len(checked), now
    return upload


def _still_open(session: Session, case_id: int, upload_id: int) -> Upload:
    upload = find_upload(session, case_id, upload_id, lock=True)
    if upload.state != records.OPEN or upload.kind != "jsonl":
        raise Conflict("This upload takes no more pages.")
    return upload


def close_pages(
    session: Session, case_id: int, upload_id: int, page_count: int, *, by: Actor, now: datetime, queue: bool = True
) -> Upload:
    """Say that all pages are there; ``queue`` puts the list up for reading. Raises ``Conflict`` where one is missing."""
    require(by, Permission.UPLOAD_PEOPLE)
    with writing(session):
        upload = _still_open(session, case_id, upload_id)
        there, highest = count_pieces(session, upload_id)
        if not there or (there, highest) != (page_count, page_count):
            raise Conflict(f"{grouped(there)} {'page is' if there == 1 else 'pages are'} here, the last is number {grouped(highest)}; {grouped(page_count)} were announced.")
        upload.state = records.UPLOADED
        if queue:
            enqueue(upload, now)
    return upload
