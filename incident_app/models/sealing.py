"""The texts of a case: sealed in the database, plain to whoever reads a record, and nobody above has to think of it.

A record keeps its texts together in one column, ``sealed``: JSON under the text key of its case, bound to its table and
row. They are opened when one of them is read and not before, so lists that show none cost nothing; they are sealed when
the session writes. The vault is found by the database a session speaks to (see :func:`bind`).
"""

import json
from collections.abc import Callable
from typing import Any, Generic, NoReturn, Self, TypeVar, cast, overload
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, LargeBinary, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session
from sqlalchemy.orm.exc import DetachedInstanceError
from sqlalchemy.types import TypeDecorator

from incident_app.domain.ports import Vault, VaultError
from incident_app.domain.refusals import Refused

SHUT = "sealed texts that did not open"
"""In ``session.info``: the ids of the cases of which a text did not open, for whoever raises the alarm."""
COLUMN = "sealed"
_OPENED = "_texts_opened"
_LOST = "(This text cannot be opened: {})"

LEFT_OUT = "(These words could not be sealed, and were left out.)"
"""What stands where a record had to be written and its key was not at hand."""

Find = Callable[[], Vault]
Value = TypeVar("Value")
_finders: WeakKeyDictionary[Engine, Find] = WeakKeyDictionary()
_otherwise: list[Vault] = []


def bind(engine: Engine, find: Find) -> None:
    """Say which vault seals the texts of a database; asked anew each time, so that it may be exchanged."""
    _finders[engine] = find


def otherwise(vault: Vault) -> None:
    """Say which vault seals the texts of every database that none was bound to."""
    _otherwise[:] = [vault]


def vault_of(session: Session) -> Vault:
    """Return the vault of the database this session speaks to. Raises ``LookupError`` where none was bound."""
    find = _finders.get(session.get_bind().engine)
    if find is not None:
        return find()
    if not _otherwise:
        raise LookupError("no vault was bound to this database: see models/sealing.py")
    return _otherwise[0]


def scope_of_texts(table: str, row: str) -> str:
    """Return what the texts of a row are bound to."""
    return f"{table}|{row}|{COLUMN}"


def packed(texts: dict[str, Any]) -> bytes:
    """Return texts as they are sealed; nothing at all where every one is empty."""
    kept = {name: value for name, value in texts.items() if value not in ("", None)}
    return json.dumps(kept, ensure_ascii=False).encode(errors="surrogatepass") if kept else b""


def unpacked(plain: bytes) -> dict[str, Any]:
    """Return texts that were opened."""
    return cast("dict[str, Any]", json.loads(plain))


class TextsShut(Refused):
    """The texts of a record do not open: they were changed, come from another row, or their key is not at hand."""


class Fresh(bytes):
    """Texts that were set and wait to be sealed. They never reach the database: :class:`SealedBytes` refuses them."""

    texts: dict[str, Any]

    @classmethod
    def of(cls, texts: dict[str, Any]) -> Self:
        """Hold them until the session writes."""
        made = cls(b"not sealed yet")
        made.texts = texts
        return made


class SealedBytes(TypeDecorator[bytes]):
    """A column that takes what is sealed, and nothing plain."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Refuse texts that passed the sealing by."""
        if isinstance(value, Fresh):
            raise TypeError("texts that are not sealed cannot be stored")
        return value


class Sealing:
    """A record with texts: what it takes to seal and open them."""

    sealed: Mapped[bytes] = mapped_column(SealedBytes, default=b"")

    def row_name(self) -> str:
        """Return what tells this row from every other one of its table, never changes, and is known before it is written."""
        raise NotImplementedError

    def ring(self, session: Session) -> bytes | None:
        """Return the text key of the case, ``None`` once it was destroyed."""
        raise NotImplementedError

    def newest_ring(self, session: Session) -> bytes | None:
        """Return it as it stands in the database now: a fresh key may have been put in front meanwhile."""
        return self.ring(session)

    def number_of_case(self) -> int | None:
        """Return the id of the case, ``None`` where the record belongs to none."""
        raise NotImplementedError

    def is_erased(self, session: Session) -> bool:
        """Whether the key was destroyed because its time had come: then nobody is woken about it."""
        del session
        return False


