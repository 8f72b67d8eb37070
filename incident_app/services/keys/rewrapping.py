"""Every key of a case wrapped by the first outer key; what is sealed stays as it is. Seconds, whatever the size."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Vault, VaultError
from incident_app.models.cases import Case
from incident_app.models.recipients import RecipientList
from incident_app.services import audit
from incident_app.services.keys.kinds import KEYS
from incident_app.services.unit import writing

TOGETHER = 50


@dataclass(slots=True)
class Rewrapped:
    """How many cases were wrapped anew, how many were already, and which could not be, by their reference."""

    done: int = 0
    before: int = 0
    shut: tuple[str, ...] = ()


def _case_ids(session: Session) -> Sequence[int]:
    ended = select(RecipientList.case_id).where(RecipientList.index_key.is_not(None))
    found = session.scalars(
        select(Case.id).where(or_(Case.id.in_(ended), *(getattr(Case, key).is_not(None) for key in KEYS)))
        .order_by(Case.id)).all()
    session.rollback()
    return found


def _anew(ring: bytes | None, vault: Vault) -> bytes | None:
    """Return the ring wrapped by the first outer key, or ``None`` where there is none, or it is already."""
    if ring is None or vault.wrapped_by(ring) == vault.loaded()[:1]:
        return None
    return vault.rewrap(ring)


def _rewrapped(session: Session, case_id: int, vault: Vault) -> tuple[str, bool | None]:
    """Wrap one case's keys anew; return its reference and whether anything changed, ``None`` where it cannot be."""
    case = session.get_one(Case, case_id, with_for_update={"of": Case, "key_share": True})
    lists = session.scalars(
        select(RecipientList).where(RecipientList.case_id == case_id, RecipientList.index_key.is_not(None))).all()
    try:
        fresh = {key: _anew(getattr(case, key), vault) for key in KEYS}
        indexes = [_anew(one.index_key, vault) for one in lists]
    except VaultError:
        return case.ref, None
    for key, ring in fresh.items():
        setattr(case, key, ring or getattr(case, key))
    for one, index in zip(lists, indexes, strict=True):
        one.index_key = index or one.index_key
    return case.ref, any((*fresh.values(), *indexes))


def rewrap(
    session: Session, *, by: Actor, now: datetime, vault: Vault, tell: Callable[[int, int], None]
) -> Rewrapped:
    """Wrap the keys of every case by the first outer key, some cases a transaction, each with its entry.

    Ended in between, it goes on where it stood when called again. ``tell`` hears how many cases of how many are through.
    """
    ids, result = _case_ids(session), Rewrapped()
    for start in range(0, len(ids), TOGETHER):
        some = ids[start : start + TOGETHER]
        with writing(session):
            seen = [_rewrapped(session, one, vault) for one in some]
            done = sum(changed is True for _, changed in seen)
            if done:
                audit.record(session, action="keys.rewrapped", by=by, now=now, subject="key",
                             subject_id=vault.loaded()[0], details={"cases": done})
        result.done += done
        result.before += sum(changed is False for _, changed in seen)
        result.shut += tuple(ref for ref, changed in seen if changed is None)
        tell(start + len(some), len(ids))
    return result
