"""Which outer key wraps how many; never a key."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.ports import Vault, VaultError
from incident_app.models.cases import Case
from incident_app.models.recipients import RecipientList
from incident_app.services.keys import own
from incident_app.services.keys.kinds import KEYS

UNREADABLE = "not in a form we know"


@dataclass(frozen=True, slots=True)
class Standing:
    """One outer key: its id, whether it is loaded, whether it wraps what is new, how many cases, lists and rows with a
    key of their own need it."""

    name: str
    loaded: bool
    first: bool
    cases: int
    lists: int
    others: int = 0


def _names(vault: Vault, *rings: bytes | None) -> set[str]:
    found: set[str] = set()
    for ring in rings:
        try:
            found |= set(vault.wrapped_by(ring) if ring else ())
        except VaultError:
            found.add(UNREADABLE)
    return found


def show(session: Session, *, vault: Vault) -> list[Standing]:
    """Return every outer key that is loaded, the first one first, then those that are needed and missing."""
    cases = Counter(name for rings in session.execute(select(*(getattr(Case, key) for key in KEYS)))
                    for name in _names(vault, *rings))
    lists = Counter(
        name for ring in session.scalars(select(RecipientList.index_key).where(RecipientList.index_key.is_not(None)))
        for name in _names(vault, ring))
    others = Counter(name for ring in own.rings(session) for name in _names(vault, ring))
    loaded = vault.loaded()
    missing = sorted({*cases, *lists, *others} - set(loaded))
    return [Standing(name, name in loaded, name == loaded[0], cases[name], lists[name], others[name])
            for name in (*loaded, *missing)]
