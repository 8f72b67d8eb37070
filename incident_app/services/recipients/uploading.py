"""A file comes in: piece by piece into the database, sealed; nobody is taken over yet."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import PurePath
from typing import Protocol

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.ports import Vault, VaultError
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models import uploads as records
from incident_app.models.cases import Case
from incident_app.models.uploads import Piece, Upload, scope_of_piece
from incident_app.services import audit
from incident_app.services.tampering import Shut
from incident_app.services.unit import writing

PIECE = 256 * 1024
LARGEST_FILE = 2 * 1024 * 1024 * 1024
LONGEST_FILE_NAME = 255
_AT_ONCE = 16


class Readable(Protocol):
    """What a file can do."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""


def case_key(session: Session, case_id: int, *, vault: Vault) -> bytes:
    """Return the wrapped data key of an open case, made on first need, in a transaction of its own."""
    with writing(session):
        case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case, key_share=True))
        if case is None:
            raise NotFound("There is no such case.")
        if case.state == CaseState.CLOSED.value:
            raise Conflict("This case is closed. Nothing was taken over.")
        if case.data_key is None:
            case.data_key = vault.new_key()
        return case.data_key


def file_name(filename: str) -> str:
    """Return the name of a file without its path and without what cannot be printed."""
    name = PurePath(filename.replace("\\", "/")).name.strip()
    return "".join(c for c in name if c.isprintable())[:LONGEST_FILE_NAME] or "list.csv"


def pieces_of(file: Readable) -> Iterator[bytes]:
    """Read a file piece by piece."""
    while piece := file.read(PIECE):
        yield piece


def new_upload(session: Session, case_id: int, name: str, kind: str, *, by: Actor, now: datetime) -> Upload:
    """Make the row pieces hang on, in the caller's transaction."""
    made = Upload(
        public_id=str(uuid.uuid4()), case_id=case_id, name=file_name(name), kind=kind, by_id=by.id or None, at=now,
        changed_at=now, pieces=0, size=0, piece_count=0, line_count=0, attempts=0, problems={},
    )
    session.add(made)
    session.flush()
    return made


def _kind(head: bytes) -> str:
    if head.startswith(rules.OLD_SPREADSHEET):
        raise Refused("This is an old or protected spreadsheet.", {"file": "Save it as .xlsx or as “CSV UTF-8”."})
    return "xlsx" if head.startswith(rules.SPREADSHEET) else "csv"


def _store(session: Session, upload: Upload, pieces: Iterable[bytes], key: bytes, vault: Vault) -> str:
    """Store the pieces some at a time, remember how large and what they are; return the encoding, if there is no doubt."""
    whole, listener, head = hashlib.sha256(), rules.Listener(), b""
    todo = iter(pieces)
    while some := list(islice(todo, _AT_ONCE)):
        rows = []
        for piece in some:
            head = head or piece[:8]
            upload.pieces += 1
            upload.size += len(piece)
            if upload.size > LARGEST_FILE:
                raise Refused("The file is too large.", {"file": "At most 2 GB; upload it in parts."})
            whole.update(piece)
            listener.hear(piece)
            scope = scope_of_piece(upload.public_id, upload.pieces)
            rows.append({"upload_id": upload.id, "number": upload.pieces, "sealed": vault.seal(key, piece, scope),
                         "digest": hashlib.sha256(piece).hexdigest()})
        facts = upload.pieces, upload.size
        with writing(session):
            session.execute(insert(Piece), rows)
        upload.pieces, upload.size = facts
    upload.kind, upload.digest, upload.telling_piece = _kind(head), whole.hexdigest(), listener.telling
    if not upload.size:
        raise Refused("The file is empty.", {"file": "The file is empty. It needs one line per person."})
    return "utf-8" if upload.kind == "xlsx" else rules.marked(head) or listener.encoding


