"""Who of the controllers was told and who said so: as numbers, as a page, and as rows of a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.recipients import controller_label, neutral
from incident_app.domain.reports import file_moment
from incident_app.models.controllers import ControllerReceipt
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.services import record
from incident_app.services.controllers.following import open_ones

DELIVERED = "delivered"
HEADER = ("controller", "organisation", "contract", "outcome", "sent", "delivered", "acknowledged", "by", "through_notice")


@dataclass(frozen=True, slots=True)
class Line:
    """One controller as a page shows it. ``state`` is acknowledged, delivered, sent, failed, uncertain, stopped or waiting;
    the organisation and the name of who acknowledged are empty for who may not see people. Moments in UTC."""

    number: int
    label: str
    organisation: str
    contract: str
    state: str
    reason: str
    sent_at: datetime | None
    delivered_at: datetime | None
    acknowledged_at: datetime | None
    by: str
    through: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The same in numbers; they add up to ``total``. ``silent``: how many could be reminded now."""

    total: int
    acknowledged: int
    delivered: int
    sent: int
    waiting: int
    not_reached: int
    silent: int


def _question(notice: Notice) -> Any:
    return (
        select(ControllerReceipt, Delivery, Notice.number)
        .outerjoin(Delivery, and_(Delivery.notice_id == ControllerReceipt.notice_id, Delivery.number == ControllerReceipt.number,
                                  Delivery.is_current))
        .outerjoin(Notice, Notice.id == ControllerReceipt.through_id)
        .where(ControllerReceipt.notice_id == notice.id).order_by(ControllerReceipt.number)
    )


def _state(receipt: ControllerReceipt, row: Delivery | None) -> str:
    if receipt.acknowledged_at is not None:
        return "acknowledged"
    state = row.state if row is not None else ""
    if state == DeliveryState.ACCEPTED:
        return DELIVERED if row is not None and row.receipt == DELIVERED else "sent"
    known = {DeliveryState.FAILED.value: "failed", DeliveryState.UNCERTAIN.value: "uncertain", DeliveryState.CANCELLED.value: "stopped"}
    return known.get(state, "waiting")


def _line(receipt: ControllerReceipt, row: Delivery | None, through: int | None, *, named: bool) -> Line:
    sent = row is not None and row.state in {DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN}
    arrived = row is not None and row.receipt == DELIVERED
    return Line(
        receipt.number, controller_label(receipt.number), receipt.organisation if named else "", receipt.contract if named else "",
        _state(receipt, row), row.reason if row is not None else "", row.result_at if row is not None and sent else None,
        row.receipt_at if row is not None and arrived else None, receipt.acknowledged_at, receipt.by if named else "", through)


def lines(session: Session, notice: Notice, *, by: Actor, after: int = 0, limit: int = 50) -> Sequence[Line]:
    """Return up to ``limit`` controllers after number ``after``. Whoever may not see people reads no organisation and no name."""
    require(by, Permission.SEE_NOTICES)
    named = may(by, Permission.SEE_MASKED)
    found = session.execute(_question(notice).where(ControllerReceipt.number > after).limit(max(1, min(limit, 500))))
    return [_line(receipt, row, through, named=named) for receipt, row, through in found]


def answers(session: Session, notice: Notice, *, named: bool, limit: int) -> Sequence[Line]:
    """Return where the first ``limit`` controllers of a notice stand, by their organisations, for who reads the whole case; who
    it was that acknowledged only where ``named``."""
    found = session.execute(_question(notice).limit(limit))
    every = [_line(receipt, row, through, named=True) for receipt, row, through in found]
    return every if named else [replace(one, by="") for one in every]


def summary(session: Session, notice: Notice, *, hours: int, now: datetime) -> Summary:
    """Count the controllers of a notice by where they stand; ``silent`` for a reminder after so many ``hours``."""
    counts: dict[str, int] = {}
    for receipt, row, _ in session.execute(_question(notice)):
        state = _state(receipt, row)
        counts[state] = counts.get(state, 0) + 1
    lost = sum(counts.get(name, 0) for name in ("failed", "uncertain", "stopped"))
    return Summary(
        sum(counts.values()), counts.get("acknowledged", 0), counts.get(DELIVERED, 0), counts.get("sent", 0), counts.get("waiting", 0),
        lost, len(open_ones(session, notice, hours, now)))


def receipt_rows(session: Session, notice: Notice, *, named: bool = True) -> Iterator[tuple[str, ...]]:
    """Yield the receipts of a notice as rows of a file, the names of its columns first; no cell runs in a spreadsheet.

    Moments in UTC, ISO 8601. No address of anybody; nobody by name where not ``named``.
    """
    yield HEADER
    for receipt, row, through in session.execute(_question(notice)):
        one = _line(receipt, row, through, named=named)
        cells = (one.label, one.organisation, one.contract, one.state, file_moment(one.sent_at), file_moment(one.delivered_at),
                 file_moment(one.acknowledged_at), one.by, str(one.through or ""))
        yield tuple(map(neutral, cells))


def exported(session: Session, notice: Notice, *, by: Actor, now: datetime) -> Iterator[tuple[str, ...]]:
    """Return the same for somebody who takes it along; the record says so, once an hour."""
    require(by, Permission.SEE_MASKED)
    record.note_reading(session, "controllers.exported", by=by, now=now, case_id=notice.case_id, subject="notice",
                        subject_id=notice.id)
    return receipt_rows(session, notice)
