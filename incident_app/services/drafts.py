"""What somebody types is kept while they type: sealed, for them alone, until it is saved or fourteen days old."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Vault, VaultError
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.drafts import Draft, scope_of_draft
from incident_app.services import cases
from incident_app.services.unit import writing

FORMS = ("breach", "facts", "notice", "filing", "note", "action", "organisation", "lessons")
OF_NO_CASE = "new"
KEPT = timedelta(days=14)
PRESSED = "pressed"
"""The form under which lies what was sent before its sender had proved who they are (``set_aside``)."""
PRESSED_KEPT = timedelta(minutes=15)
LARGEST = 256 * 1024
MOST_FIELDS = 400
SUBJECT = re.compile(r"[A-Za-z0-9._-]{1,80}")
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What somebody had typed: (name of the input, text) in the order of the form."""

    saved_at: datetime
    values: Pairs


def _case_of(session: Session, form: str, subject: str, by: Actor) -> int | None:
    """Return the case a form is about. Raises ``NotFound`` for no form of ours, and for a case out of scope."""
    if form not in FORMS or not SUBJECT.fullmatch(subject):
        raise NotFound("There is no such form.")
    return None if subject == OF_NO_CASE else cases.find(session, subject.split(".", maxsplit=1)[0], by=by).id


def _pairs(values: Any) -> Pairs:
    if not isinstance(values, list) or len(values) > MOST_FIELDS:
        raise Refused("Nothing was kept.", {"values": f"Send at most {MOST_FIELDS} pairs of name and text."})
    for one in values:
        if not isinstance(one, list) or len(one) != 2 or not all(isinstance(part, str) for part in one):
            raise Refused("Nothing was kept.", {"values": "Send pairs of name and text."})
    return [(name, text) for name, text in values]


def _row(session: Session, form: str, subject: str, by: Actor) -> Draft | None:
    question = select(Draft).where(Draft.user_id == by.id, Draft.form == form, Draft.subject == subject)
    return session.scalar(question)


def keep(
    session: Session, form: str, subject: str, values: Any, *, by: Actor, now: datetime, vault: Vault
) -> Draft:
    """Keep what is typed in one form so far, in the place of what was kept before.

    Raises ``Refused`` for what is no list of pairs, or is too much; ``NotFound`` for a case out of scope.
    """
    case_id = _case_of(session, form, subject, by)
    plain = json.dumps(_pairs(values), ensure_ascii=False).encode(errors="replace")
    if len(plain) > LARGEST:
        raise Refused("Nothing was kept.", {"values": f"At most {LARGEST // 1024} kB of text is kept unsaved."})
    with writing(session):
        row = _row(session, form, subject, by)
        key = vault.new_key() if row is None else row.data_key
        sealed = vault.seal(key, plain, scope_of_draft(by.id, form, subject))
        if row is None:
            row = Draft(user_id=by.id, form=form, subject=subject, case_id=case_id, data_key=key, sealed=sealed, saved_at=now)
            session.add(row)
        row.sealed, row.saved_at = sealed, now
    return row


def kept_at(session: Session, form: str, subject: str, *, by: Actor) -> datetime | None:
    """Return when unsaved text of this person was kept last, to be offered; ``None`` where there is none."""
    row = _row(session, form, subject, by)
    return row.saved_at if row is not None else None


def take_up(session: Session, form: str, subject: str, *, by: Actor, vault: Vault) -> Unsaved:
    """Open one's own unsaved text. Raises ``NotFound`` where there is none, or it cannot be opened any more."""
    _case_of(session, form, subject, by)
    row = _row(session, form, subject, by)
    if row is None:
        raise NotFound("There is no unsaved text.")
    try:
        plain = vault.open(row.data_key, row.sealed, scope_of_draft(by.id, form, subject))
    except VaultError:
        raise NotFound("There is no unsaved text that can still be opened.") from None
    return Unsaved(row.saved_at, [(name, text) for name, text in json.loads(plain)])


def drop(session: Session, form: str, subject: str, *, by: Actor) -> None:
    """Throw one's own unsaved text away: it was saved, or is not wanted. Nothing happens where there is none."""
    with writing(session):
        session.execute(delete(Draft).where(Draft.user_id == by.id, Draft.form == form, Draft.subject == subject))


def purge(session: Session, *, now: datetime) -> int:
    """Throw away what nobody came back to; return how many."""
    old = or_(Draft.saved_at < now - KEPT, and_(Draft.form == PRESSED, Draft.saved_at < now - PRESSED_KEPT))
    with writing(session):
        gone = session.scalars(delete(Draft).where(old).returning(Draft.id)).all()
    return len(gone)