def receive(
    session: Session, case_id: int, filename: str, pieces: Iterable[bytes], *, by: Actor, now: datetime, vault: Vault,
    encoding: str | None = None,
) -> Upload:
    """Take a file in, as a stream. Whatever is wrong with it leaves nothing behind. Raises ``Refused``."""
    require(by, Permission.UPLOAD_PEOPLE)
    key = case_key(session, case_id, vault=vault)
    with writing(session):
        upload = new_upload(session, case_id, filename, "", by=by, now=now)
    draft = Upload(id=upload.id, public_id=upload.public_id, pieces=0, size=0)
    try:
        said = _store(session, draft, pieces, key, vault)
        chosen = rules.check_encoding(encoding) if encoding else said
    except Refused:
        forget(session, upload.id)
        raise
    with writing(session):
        audit.lock(session)
        upload = session.get_one(Upload, draft.id)
        for name in ("pieces", "size", "kind", "digest", "telling_piece"):
            setattr(upload, name, getattr(draft, name))
        upload.encoding, upload.state = chosen, records.UPLOADED
        audit.record(
            session, action="recipients.uploaded", by=by, now=now, case_id=case_id, subject="upload",
            subject_id=upload.id, details={"bytes": upload.size, "kind": upload.kind, "sha256": upload.digest},
        )
    return upload


def forget(session: Session, upload_id: int) -> None:
    """Delete an upload and its pieces without a trace: it never became anything."""
    with writing(session):
        session.execute(delete(Piece).where(Piece.upload_id == upload_id))
        session.execute(delete(Upload).where(Upload.id == upload_id))


def find_upload(session: Session, case_id: int, upload_id: int, *, lock: bool = False) -> Upload:
    """Return an upload of this case. Raises ``NotFound``."""
    question = select(Upload).where(Upload.id == upload_id, Upload.case_id == case_id)
    found = session.scalar(question.with_for_update(of=Upload) if lock else question)
    if found is None:
        raise NotFound("There is no such upload in this case.")
    return found


def uploads_of(session: Session, case_id: int) -> list[Upload]:
    """Return the uploads of a case that did not become a list yet."""
    return list(session.scalars(records.uploads_of_case(case_id)))


def stored_pieces(session: Session, upload: Upload, key: bytes, vault: Vault, *, first: int = 1) -> Iterator[bytes]:
    """Open the pieces one after the other; no transaction stays open between them. Raises ``Shut`` for one that does not."""
    for number in range(first, upload.pieces + 1):
        question = select(Piece.sealed).where(Piece.upload_id == upload.id, Piece.number == number)
        sealed = session.scalar(question)
        session.rollback()
        if sealed is None:
            raise Conflict("This upload was discarded.")
        try:
            piece = vault.open(key, sealed, scope_of_piece(upload.public_id, number))
        except VaultError:
            raise Shut(f"Piece {number} of this upload does not open: it was changed, or is of another. Nothing was "
                       "taken over.") from None
        yield piece


def discard(session: Session, case_id: int, upload_id: int, *, by: Actor, now: datetime) -> None:
    """Throw an upload away; who is reading it stops. Raises ``Conflict`` once it is a list."""
    require(by, Permission.UPLOAD_PEOPLE)
    with writing(session):
        audit.lock(session)
        found = find_upload(session, case_id, upload_id, lock=True)
        if found.state not in records.UNFINISHED:
            raise Conflict("This upload is done with.")
        _discard(session, found, by=by, now=now)


def _discard(session: Session, found: Upload, *, by: Actor, now: datetime) -> None:
    session.execute(delete(Piece).where(Piece.upload_id == found.id))
    found.state, found.changed_at, found.token, found.lease_until = records.DISCARDED, now, None, None
    audit.record(
        session, action="recipients.discarded", by=by, now=now, case_id=found.case_id, subject="upload",
        subject_id=found.id, details={"bytes": found.size},
    )


def clear_away(session: Session, *, by: Actor, now: datetime) -> int:
    """Throw away uploads nobody finished within a day; return how many."""
    with writing(session):
        audit.lock(session)
        found = session.scalars(records.left_lying(now - rules.UNUSED_UPLOAD)).all()
        for upload in found:
            _discard(session, upload, by=by, now=now)
    return len(found)


def count_pieces(session: Session, upload_id: int) -> tuple[int, int]:
    """Return how many pieces are there, and the highest number."""
    row = session.execute(select(func.count(), func.max(Piece.number)).where(Piece.upload_id == upload_id)).one()
    return row[0], row[1] or 0
