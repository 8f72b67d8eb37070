"""What people wrote about a case stands in the record sealed under the text key of the case, bound to its entry.

An entry never changes, so its hash is taken over what is sealed: the chain verifies without the key, and once the key is
destroyed the entry still says who did what when, and no longer in which words. Older entries hold their words in clear.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.ports import Vault, VaultError
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.sealing import LEFT_OUT, SHUT, packed, scope_of_texts, unpacked, vault_of

WORDS = ("reason", "proof", "title", "late_reason", "public_reason", "reference", "source", "title_before", "proof_asked", "proof_before")
"""The details that are words of a person, wherever they stand in an entry of a case."""
NAMES = ("organisation",)
"""The details that name who was told: sealed whoever wrote the entry. Nobody's contact, and no person, stands in any."""
SEALED = "sealed"


def _scope(seq: int) -> str:
    return scope_of_texts("audit_entries", str(seq))


def sealed(session: Session, case_id: int, seq: int, details: Mapping[str, Any], *, spoken: bool) -> dict[str, Any]:
    """Return the details of an entry with names sealed and, where a person wrote it (``spoken``), what that person said.
    Without a key the words are left out: the entry is written all the same."""
    words = {name: details[name] for name in (*NAMES, *(WORDS if spoken else ())) if details.get(name) and isinstance(details[name], str)}
    if not words:
        return dict(details)
    rest = {name: value for name, value in details.items() if name not in words}
    with session.no_autoflush:
        ring = session.scalar(select(Case.text_key).where(Case.id == case_id))
    try:
        kept = vault_of(session).seal(ring, packed(words), _scope(seq)) if ring is not None else None
    except VaultError:
        kept = None
    if kept is None:
        return rest | dict.fromkeys(words, LEFT_OUT)
    return rest | {SEALED: b64encode(kept).decode()}


def opened(session: Session, entries: Iterable[Entry]) -> dict[int, Mapping[str, Any]]:
    """Return the details of entries by their number, with what was said; words say so where that does not open.

    The case of one that does not open is noted in the session (see ``tampering.sound_shut``).
    """
    entries = list(entries)
    ids = {one.case_id for one in entries if SEALED in one.details and one.case_id is not None}
    rings = {row.id: row.text_key for row in session.execute(select(Case.id, Case.text_key).where(Case.id.in_(ids)))} if ids else {}
    return {one.seq: _opened(session, one, rings) for one in entries}


def _opened(session: Session, entry: Entry, rings: Mapping[int, bytes | None]) -> Mapping[str, Any]:
    if SEALED not in entry.details or entry.case_id is None:
        return entry.details
    rest = {name: value for name, value in entry.details.items() if name != SEALED}
    try:
        return rest | _words(vault_of(session), rings.get(entry.case_id), entry)
    except VaultError as error:
        session.info.setdefault(SHUT, set()).add(entry.case_id)
        return rest | {"reason": f"(This text cannot be opened: {error})"}


def _words(vault: Vault, ring: bytes | None, entry: Entry) -> dict[str, Any]:
    if ring is None:
        return {"reason": "(The words are gone: the key of the texts of this case was destroyed when their time had come.)"}
    try:
        kept = b64decode(str(entry.details[SEALED]), validate=True)
    except ValueError:
        raise VaultError("This is not what was sealed.") from None
    return unpacked(vault.open(ring, kept, _scope(entry.seq)))
