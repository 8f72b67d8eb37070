"""A form that was sent before its sender had proved who they are: nothing is done with it, and nothing typed is lost.

It lies sealed for some minutes, for the browser it was sent from alone, and only fills the same form in again.
Whoever sent it looks at it and presses again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Vault, VaultError
from incident_app.domain.refusals import NotFound
from incident_app.models.drafts import Draft, scope_of_draft
from incident_app.services import cases
from incident_app.services.drafts import LARGEST, MOST_FIELDS, PRESSED, Pairs
from incident_app.services.drafts import PRESSED_KEPT as KEPT
from incident_app.services.unit import writing

MOST = 10
"""So many forms of one browser; the oldest makes room."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A form as it was sent to ``path``: (name of the input, text) in its order."""

    path: str
    at: datetime
    values: Pairs


def _browser(by: Actor) -> str:
    return (by.session or "")[:32]


def _subject(path: str, by: Actor) -> str:
    return f"{_browser(by)}.{sha256(path.encode(errors='replace')).hexdigest()[:40]}"


def _of_browser(by: Actor) -> Select[Draft]:
    return (select(Draft).where(Draft.user_id == by.id, Draft.form == PRESSED, Draft.subject.startswith(f"{_browser(by)}."))
            .order_by(Draft.saved_at.desc(), Draft.id.desc()))


def set_aside(
    session: Session, path: str, values: Sequence[tuple[str, str]], *, ref: str | None, by: Actor, now: datetime, vault: Vault
) -> bool:
    """Keep what was sent to ``path``, in the place of what was sent there before; ``ref``: of which case it speaks.

    Return whether it is kept: not what is too much, nor what speaks of a case that is not theirs.
    """
    plain = json.dumps([path, list(values)], ensure_ascii=False).encode(errors="replace")
    if len(plain) > LARGEST or len(values) > MOST_FIELDS:
        return False
    try:
        case_id = cases.find(session, ref, by=by).id if ref is not None else None
    except NotFound:
        return False
    subject, key = _subject(path, by), vault.new_key()
    with writing(session):
        session.execute(delete(Draft).where(Draft.user_id == by.id, Draft.form == PRESSED, Draft.subject == subject))
        session.add(Draft(user_id=by.id, form=PRESSED, subject=subject, case_id=case_id, data_key=key, saved_at=now,
                          sealed=vault.seal(key, plain, scope_of_draft(by.id, PRESSED, subject))))
        session.flush()
        for row in session.scalars(_of_browser(by).offset(MOST)).all():
            session.delete(row)
    return True


def of_browser(session: Session, *, by: Actor, now: datetime, vault: Vault) -> list[SetAside]:
    """Return what this browser sent in the last minutes without a proof, newest first."""
    found = []
    for row in session.scalars(_of_browser(by).where(Draft.saved_at > now - KEPT)):
        try:
            plain = vault.open(row.data_key, row.sealed, scope_of_draft(row.user_id, row.form, row.subject))
        except VaultError:  # its key was destroyed with a case: it is as if it had not been typed
            continue
        path, values = json.loads(plain)
        found.append(SetAside(path, row.saved_at, [(name, text) for name, text in values]))
    return found


def done_with(session: Session, path: str, *, by: Actor) -> None:
    """Forget what was set aside for ``path``: it was sent again, with a proof."""
    with writing(session):
        session.execute(delete(Draft).where(Draft.user_id == by.id, Draft.form == PRESSED, Draft.subject == _subject(path, by)))
