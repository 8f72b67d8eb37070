"""The sealed parts of larger files: one row each, so that memory stays flat whatever the size of a file."""

import hashlib
from collections.abc import Iterator

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from incident_app.domain import incoming as rules
from incident_app.domain.documents import Room
from incident_app.domain.ports import Vault, VaultError
from incident_app.models import incoming as records
from incident_app.models.cases import Case
from incident_app.models.incoming import FilePart, Incoming
from incident_app.models.reports import Document


def room_problems(
    session: Session, room: Room, size: int, case_id: int, by_id: int, *, but: int | None = None
) -> dict[str, str]:
    """Return why ``size`` more bytes do not fit, in words; what is still coming in takes the room it was announced with.

    What was erased takes none. ``but`` is a file on its way that is not counted: the one that asks.
    """
    kept = select(func.sum(Document.size)).where(Document.erased_at.is_(None))
    coming = select(func.sum(Incoming.size)).where(Incoming.state == records.OPEN, Incoming.id != (but or 0))
    in_case = (kept.where(Document.case_id == case_id), coming.where(Incoming.case_id == case_id))
    of_person = (kept.where(Document.by_id == by_id), coming.where(Incoming.by_id == by_id))
    return room.problems(size, *(sum(int(session.scalar(one) or 0) for one in both) for both in (in_case, of_person)))


def store(session: Session, coming: Incoming, plain: bytes, key: bytes, vault: Vault) -> None:
    """Seal the next part of a file, inside the caller's write unit that holds it."""
    coming.parts += 1
    coming.received += len(plain)
    sealed = vault.seal(key, plain, rules.scope_of_part(coming.public_id, coming.parts))
    session.add(FilePart(incoming_id=coming.id, number=coming.parts, digest=hashlib.sha256(plain).hexdigest(), sealed=sealed))
    session.flush()


def last_digest(session: Session, coming: Incoming) -> str:
    """Return the SHA-256 of the last whole part that is there, empty where there is none."""
    return session.scalar(select(FilePart.digest).where(
        FilePart.incoming_id == coming.id, FilePart.number == coming.parts)) or ""


def opened(session: Session, incoming_id: int, vault: Vault) -> Iterator[bytes]:
    """Open the parts of a file one after the other; no transaction stays open between them.

    Raises ``VaultError`` for a part that does not open or is not there, and where the key was destroyed.
    """
    public_id, size = session.execute(select(Incoming.public_id, Incoming.size).where(Incoming.id == incoming_id)).one()
    question = select(FilePart.sealed, Case.file_key).join(Incoming, FilePart.incoming_id == Incoming.id).join(
        Case, Incoming.case_id == Case.id).where(Incoming.id == incoming_id)
    for number in range(1, rules.parts_of(size) + 1):
        row = session.execute(question.where(FilePart.number == number)).one_or_none()
        session.rollback()
        if row is None:
            raise VaultError(f"part {number} of it is missing")
        if row.file_key is None:
            raise VaultError("the key of the case was destroyed")
        yield vault.open(row.file_key, row.sealed, rules.scope_of_part(public_id, number))


def destroy(session: Session, case_id: int) -> None:
    """Delete every part of the files of a case, and what was still coming in, inside the caller's write unit.

    No file may point at them any more.
    """
    ours = select(Incoming.id).where(Incoming.case_id == case_id)
    session.execute(delete(FilePart).where(FilePart.incoming_id.in_(ours)))
    session.execute(delete(Incoming).where(Incoming.case_id == case_id))


def forget(session: Session, incoming_id: int) -> None:
    """Delete a file that never came in whole, with its parts, inside the caller's write unit."""
    session.execute(delete(FilePart).where(FilePart.incoming_id == incoming_id))
    session.execute(delete(Incoming).where(Incoming.id == incoming_id, Incoming.state == records.OPEN))
