"""A fresh key for a case, and every row sealed under it anew, while lists are read in and messages leave.

First the fresh key goes in front of the ring, then rows are sealed anew batch by batch. The keys behind stay: they open
what was sealed a moment before, and the last of them blinds, so that nobody is lost and the index still answers.
Whoever holds a leaked key and an old copy of the database can read that copy; nothing undoes that.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, bindparam, select, update
from sqlalchemy.orm import Session

from incident_app.domain import documents as document_rules
from incident_app.domain import incoming as incoming_rules
from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Vault, VaultError
from incident_app.models.cases import Case
from incident_app.models.incoming import FilePart, Incoming
from incident_app.models.recipients import Recipient
from incident_app.models.recipients import scope_of as scope_of_person
from incident_app.models.reports import Document
from incident_app.models.uploads import READING, Piece, Upload, scope_of_piece
from incident_app.services import audit, documents
from incident_app.services.unit import writing

PEOPLE_TOGETHER, PIECES_TOGETHER, FILES_TOGETHER = 1000, 8, 1


@dataclass(slots=True)
class Renewal:
    """What became of one case: rows sealed anew, rows that do not open and were left, and whether it is through."""

    ref: str
    rows: int = 0
    shut: int = 0
    done: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One table of sealed rows: which key of the case is theirs, how many at a time, and what each is bound to."""

    name: str
    column: str
    together: int
    table: type[Recipient] | type[Piece] | type[Document] | type[FilePart]
    question: Callable[[int, int], Any]
    scope: Callable[[Any], str]


def _people(case_id: int, after: int) -> Any:
    return select(Recipient.id, Recipient.sealed, Recipient.public_id).where(
        Recipient.case_id == case_id, Recipient.id > after, Recipient.sealed != b"").order_by(Recipient.id)


def _pieces(case_id: int, after: int) -> Any:
    return (
        select(Piece.id, Piece.sealed, Piece.number, Upload.public_id).join(Upload, Upload.id == Piece.upload_id)
        .where(Upload.case_id == case_id, Piece.id > after).order_by(Piece.id)
    )


def _files(case_id: int, after: int) -> Any:
    return select(Document.id, Document.sealed, Document.public_id).where(
        Document.case_id == case_id, Document.id > after, Document.erased_at.is_(None), Document.incoming_id.is_(None),
    ).order_by(Document.id)


def _parts(case_id: int, after: int) -> Any:
    return (
        select(FilePart.id, FilePart.sealed, FilePart.number, Incoming.public_id)
        .join(Incoming, Incoming.id == FilePart.incoming_id).where(Incoming.case_id == case_id, FilePart.id > after)
        .order_by(FilePart.id)
    )


_KINDS = (
    _Kind("people", "data_key", PEOPLE_TOGETHER, Recipient, _people, lambda row: scope_of_person(row.public_id)),
    _Kind("pieces of uploads", "data_key", PIECES_TOGETHER, Piece, _pieces,
          lambda row: scope_of_piece(row.public_id, row.number)),
    _Kind("files", "file_key", FILES_TOGETHER, Document, _files,
          lambda row: document_rules.scope_of(row.public_id)),
    _Kind("parts of files", "file_key", PIECES_TOGETHER, FilePart, _parts,
          lambda row: incoming_rules.scope_of_part(row.public_id, row.number)),
)


def to_renew(session: Session, ref: str | None = None) -> Sequence[int]:
    """Return the cases that have a key to renew, all of them or the one of this reference."""
    question = select(Case.id).where(Case.data_key.is_not(None) | Case.file_key.is_not(None)).order_by(Case.id)
    return session.scalars(question if ref is None else question.where(Case.ref == ref)).all()


def renew(
    session: Session, case_id: int, *, by: Actor, now: datetime, vault: Vault,
    tell: Callable[[str, int], None], at_once: int = PEOPLE_TOGETHER,
) -> Renewal:
    """Give a case a fresh key and seal everything anew; go on with it where it was cut short.

    An erased case is left as it is. ``tell`` hears, after every batch of at most ``at_once``, of which kind how many rows were sealed anew.
    """
    result = _begin(session, case_id, by=by, now=now, vault=vault)
    if result.words:
        return result
    for kind in _KINDS:
        for done, shut in _sealed_anew(session, case_id, kind, vault, at_once):
            result.rows, result.shut = result.rows + done, result.shut + shut
            tell(kind.name, result.rows)
    _finish(session, case_id, result, by=by, now=now)
    return result


def _held(session: Session, case_id: int) -> Case:
    return session.get_one(Case, case_id, with_for_update={"of": Case, "key_share": True})


def _begin(session: Session, case_id: int, *, by: Actor, now: datetime, vault: Vault) -> Renewal:
    """Put fresh keys in front, in one transaction; nothing to do for a case that was begun before, or erased."""
    with writing(session):
        case = _held(session, case_id)
        if case.data_key is None and case.file_key is None:
            return Renewal(case.ref, done=True, words="it was erased, or never had a key")
        if case.rekey_at is None:
            documents.keep_apart(session, case, vault=vault)
            ref = case.ref
            try:
                case.data_key = vault.renewed(case.data_key) if case.data_key is not None else None
                case.file_key = vault.renewed(case.file_key) if case.file_key is not None else None
            except VaultError as error:
                session.rollback()
                return Renewal(ref, words=str(error))
            case.rekey_at = now
            audit.record(session, action="keys.renewal_begun", by=by, now=now, case_id=case.id, subject="case",
                         subject_id=case.id)
        return Renewal(case.ref)


def _sealed_anew(
    session: Session, case_id: int, kind: _Kind, vault: Vault, at_once: int
) -> Iterator[tuple[int, int]]:
    """Seal one table's rows anew; yield after every batch how many were, and how many do not open."""
    after, sealed_anew = 0, update(kind.table).where(kind.table.id == bindparam("row")).values(
        sealed=bindparam("anew", type_=LargeBinary()))
    while True:
        with writing(session):
            key = getattr(_held(session, case_id), kind.column)
            rows = session.execute(
                kind.question(case_id, after).limit(min(kind.together, at_once)).with_for_update(of=kind.table, key_share=True)
            ).all() if key is not None else []
            if not rows:
                return
            changed, shut = _anew(rows, key, kind, vault)
            if changed:
                session.connection().execute(sealed_anew, changed)
        after = rows[-1].id
        yield len(changed), shut


def _anew(rows: Sequence[Any], key: bytes, kind: _Kind, vault: Vault) -> tuple[list[dict[str, Any]], int]:
    changed, shut = [], 0
    for row in rows:
        if vault.place_of(key, row.sealed) == 0:
            continue
        try:
            plain = vault.open(key, row.sealed, kind.scope(row))
        except VaultError:
            shut += 1
            continue
        changed.append({"row": row.id, "anew": vault.seal(key, plain, kind.scope(row))})
    return changed, shut


def _finish(session: Session, case_id: int, result: Renewal, *, by: Actor, now: datetime) -> None:
    """Call it done, unless somebody who began before the fresh key still reads a list in."""
    with writing(session):
        case = _held(session, case_id)
        reading = session.scalar(select(Upload.id).where(Upload.case_id == case_id, Upload.state == READING).limit(1))
        if reading is not None:
            result.words = "a list is being read in: call this again when it is done"
            return
        case.rekey_at = None
        result.done = True
        audit.record(session, action="keys.renewed", by=by, now=now, case_id=case_id, subject="case",
                     subject_id=case_id, details={"rows": result.rows, "left_shut": result.shut})
