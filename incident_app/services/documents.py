"""Files of a case: evidence, proofs of submission, printed filings. Sealed, hashed, every reading recorded.

They have a key of their own: when the people of a case are erased, what proves the case still opens.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, undefer

from incident_app.domain import documents as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.documents import DocumentKind, Room
from incident_app.domain.ports import Vault, VaultError
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.domain.scanning import ScanState
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.reports import Document
from incident_app.services import audit, file_parts, tampering
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing

_CUSTODY = {"document.added": "added", "document.read": "read", "document.verified": "verified",
            "documents.erased": "erased", "document.scanned": "scanned"}
MATCH, MISMATCH, MISSING = "match", "mismatch", "missing"
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a file is still what was put in: match, mismatch or missing (nobody can open it), with the words for it."""

    outcome: str
    words: str

    @property
    def matches(self) -> bool:
        """Whether it is unchanged."""
        return self.outcome == MATCH


def add(
    session: Session, case_id: int, *, kind: str, name: str, media_type: str, content: bytes, by: Actor, now: datetime,
    vault: Vault, room: Room | None = None,
) -> Document:
    """Put a file (evidence or proof, at most 25 MB) into a case, sealed under the key of its files.

    Raises ``Refused`` where the case, or this person, has no ``room`` left.
    """
    require(by, Permission.UPLOAD_EVIDENCE)
    if kind == DocumentKind.PDF.value:
        raise Refused("The file was not added.", {"kind": "Choose evidence or proof."})
    with writing(session):
        case = locked_case(session, case_id)
        audit.lock(session)  # two at once: the second one counts the first
        problems = file_parts.room_problems(session, room or Room(), len(content), case_id, by.id)
        if problems:
            raise Refused("The file was not added.", problems)
        return keep(session, case, kind=kind, name=name, media_type=media_type, content=content, by=by, now=now,
                    vault=vault)


def keep(
    session: Session, case: Case, *, kind: str, name: str, media_type: str, content: bytes, by: Actor, now: datetime,
    vault: Vault,
) -> Document:
    """Seal and store a file inside the caller's write unit; the case is held by the caller."""
    problems = rules.problems(kind, content)
    if problems:
        raise Refused("The file was not added.", problems)
    if case.file_key is None:
        case.file_key = vault.new_key()
    public_id = str(uuid.uuid4())
    document = Document(
        public_id=public_id, case_id=case.id, kind=kind, name=rules.safe_name(name),
        media_type=plain_type(media_type), size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        sealed=vault.seal(case.file_key, content, rules.scope_of(public_id)), by_id=by.id or None, at=now,
    )
    return added(session, document, by=by, now=now)


def plain_type(media_type: str) -> str:
    """Return a media type without its parameters, at most 120 characters long."""
    return media_type.split(";", maxsplit=1)[0].strip()[:120] or UNKNOWN_TYPE


def added(session: Session, document: Document, *, by: Actor, now: datetime) -> Document:
    """Put the row of a file that is sealed already, and say so in the record; inside the caller's write unit."""
    session.add(document)
    session.flush()
    audit.record(
        session, action="document.added", by=by, now=now, case_id=document.case_id, subject="document",
        subject_id=document.id,
        details={"kind": document.kind, "name": document.name, "size": document.size, "sha256": document.sha256},
    )
    return document


def of_case(session: Session, case_id: int) -> Sequence[Document]:
    """Return the files of a case, the newest first; their content stays sealed and unread."""
    return session.scalars(
        select(Document).where(Document.case_id == case_id).order_by(Document.at.desc(), Document.id.desc())
    ).all()


def count(session: Session, case_id: int) -> int:
    """Count the files of a case."""
    return session.scalar(select(func.count()).select_from(Document).where(Document.case_id == case_id)) or 0


@dataclass(frozen=True, slots=True)
class Held:
    """One line of who had a file when. ``what`` is added, read, verified, scanned or erased;
    ``outcome`` is what verifying or scanning found."""

    at: datetime
    who: str
    what: str
    name: str
    outcome: str = ""


