"""Write the record of an act into the transaction of the act, and verify the chain."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import audit as rules
from incident_app.domain.accounts import Actor
from incident_app.models.audit import Entry, Head


def lock(session: Session) -> Head:
    """Take the head of the chain for this transaction: everything recorded comes one after the other."""
    head = session.scalar(select(Head).where(Head.id == 1).with_for_update())
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
    never personal data of affected people.
    """
    head = lock(session)
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
    )
    session.add(entry)
    head.seq, head.hash = entry.seq, entry.hash
    session.flush()
    return entry


def _link(entry: Entry) -> rules.Link:
    return rules.Link(
        seq=entry.seq, at=entry.at, actor_id=entry.actor_id, actor_name=entry.actor_name, action=entry.action,
        case_id=entry.case_id, subject=entry.subject, subject_id=entry.subject_id, details=entry.details,
    )


def is_intact(entry: Entry) -> bool:
    """Tell whether an entry still is what its own hash says; whether it is in the chain only ``verify`` tells."""
    return entry.hash == rules.chained(entry.prev, _link(entry))


def _chain(session: Session) -> Iterator[tuple[rules.Link, str, str]]:
    for entry in session.scalars(select(Entry).order_by(Entry.seq).execution_options(yield_per=1000)):
        yield _link(entry), entry.prev, entry.hash


def verify(session: Session) -> rules.Verdict:
    """Walk the whole chain; the verdict names the first bad entry or says how far it is complete."""
    head = session.get(Head, 1)
    seq, digest = (head.seq, head.hash) if head else (0, rules.GENESIS)
    return rules.verify(_chain(session), seq, digest)


def of_case(session: Session, case_id: int) -> Sequence[Entry]:
    """Return everything recorded about one case, the newest first."""
    return session.scalars(select(Entry).where(Entry.case_id == case_id).order_by(Entry.seq.desc())).all()