class KeyHolder(Sealing):
    """A record that holds the key of its texts, made when it is, and destroyed with it: a case is one."""

    text_key: Mapped[bytes | None] = mapped_column(LargeBinary)

    def needs_key(self) -> bool:
        """Whether it is given one when it is made."""
        return True

    def ring(self, session: Session) -> bytes | None:
        """Return its own key."""
        del session
        return self.text_key


def _scope(row: Sealing) -> str:
    return scope_of_texts(str(cast("Any", row).__tablename__), row.row_name())


def texts_of(row: Sealing) -> dict[str, Any]:
    """Return the texts of a row, opened once. Raises ``VaultError`` where they do not open."""
    sealed = row.sealed
    if isinstance(sealed, Fresh):
        return sealed.texts
    if not sealed:
        return {}
    before = row.__dict__.get(_OPENED)
    if before is None or before[0] != sealed:
        before = row.__dict__[_OPENED] = (sealed, _opened(row, sealed))
    return cast("dict[str, Any]", before[1])


def _opened(row: Sealing, sealed: bytes) -> dict[str, Any]:
    session = object_session(row)
    if session is None:
        raise DetachedInstanceError("the texts of a record are opened through its session, and it has none any more")
    vault, key = vault_of(session), row.ring(session)
    try:
        if key is not None and vault.place_of(key, sealed) is None:
            key = row.newest_ring(session)
        if key is None:
            raise VaultError("Its key was destroyed.")
        return unpacked(vault.open(key, sealed, _scope(row)))
    except VaultError:
        case_id = row.number_of_case()
        if case_id is not None and not row.is_erased(session):
            session.info.setdefault(SHUT, set()).add(case_id)
        raise


def _set(row: Sealing, name: str, value: object) -> None:
    """Set one text. Raises ``TextsShut`` where the others do not open: they would be lost."""
    try:
        texts = texts_of(row)
    except VaultError as error:
        _refuse(f"The texts of this record cannot be opened, so nothing was changed: {error}", error)
    if value in ("", None) and name not in texts:
        return
    row.sealed = Fresh.of({**texts, name: value})


def _refuse(words: str, error: VaultError) -> NoReturn:
    raise TextsShut(words) from error


class SealedText:
    """A text of a record: plain when it is read, words that say so where it does not open, ``""`` where there is none."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: Sealing, owner: type) -> str: ...
    def __get__(self, row: Sealing | None, owner: type) -> Self | str:
        if row is None:
            return self
        try:
            return str(texts_of(row).get(self.name, ""))
        except VaultError as error:
            return _LOST.format(error)

    def __set__(self, row: Sealing, value: str) -> None:
        _set(row, self.name, value)


class SealedJson(Generic[Value]):
    """Something of a record that is more than a text, in JSON. Raises ``TextsShut`` where it does not open.

    ``gone``, if it is given, is what is read once the texts of the case were erased: lists of many cases go on.
    """

    def __init__(self, *gone: Value) -> None:
        """Know what is read of an erased case."""
        self._gone = gone

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: Sealing, owner: type) -> Value: ...
    def __get__(self, row: Sealing | None, owner: type) -> Self | Value:
        if row is None:
            return self
        try:
            return cast("Value", texts_of(row).get(self.name))
        except VaultError as error:
            session = object_session(row)
            if self._gone and session is not None and row.is_erased(session):
                return self._gone[0]
            _refuse(f"What was written here cannot be opened: {error}", error)

    def __set__(self, row: Sealing, value: Value) -> None:
        _set(row, self.name, value)


@event.listens_for(Session, "before_flush")
def _seal(session: Session, _context: object, _instances: object) -> None:
    """Seal what was set, and give every new holder its key."""
    for made in session.new:
        if isinstance(made, KeyHolder) and made.text_key is None and made.needs_key():
            made.text_key = vault_of(session).new_key()
    for row in (*session.new, *session.dirty):
        if isinstance(row, Sealing) and isinstance(fresh := vars(row).get("sealed"), Fresh):  # what was not read is not
            _sealed(row, fresh.texts, session)


def _sealed(row: Sealing, texts: dict[str, Any], session: Session) -> None:
    plain, key = packed(texts), row.ring(session)
    if plain and key is None:
        raise TextsShut("The key of this case's texts was destroyed: nothing can be written into it any more.")
    row.sealed = vault_of(session).seal(key, plain, _scope(row)) if plain and key is not None else b""
    row.__dict__[_OPENED] = (row.sealed, texts)