def custody(session: Session, case_id: int, *, by: Actor, limit: int = 200) -> list[Held]:
    """Return from the record who had which file of a case when, the newest first."""
    require(by, Permission.READ_EVIDENCE)
    entries = session.scalars(
        select(Entry).where(Entry.case_id == case_id, Entry.action.in_(_CUSTODY)).order_by(Entry.seq.desc()).limit(limit))
    return [Held(one.at, one.actor_name, _CUSTODY[one.action], one.details.get("name", "every file"),
                 one.details.get("outcome", "")) for one in entries]


def find(session: Session, case_id: int, public_id: str) -> Document:
    """Return one file of a case. Raises ``NotFound``, also for a file of another case and one that was erased."""
    found = session.scalar(select(Document).where(
        Document.case_id == case_id, Document.public_id == public_id, Document.erased_at.is_(None)))
    if found is None:
        raise NotFound("There is no such file in this case.")
    return found


def _opened(session: Session, document_id: int, vault: Vault) -> bytes:
    question = select(Document, Case.file_key, Case.data_key).join(Case, Document.case_id == Case.id)
    document, *keys = session.execute(
        question.where(Document.id == document_id).options(undefer(Document.sealed))
    ).one()
    there = [key for key in keys if key is not None]
    for key in there:
        if vault.place_of(key, document.sealed) is not None:
            return vault.open(key, document.sealed, rules.scope_of(document.public_id))
    raise VaultError("it was not sealed for this case" if there else "the key of the case was destroyed")


def pieces_of(session: Session, document_id: int, vault: Vault) -> Iterator[bytes]:
    """Open a file piece by piece, no more than one of them in memory; no transaction stays open between them.

    Raises ``VaultError`` where it does not open, on the way too.
    """
    incoming_id = session.scalar(select(Document.incoming_id).where(Document.id == document_id))
    if incoming_id is not None:
        yield from file_parts.opened(session, incoming_id, vault)
        return
    content = _opened(session, document_id, vault)
    session.rollback()
    yield content


def digest_of(pieces: Iterable[bytes]) -> str:
    """Return the SHA-256 over all pieces."""
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece)
    return whole.hexdigest()


def keep_apart(session: Session, case: Case, *, vault: Vault) -> int:
    """Seal the files that are still under the key of the case's people under a key of their own; return how many.

    Call it inside a write unit that holds the case, before that key is destroyed. A file that does not open is left.
    """
    if case.data_key is None:
        return 0
    moved = 0
    for one in session.scalars(select(Document.id).where(Document.case_id == case.id).order_by(Document.id)).all():
        document = session.get_one(Document, one, options=[undefer(Document.sealed)])
        if vault.place_of(case.data_key, document.sealed) is not None:
            moved += _moved(case, document, case.data_key, vault)
            session.flush()
        session.expire(document)
    return moved


def _moved(case: Case, document: Document, key: bytes, vault: Vault) -> int:
    scope = rules.scope_of(document.public_id)
    try:
        content = vault.open(key, document.sealed, scope)
    except VaultError:
        return 0
    if case.file_key is None:
        case.file_key = vault.new_key()
    document.sealed = vault.seal(case.file_key, content, scope)
    return 1


def destroy(session: Session, case_id: int, *, by: Actor, now: datetime, vault: Vault) -> int:
    """Destroy what people put into a case, and its key; return how many files. Name, size and SHA-256 stay on record.

    Whoever calls decides that the time has come; a closed case is no obstacle. A second call changes nothing.
    """
    with writing(session):
        case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case, key_share=True))
        if case is None:
            raise NotFound("There is no such case.")
        return destroy_within(session, case, by=by, now=now, vault=vault)


