"""Hold the ledger of deliveries against the record: the digests are taken again, and must be those that were recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.numbers import grouped
from incident_app.models.audit import Entry
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice


@dataclass(frozen=True, slots=True)
class Ledger:
    """Whether every outcome of a notice is what the record says, in words; ``rows`` were read."""

    complete: bool
    rows: int
    words: str


def _entries(session: Session, notice: Notice, action: str) -> Sequence[Entry]:
    return session.scalars(
        select(Entry).where(Entry.case_id == notice.case_id, Entry.action == action, Entry.subject == "notice",
                            Entry.subject_id == str(notice.id)).order_by(Entry.seq)).all()


def _rows(session: Session, notice_id: int, first: str = "", last: str = "") -> Iterator[tuple[str, str]]:
    question = select(Delivery.public_id, Delivery.state).where(Delivery.notice_id == notice_id)
    if first:
        question = question.where(Delivery.public_id >= first, Delivery.public_id <= last)
    for row in session.execute(question.order_by(Delivery.public_id).execution_options(yield_per=5000)):
        yield row.public_id, row.state


def _whole(session: Session, notice_id: int) -> tuple[str, int]:
    whole, count = sha256(), 0
    for row in _rows(session, notice_id):
        whole.update(rules.digested([row]))
        count += 1
    return whole.hexdigest(), count


def _first_bad_part(session: Session, notice: Notice, parts: Sequence[dict[str, Any]]) -> str:
    """Say which ten thousand differ, where they were recorded apart."""
    for number, part in enumerate(parts, 1):
        if rules.digest(_rows(session, notice.id, part["from"], part["to"])) != part["digest"]:
            return f" The first part that differs is number {number}, from {part['from']} to {part['to']}."
    return " No recorded part differs: a row was added outside of them." if parts else ""


def verify(session: Session, notice: Notice) -> Ledger:
    """Take the digests of a notice again and compare them with its newest entry in the record."""
    proved = _entries(session, notice, "notice.proved")
    if not proved:
        return Ledger(False, 0, "The record has no digest of this notice yet: it is taken when everybody has an outcome.")
    entry = proved[-1]
    found, count = _whole(session, notice.id)
    if found == entry.details["digest"]:
        return Ledger(True, count, f"All {grouped(count)} outcomes are those of entry {entry.seq}, digest {found[:16]}….")
    if notice.proof_due_at is not None:
        return Ledger(False, count, f"Receipts came after entry {entry.seq}: the next digest is taken within minutes.")
    parts = [one.details for one in _entries(session, notice, "deliveries.digest")
             if one.details["proof"] == entry.details["proof"]]
    return Ledger(False, count, f"The outcomes are not those of entry {entry.seq}: somebody changed them past this app."
                  + _first_bad_part(session, notice, parts))
