"""What providers say later: kept at once, applied soon, each event once and forward only.

It resolves *uncertain*, or a bounce moves people on. Most receipts only say that a message arrived: those are written by
the thousand, rows locked in the order of their ids, without holding the notice that others are sending; on PostgreSQL
by one statement for all that came in some posts (see ``models/receiving.py``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.deliveries import DeliveryState, Next, ReceiptKind
from incident_app.domain.ports import Sent
from incident_app.domain.providers import scrubbed
from incident_app.models.appending import TallyKey, add_tallies
from incident_app.models.deliveries import Receipt, new_receipts
from incident_app.models.receiving import (
    Kept,
    Mark,
    Told,
    add_attempts,
    among,
    applied,
    apply_again,
    apply_posts,
    arrived,
    keep_receipts,
    mark_receipts,
    move_told,
    named,
    told,
)
from incident_app.services.deliveries import strange
from incident_app.services.deliveries.addressing import Who
from incident_app.services.deliveries.controls import persons
from incident_app.services.deliveries.counting import lock_notice
from incident_app.services.deliveries.recording import Ledger, try_of
from incident_app.services.unit import writing

TOGETHER = 2000
POSTED_TOGETHER = 5000
LOOK_AGAIN = timedelta(seconds=15)
LONGEST_UNKNOWN = timedelta(minutes=10)


class Event(NamedTuple):
    """One thing a provider said. ``key`` is the provider's own id of the event; ``at`` when it happened."""

    key: str
    delivery_id: str
    kind: ReceiptKind
    reason: str
    at: datetime


def record_receipts(session: Session, provider: str, events: Sequence[Event], *, now: datetime) -> None:
    """Keep events, each once. They are applied by :func:`apply_receipts`, soon."""
    if not events:
        return
    keys, ids, kinds, reasons, ats = zip(*events, strict=True)
    with writing(session):
        keep_receipts(session, provider, Kept(
            [f"{provider}:{key}"[:160] for key in keys], [one[:64] for one in ids], kinds,
            [reason and scrubbed(reason) for reason in reasons], ats), now)


def apply_receipts(session: Session, *, now: datetime) -> int:
    """Apply receipts that wait; return how many were looked at. Call again until 0."""
    return apply_posted(session, now=now) + apply_single(session, now=now)


def apply_posted(session: Session, *, now: datetime, limit: int = POSTED_TOGETHER) -> int:
    """Apply about ``limit`` receipts that came together: whatever only says how an accepted message fared.

    The others wait one by one, for :func:`apply_single`. Returns how many were applied. Call again until 0.
    """
    with writing(session):
        done = apply_posts(session, limit, now)
        apply_again(session, done.telling, now)
        strangers = _wait_for_row(session, named(session, done.lost), now)
    _tell_of(session, strangers, now)
    return done.looked_at - len(done.telling)  # those are counted where they are looked at one by one


def _tell_of(session: Session, strangers: bool, now: datetime) -> None:
    if strangers:
        strange.tell(session, now=now)


def apply_single(session: Session, *, now: datetime, limit: int = TOGETHER) -> int:
    """Apply receipts that wait one by one, at most ``limit``; return how many were looked at. Call again until 0."""
    with writing(session):
        receipts = session.connection().execute(new_receipts(now, limit)).all()  # plain rows, as many as there are events
        found = arrived(session, [one.delivery_public_id for one in receipts]) if receipts else ()
        rows = {row.public_id: row for row in found}
        unknown = [one for one in receipts if one.delivery_public_id not in rows]
        plain, telling = _parted([one for one in receipts if one.delivery_public_id in rows], rows)
        strangers = _wait_for_row(session, unknown, now)
        _write_plain(session, plain, rows)
        applied(session, [one.id for one in plain], now)
    _tell_of(session, strangers, now)
    for notice_id in sorted({rows[one.delivery_public_id].notice_id for one in telling}):
        _apply(session, notice_id, [one.id for one in telling if rows[one.delivery_public_id].notice_id == notice_id], now)
    return len(receipts)


def _wait_for_row(session: Session, receipts: Sequence[Any], now: datetime) -> bool:
    """Look again later, for a while: a provider may be faster than we write. Then give up: it is no notice of ours.

    Tells whether any of them is about a message that nobody here sent.
    """
    given_up = [one for one in receipts if now - one.came_at >= LONGEST_UNKNOWN]
    staff = strange.to_staff(session, {one.delivery_public_id for one in given_up}) if given_up else set()
    ours = [one.id for one in given_up if one.delivery_public_id in staff]
    old = [one.id for one in given_up if one.delivery_public_id not in staff]
    young = [one.id for one in receipts if now - one.came_at < LONGEST_UNKNOWN]
    applied(session, ours, now, kind=strange.STAFF)
    applied(session, old, now, kind=strange.UNKNOWN)
    apply_again(session, young, now + LOOK_AGAIN)
    return bool(old)