def destroy_within(session: Session, case: Case, *, by: Actor, now: datetime, vault: Vault) -> int:
    """Do what :func:`destroy` does inside the caller's write unit; the case is held by the caller.

    What we printed ourselves stays with the case: it is sealed anew first, under a key that was never the other files'.
    """
    living = select(Document.id).where(Document.case_id == case.id, Document.erased_at.is_(None))
    gone = living.where(Document.kind != DocumentKind.PDF.value)
    ids, printed = session.scalars(gone).all(), session.scalars(living.where(Document.kind == DocumentKind.PDF.value)).all()
    if not ids:
        return 0
    contents = {one: _opened(session, one, vault) for one in printed}
    case.file_key = vault.new_key() if contents else None
    for one, content in contents.items():
        document = session.get_one(Document, one)
        document.sealed = vault.seal(case.file_key or b"", content, rules.scope_of(document.public_id))
    session.execute(update(Document).where(Document.id.in_(ids)).values(sealed=b"", erased_at=now, incoming_id=None))
    file_parts.destroy(session, case.id)
    audit.record(session, action="documents.erased", by=by, now=now, case_id=case.id, subject="case",
                 subject_id=case.id, details={"files": len(ids), "ids": list(ids)})
    return len(ids)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file in somebody's hands: what is known of it, and its content piece by piece."""

    document: Document
    pieces: Iterator[bytes]


def open_file(
    session: Session, case_id: int, public_id: str, *, by: Actor, now: datetime, vault: Vault, locked: bool = False,
) -> Opened:
    """Open a file for a person, and record that they read it. ``locked``: it leaves inside an encrypted zip.

    Raises ``Refused`` where it cannot be opened, ``Conflict`` for one found harmful that would leave as it is. Where a later
    piece does not open, that breaks off what is being read: half a file never looks like a whole one.
    """
    require(by, Permission.READ_EVIDENCE)
    document = find(session, case_id, public_id)
    if document.scan == ScanState.BAD.value and not locked:
        raise Conflict("This file was found harmful: it is handed out as an encrypted zip only.")
    try:
        first = next(pieces_of(session, document.id, vault))
    except VaultError as error:
        tampering.sound_alone(session, case_id, "file", now=now)
        raise Refused(f"This file cannot be opened: {error}.") from error
    with writing(session):
        document = find(session, case_id, public_id)
        audit.record(session, action="document.read", by=by, now=now, case_id=case_id, subject="document",
                     subject_id=document.id, details={"name": document.name})
    whole = len(first) == document.size
    return Opened(document, iter((first,)) if whole else _rest(session, document, now, vault))


def _rest(session: Session, document: Document, now: datetime, vault: Vault) -> Iterator[bytes]:
    document_id, case_id = document.id, document.case_id
    try:
        yield from pieces_of(session, document_id, vault)
    except VaultError as error:
        tampering.sound_alone(session, case_id, "file", now=now)
        raise tampering.Shut(f"This file cannot be opened: {error}.") from error


def read(
    session: Session, case_id: int, public_id: str, *, by: Actor, now: datetime, vault: Vault,
) -> tuple[Document, bytes]:
    """Do what :func:`open_file` does, for a small file: return it whole."""
    opened = open_file(session, case_id, public_id, by=by, now=now, vault=vault)
    return opened.document, b"".join(opened.pieces)


def verify(
    session: Session, case_id: int, public_id: str, *, by: Actor, now: datetime, vault: Vault,
) -> Verified:
    """Compare a file with the SHA-256 taken when it was put in, and record the finding."""
    require(by, Permission.READ_EVIDENCE)
    document = find(session, case_id, public_id)
    verdict = _looked(document, pieces_of(session, document.id, vault))
    with writing(session):  # only now: the hash of a large file takes seconds, and nobody else waits for it
        document = find(session, case_id, public_id)
        if verdict.outcome == MISSING:
            tampering.sound(session, case_id, "file", now=now)
        audit.record(session, action="document.verified", by=by, now=now, case_id=case_id, subject="document",
                     subject_id=document.id, details={"name": document.name, "matches": verdict.matches, "outcome": verdict.outcome})
    return verdict


def _looked(document: Document, pieces: Iterable[bytes]) -> Verified:
    try:
        return _compared(document, digest_of(pieces))
    except VaultError as error:
        return Verified(MISSING, f"“{document.name}” cannot be opened: {error}.")


def _compared(document: Document, found: str) -> Verified:
    if found == document.sha256:
        return Verified(MATCH, f"“{document.name}” is unchanged: SHA-256 {found[:16]}… matches.")
    return Verified(MISMATCH, f"“{document.name}” was changed: it should be {document.sha256[:16]}…, it is {found[:16]}….")
