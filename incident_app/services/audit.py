"""Write the record of an act into the transaction of the act, and verify the chain."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from incident_app.domain import audit as rules
from incident_app.domain.accounts import SYSTEM, Actor
from incident_app.models.audit import Entry, Head
from incident_app.services import saying

BEGINNING = 7_301_001
"""The advisory lock of whoever writes the first entry."""


def lock(session: Session) -> Head:
    """Take the head of the chain for this transaction: everything recorded comes one after the other."""
    question = select(Head).where(Head.id == 1).with_for_update()
    head = session.scalar(question)
    if head is None and session.get_bind().dialect.name == "postgresql":  # two processes may begin at the same moment
        session.execute(select(func.pg_advisory_xact_lock(BEGINNING)))
        head = session.scalar(question)
    if head is None:
        head = Head(id=1, seq=0, hash=rules.GENESIS)
        session.add(head)
        session.flush()
    return head


def record(
    session: Session,
    *,
    action: str,
    by: Actor,
    now: datetime,
    case_id: int | None = None,
    subject: str = "",
    subject_id: int | str = "",
    details: dict[str, Any] | None = None,
) -> Entry:
    """Append one entry inside the caller's transaction: if it cannot be written, the act does not happen.

    ``action`` is ``door.verb`` (``notice.approved``); ``details`` holds ids, counts, hashes and the words of staff,
    never personal data of affected people. What a person wrote about a case is sealed for good (see ``saying``).
    """
    head = lock(session)
    if details and case_id is not None:
        details = saying.sealed(session, case_id, head.seq + 1, details, spoken=by.id != SYSTEM.id)
    link = rules.Link(
        seq=head.seq + 1,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=action,
        case_id=case_id,
        subject=subject,
        subject_id=str(subject_id),
        details=details or {},
        actor_session=by.session,
    )
    entry = Entry(
        seq=link.seq,
        at=now,
        actor_id=by.id,
        actor_name=by.name,
        action=action,
        case_id=case_id,
        subject=subject,
        subject_id=link.subject_id,
        details=dict(link.details),
        prev=head.hash,
        hash=rules.chained(head.hash, link),
        actor_session=by.session,
    )
    session.add(entry)
    session.flush()  # first the entry: the head moves to one that is there, or not at all
    head.seq, head.hash = entry.seq, entry.hash
    session.flush()
    return entry


def is_intact(entry: Entry) -> bool:
    """Tell whether an entry still is what its own hash says; whether it is in the chain only ``verify`` tells."""
    link = rules.Link(
        entry.seq, entry.at, entry.actor_id, entry.actor_name, entry.action, entry.case_id, entry.subject,
        entry.subject_id, entry.details, entry.actor_session)
    return entry.hash == rules.chained(entry.prev, link)


def _moment(stored: str) -> datetime:
    """Return a moment as the database keeps it in words; what is none is no moment any entry has."""
    try:
        moment = datetime.fromisoformat(stored)
    except (TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _details(stored: str) -> dict[str, object]:
    """Return the details; what was made unreadable comes back as something no entry says."""
    try:
        found = json.loads(stored)
    except (TypeError, ValueError):
        return {"unreadable": str(stored)}
    return found if isinstance(found, dict) else {"unreadable": str(stored)}


def _rows(session: Session) -> Iterator[Any]:
    """Yield every entry in order, as a stream: memory does not grow with them.

    Words are read by us, not by the driver: what somebody made unreadable is a bad entry, not an error. The head comes
    with each row, out of the same snapshot: what is written while we walk belongs to neither.
    """
    head = select(Head.seq, Head.hash).where(Head.id == 1)
    question = select(
        Entry.seq, cast(Entry.at, Text), Entry.actor_id, Entry.actor_name, Entry.action, Entry.case_id, Entry.subject,
        Entry.subject_id, cast(Entry.details, Text), Entry.actor_session, Entry.prev, Entry.hash,
        head.with_only_columns(Head.seq).scalar_subquery(), head.with_only_columns(Head.hash).scalar_subquery(),
    ).order_by(Entry.seq).execution_options(yield_per=2000)
    yield from session.execute(question)


def _link(row: Any) -> tuple[rules.Link, str, str]:
    seq, at, actor_id, actor_name, action, case_id, subject, subject_id, details, actor_session, prev, digest, _, _ = row
    return rules.Link(seq, _moment(at), actor_id, actor_name, action, case_id, subject, subject_id, _details(details),
                      actor_session), prev, digest


def head_of(session: Session) -> tuple[int, str]:
    """Return number and hash of the newest entry."""
    head = session.execute(select(Head.seq, Head.hash).where(Head.id == 1)).one_or_none()
    return (head.seq, head.hash) if head is not None else (0, rules.GENESIS)


def verify(session: Session, anchors: Iterable[rules.Anchor] = ()) -> rules.Verdict:
    """Walk the whole chain, held against ``anchors``; the verdict names the first bad entry or how far it is complete."""
    rows = _rows(session)
    first = next(rows, None)
    if first is None:
        return rules.verify((), *head_of(session), anchors)
    seq, digest = (0, rules.GENESIS) if first[-2] is None else (first[-2], first[-1])
    return rules.verify(map(_link, chain([first], rows)), seq, digest, anchors)


def of_case(session: Session, case_id: int) -> Sequence[Entry]:
    """Return everything recorded about one case, the newest first."""
    return session.scalars(select(Entry).where(Entry.case_id == case_id).order_by(Entry.seq.desc())).all()