def _parted(receipts: Sequence[Any], rows: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Part those that only say how an accepted message fared, or nothing new, from those that change what counts for somebody."""
    telling = {one.delivery_public_id for one in receipts
               if _says_more(one, rows[one.delivery_public_id]) and (
                   one.kind in rules.NOT_REACHED or rows[one.delivery_public_id].state != DeliveryState.ACCEPTED)}
    return ([one for one in receipts if one.delivery_public_id not in telling],
            [one for one in receipts if one.delivery_public_id in telling])


def _says_more(one: Any, row: Any) -> bool:
    return rules.receipt_moves(row.receipt_rank, ReceiptKind(one.kind), row.state)


def _write_plain(session: Session, receipts: Sequence[Any], rows: Mapping[str, Any]) -> None:
    best: dict[str, tuple[int, Any]] = {}
    for one in receipts:
        rank, known = rules.RANK[one.kind], best.get(one.delivery_public_id)
        if rank > known[0] if known else _says_more(one, rows[one.delivery_public_id]):
            best[one.delivery_public_id] = (rank, one)
    changes: dict[int, Counter[TallyKey]] = {}
    for public_id, (_, one) in best.items():
        row = rows[public_id]
        _count(changes.setdefault(row.notice_id, Counter()), row.channel, row.receipt, one.kind)
    mark_receipts(session, [(rows[public_id].id, one.kind, rank, one.at) for public_id, (rank, one) in best.items()])
    for notice_id, counted in sorted(changes.items()):
        add_tallies(session, notice_id, counted)


def _apply(session: Session, notice_id: int, ids: Sequence[int], now: datetime) -> None:
    """Apply receipts that change what counts for somebody, one after the other, holding the notice."""
    with writing(session):
        notice = lock_notice(session, notice_id)
        receipts = session.connection().execute(
            select(Receipt.id, Receipt.delivery_public_id, Receipt.kind, Receipt.reason, Receipt.at)
            .where(among(session, Receipt.id, ids), Receipt.applied_at.is_(None)).order_by(Receipt.at, Receipt.id)).all()
        rows = told(session, [one.delivery_public_id for one in receipts])
        ledger, who = Ledger(session, notice, now), persons(session, notice, list(rows.values()))
        counted: Counter[TallyKey] = Counter()
        marks, moved, answers = dict[int, Mark](), dict[int, Told](), list[dict[str, object]]()
        for receipt in receipts:
            row, kind = rows[receipt.delivery_public_id], ReceiptKind(receipt.kind)
            if not rules.receipt_moves(row.receipt_rank, kind, row.state):
                continue
            _count(counted, row.channel, row.receipt, kind)
            row.receipt, row.receipt_rank, row.receipt_at = kind.value, rules.RANK[kind], receipt.at
            marks[row.id] = (row.id, row.receipt, row.receipt_rank, receipt.at)
            following = _following(ledger, row, who[row.recipient_id], kind, receipt.reason)
            if following is not None and row.is_current:
                answers += _answer(row)
                ledger.move(row, who[row.recipient_id], following)
                moved[row.id] = row
        mark_receipts(session, [mark for row_id, mark in marks.items() if row_id not in moved])
        move_told(session, list(moved.values()))
        add_attempts(session, answers)
        applied(session, [one.id for one in receipts], now)
        add_tallies(session, notice_id, counted)
        if moved:
            ledger.close([])


def _count(counted: Counter[TallyKey], channel: str, before: str, kind: str) -> None:
    counted[channel, "", "", str(kind), ""] += 1
    if before:
        counted[channel, "", "", before, ""] -= 1


def _following(ledger: Ledger, row: Told, person: Who, kind: ReceiptKind, reason: str) -> Next | None:
    tried = try_of(person, row.channel, row.public_id, row.attempts, ledger.plan.wait, stopped=ledger.stopped)
    return rules.after_receipt(tried, row.state, kind, reason, ledger.now)


def _answer(row: Told) -> list[dict[str, object]]:
    """Return what to keep in the person's story before the row says something else: that the provider had taken it."""
    if row.state != DeliveryState.ACCEPTED or row.result_at is None:
        return []
    return [{"delivery_id": row.id, "started_at": row.sending_at, "ended_at": row.result_at,
             "outcome": Sent.__name__.lower(), "reference": row.provider_reference, "reason": "", "permanent": False}]
