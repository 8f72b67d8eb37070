"""What providers say later, each event once and forward only: it resolves *uncertain*, or a bounce moves people on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.deliveries import ReceiptKind
from incident_app.models.deliveries import Delivery, Receipt
from incident_app.models.recipients import Recipient
from incident_app.services.deliveries.counting import lock_notice
from incident_app.services.deliveries.finishing import settle
from incident_app.services.deliveries.recording import apply, try_of
from incident_app.services.unit import writing

LONGEST_REASON = 300
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a provider said. ``key`` is the provider's own id of the event; ``at`` when it happened."""

    key: str
    delivery_id: str
    kind: ReceiptKind
    reason: str
    at: datetime


def scrubbed(reason: str) -> str:
    """Return a provider's words without addresses: they name people."""
    return _ADDRESS.sub("(address)", " ".join(reason.split()))[:LONGEST_REASON]


def record_receipts(session: Session, provider: str, events: Sequence[Event], *, now: datetime) -> int:
    """Keep every new event and apply those that say more than was known; return how many were applied."""
    fresh = _store(session, provider, events, now)
    if not fresh:
        return 0
    by_notice: dict[int, list[str]] = {}
    known = session.execute(
        select(Delivery.notice_id, Delivery.public_id).where(Delivery.public_id.in_({one.delivery_id for one in fresh}))
    ).all()
    session.rollback()
    for row in known:
        by_notice.setdefault(row.notice_id, []).append(row.public_id)
    return sum(_apply(session, notice_id, ids, now) for notice_id, ids in sorted(by_notice.items()))


def _key(provider: str, event: Event) -> str:
    return f"{provider}:{event.key}"[:160]


def _store(session: Session, provider: str, events: Sequence[Event], now: datetime) -> list[Event]:
    named = {_key(provider, event): event for event in events}
    with writing(session):
        seen = set(session.scalars(select(Receipt.event_key).where(Receipt.event_key.in_(named))))
        fresh = {key: event for key, event in named.items() if key not in seen}
        session.add_all(
            Receipt(provider=provider, event_key=key, delivery_public_id=event.delivery_id[:64], kind=event.kind.value,
                    reason=scrubbed(event.reason), at=event.at, came_at=now)
            for key, event in fresh.items()
        )
    return list(fresh.values())


def _apply(session: Session, notice_id: int, ids: list[str], now: datetime) -> int:
    applied = 0
    with writing(session):
        notice = lock_notice(session, notice_id)
        receipts = session.scalars(
            select(Receipt).where(Receipt.delivery_public_id.in_(ids), Receipt.applied_at.is_(None))
            .order_by(Receipt.at, Receipt.id)
        ).all()
        rows = {
            row.public_id: (row, person)
            for row, person in session.execute(
                select(Delivery, Recipient).join(Recipient, Recipient.id == Delivery.recipient_id)
                .where(Delivery.public_id.in_(ids)).order_by(Delivery.id).with_for_update(of=Delivery)
            )
        }
        changed = False
        for receipt in receipts:
            row, person = rows[receipt.delivery_public_id]
            kind = ReceiptKind(receipt.kind)
            receipt.applied_at = now
            if not rules.receipt_moves(row.receipt_rank, kind):
                continue
            row.receipt, row.receipt_rank, row.receipt_at = kind.value, rules.RANK[kind], receipt.at
            applied += 1
            following = rules.after_receipt(try_of(row, person, notice), row.state, kind, receipt.reason, now)
            if following is not None and row.is_current:
                apply(session, notice, row, following, now)
                changed = True
        if changed:
            settle(session, notice, now)
    return applied

