"""Larger files come in by parts: begin, put what there is, go on after a break, finish. Nothing counts before the end.

Each whole part is sealed and kept in a transaction of its own; what breaks off goes on after the last of them, and what
nobody goes on with is thrown away after a day.
"""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import documents as names
from incident_app.domain import incoming as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.documents import Room
from incident_app.domain.numbers import grouped
from incident_app.domain.ports import Vault, VaultError
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models import incoming as records
from incident_app.models.incoming import Incoming
from incident_app.models.reports import Document
from incident_app.services import audit, documents, file_parts
from incident_app.services.holding import locked_case
from incident_app.services.tampering import Shut
from incident_app.services.unit import FIRST, writing

NOT_ADDED = "The file was not added."


def begin(
    session: Session, case_id: int, *, kind: str, name: str, media_type: str, size: int, by: Actor, now: datetime,
    vault: Vault, room: Room | None = None,
) -> Incoming:
    """Announce a file of ``size`` bytes. Its room is kept for it. Raises ``Refused`` where there is none."""
    require(by, Permission.UPLOAD_EVIDENCE)
    problems = rules.problems(kind, size)
    if problems:
        raise Refused(NOT_ADDED, problems)
    with writing(session):
        case = locked_case(session, case_id)
        audit.lock(session)  # two at once: the second one counts the first
        problems = file_parts.room_problems(session, room or Room(), size, case_id, by.id)
        if problems:
            raise Refused(NOT_ADDED, problems)
        if case.file_key is None:
            case.file_key = vault.new_key()
        made = Incoming(
            public_id=str(uuid.uuid4()), case_id=case_id, kind=kind, name=names.safe_name(name),
            media_type=documents.plain_type(media_type), size=size, received=0, parts=0, by_id=by.id, at=now,
            changed_at=now, state=records.OPEN,
        )
        session.add(made)
        session.flush()
    return made


def find(session: Session, case_id: int, public_id: str, *, by: Actor, lock: bool = False) -> Incoming:
    """Return a file of this case on its way in, or come in. Raises ``NotFound``."""
    require(by, Permission.UPLOAD_EVIDENCE)
    question = select(Incoming).where(Incoming.case_id == case_id, Incoming.public_id == public_id)
    found = session.scalar(question.with_for_update(of=Incoming) if lock else question)
    if found is None:
        raise NotFound("There is no such file on its way into this case.")
    return found


def _own(session: Session, case_id: int, public_id: str, *, by: Actor, lock: bool = False) -> Incoming:
    """Return the same; what two people put together would be nobody's evidence. Raises ``Conflict`` for another's."""
    found = find(session, case_id, public_id, by=by, lock=lock)
    if found.by_id != by.id:
        raise Conflict("Somebody else began this file: only they can go on with it.")
    return found


def unfinished(session: Session, case_id: int) -> list[Incoming]:
    """Return the files of a case that have not come in whole, the newest first."""
    return list(session.scalars(records.unfinished(case_id)))


def put(
    session: Session, case_id: int, public_id: str, start: int, pieces: Iterable[bytes], *, by: Actor, now: datetime,
    vault: Vault,
) -> Incoming:
    """Take what comes after the first ``start`` bytes; return how far the file is. Whatever ends it, whole parts stay.

    Raises ``Conflict`` where other bytes are awaited, ``Refused`` for too much, and for less than one part.
    """
    coming = _own(session, case_id, public_id, by=by)
    if coming.state != records.OPEN:
        raise Conflict("This file has come in whole.")
    _check_start(coming, start)
    at = start
    for part in rules.cut(pieces, coming.size - start):
        coming = _store(session, case_id, public_id, at, part, by=by, now=now, vault=vault)
        at += len(part)
    if at == start:
        raise Refused("Nothing was kept of this.", {"file": f"Send at least {grouped(rules.PART)} bytes at a time, or all the rest."})
    return coming


def _check_start(coming: Incoming, start: int) -> None:
    if start != coming.received:
        raise Conflict(f"{coming.received} bytes of this file are there: go on after them.")


def _store(
    session: Session, case_id: int, public_id: str, start: int, part: bytes, *, by: Actor, now: datetime, vault: Vault
) -> Incoming:
    with writing(session):
        case = locked_case(session, case_id)
        coming = _own(session, case_id, public_id, by=by, lock=True)
        _check_start(coming, start)
        if case.file_key is None:
            raise Conflict("The key of the files of this case was destroyed.")
        file_parts.store(session, coming, part, case.file_key, vault)
        coming.changed_at = now
    return coming


def finish(
    session: Session, case_id: int, public_id: str, *, by: Actor, now: datetime, vault: Vault, sha256: str = "",
    room: Room | None = None,
) -> Document:
    """Keep a file that has come in whole, with the SHA-256 of what was kept; once more, and it is only returned.

    ``sha256`` is what the sender makes of it, if they say so: where it differs, the file is not kept.
    """
    coming = _own(session, case_id, public_id, by=by)
    if coming.state != records.OPEN:
        return documents.find(session, case_id, public_id)
    if coming.received != coming.size:
        raise Conflict(f"{coming.received} of {coming.size} bytes of this file are there: go on after them.")
    try:
        found = documents.digest_of(file_parts.opened(session, coming.id, vault))
    except VaultError as error:
        raise Shut(f"What came in does not open: {error}. Throw it away and send the file again.") from None
    if sha256 and sha256.lower() != found:
        raise Refused(NOT_ADDED, {"sha256": f"What came in is another file: its SHA-256 is {found}."})
    return _keep(session, case_id, public_id, found, by=by, now=now, room=room)


def _keep(
    session: Session, case_id: int, public_id: str, sha256: str, *, by: Actor, now: datetime, room: Room | None
) -> Document:
    with writing(session):
        locked_case(session, case_id)
        coming = _own(session, case_id, public_id, by=by, lock=True)
        if coming.state != records.OPEN:  # two said so at once
            return documents.find(session, case_id, public_id)
        audit.lock(session)
        problems = file_parts.room_problems(session, room or Room(), coming.size, case_id, by.id, but=coming.id)
        if problems:
            raise Refused(NOT_ADDED, problems)
        coming.state, coming.changed_at = records.KEPT, now
        document = Document(
            public_id=public_id, case_id=case_id, kind=coming.kind, name=coming.name, media_type=coming.media_type,
            size=coming.size, sha256=sha256, sealed=b"", incoming_id=coming.id, by_id=coming.by_id, at=now,
        )
        return documents.added(session, document, by=by, now=now)


def receive(
    session: Session, case_id: int, *, kind: str, name: str, media_type: str, size: int, pieces: Iterable[bytes], by: Actor,
    now: datetime, vault: Vault, room: Room | None = None,
) -> Document:
    """Take a whole file from one request, as a stream; the SHA-256 is made on the way. What breaks off leaves nothing.

    What fits one part is one row. Raises ``Refused`` as :func:`begin` does, and where less came in than was announced.
    """
    if size <= rules.PART:
        return documents.add(session, case_id, kind=kind, name=name, media_type=media_type, content=b"".join(pieces),
                             by=by, now=now, vault=vault, room=room)
    first = session.info.pop(FIRST, None)  # the form is remembered with what comes of it, not with its beginning
    coming = begin(session, case_id, kind=kind, name=name, media_type=media_type, size=size, by=by, now=now, vault=vault,
                   room=room)
    coming_id, public_id = coming.id, coming.public_id
    kept, start, whole = None, 0, hashlib.sha256()
    try:
        for part in rules.cut(pieces, size):
            whole.update(part)
            _store(session, case_id, public_id, start, part, by=by, now=now, vault=vault)
            start += len(part)
        if start != size:
            raise Refused(NOT_ADDED, {"file": "It broke off on the way. Send it again."})
        if first is not None:
            session.info[FIRST] = first
        kept = _keep(session, case_id, public_id, whole.hexdigest(), by=by, now=now, room=room)
    finally:
        if kept is None:
            session.info.pop(FIRST, None)
            with writing(session):
                file_parts.forget(session, coming_id)
    return kept


def discard(session: Session, case_id: int, public_id: str, *, by: Actor, now: datetime) -> None:
    """Throw a file away that has not come in whole. Raises ``Conflict`` once it has."""
    with writing(session):
        coming = _own(session, case_id, public_id, by=by, lock=True)
        if coming.state != records.OPEN:
            raise Conflict("This file has come in whole: it is kept.")
        _thrown_away(session, coming, by=by, now=now)


def clear_away(session: Session, *, by: Actor, now: datetime) -> int:
    """Throw away the files nobody went on with for a day; return how many."""
    with writing(session):
        found = session.scalars(records.left_lying(now - rules.UNFINISHED)).all()
        for coming in found:
            _thrown_away(session, coming, by=by, now=now)
    return len(found)


def _thrown_away(session: Session, coming: Incoming, *, by: Actor, now: datetime) -> None:
    audit.record(session, action="document.discarded", by=by, now=now, case_id=coming.case_id, subject="incoming",
                 subject_id=coming.id, details={"size": coming.size, "received": coming.received})
    file_parts.forget(session, coming.id)
