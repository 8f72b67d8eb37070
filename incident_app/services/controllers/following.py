"""What follows a notice to controllers: an update to the same ones, and a reminder to those who have not acknowledged it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import CONTROLLERS, Envelope
from incident_app.domain.numbers import grouped
from incident_app.domain.ports import Vault
from incident_app.domain.recipients import ControllerRow, Customers
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.controllers import ControllerReceipt
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services.controllers.importing import write_list
from incident_app.services.notices.drafting import draft
from incident_app.services.notices.looking import get
from incident_app.services.recipients.looking import GONE, opened
from incident_app.services.recipients.uploading import case_key
from incident_app.services.unit import writing

LONGEST_WAIT = 24 * 90


def _launched(session: Session, notice_id: int) -> Notice:
    notice = get(session, notice_id)
    if notice.kind != CONTROLLERS or notice.launched_at is None:
        raise Conflict("Only a notice to controllers that was sent can be followed by another one.")
    return notice


def carry_on(
    session: Session, notice_id: int, *, list_id: int | None = None, again_on: date | None = None, by: Actor, now: datetime,
    envelope: Envelope | None = None,
) -> Notice:
    """Draft an update to the same controllers, or to a newer ``list_id`` with their numbers as they are known now.

    Raises ``Conflict`` for a notice that was not sent.
    """
    require(by, Permission.DRAFT_NOTICE)
    before = _launched(session, notice_id)
    return draft(session, before.case_id, list_id or before.list_id, follows=before, again_on=again_on, by=by, now=now,
                 envelope=envelope)


def open_ones(session: Session, notice: Notice, hours: int, now: datetime) -> Sequence[int]:
    """Return the numbers of those for whom a provider took the message ``hours`` ago or longer, and who say nothing."""
    return session.scalars(
        select(ControllerReceipt.number)
        .join(Delivery, (Delivery.notice_id == ControllerReceipt.notice_id) & (Delivery.number == ControllerReceipt.number))
        .where(ControllerReceipt.notice_id == notice.id, ControllerReceipt.acknowledged_at.is_(None), Delivery.is_current,
               Delivery.state == DeliveryState.ACCEPTED.value, Delivery.result_at <= now - timedelta(hours=hours))
        .order_by(ControllerReceipt.number)).all()


def remind(
    session: Session, notice_id: int, hours: int, *, by: Actor, now: datetime, vault: Vault, envelope: Envelope | None = None
) -> Notice:
    """Draft a reminder to who has not acknowledged ``hours`` after the message was taken: a list and a notice of their own,
    approved and sent like any other. Raises ``Refused`` where there is nobody."""
    require(by, Permission.DRAFT_NOTICE)
    require(by, Permission.UPLOAD_PEOPLE)
    if not 0 <= hours <= LONGEST_WAIT:
        raise Refused("No reminder was drafted.", {"hours": f"Between 0 and {grouped(LONGEST_WAIT)} hours."})
    before = _launched(session, notice_id)
    if before.is_reminder and before.follows_id:
        before = get(session, before.follows_id)
    numbers = open_ones(session, before, hours, now)
    if not numbers:
        raise Refused("Nobody is left to be reminded.", {"hours": f"Everybody acknowledged it, or was written to less than {hours} "
                                                                  "hours ago, or was not reached."})
    root, key = before.id, case_key(session, before.case_id, vault=vault)
    rows = _rows(session, before, numbers, key, vault)
    with writing(session):
        before = get(session, root)
        name = f"Not acknowledged, notice {before.number}"
        made = write_list(session, before.case_id, name, _as_read(session, before, rows), key, by=by, now=now, vault=vault)
        list_id = made.id
    return draft(session, before.case_id, list_id, follows=get(session, root), remind=True, by=by, now=now, envelope=envelope)


def _rows(session: Session, notice: Notice, numbers: Sequence[int], key: bytes, vault: Vault) -> list[ControllerRow]:
    found = session.scalars(select(Recipient).where(Recipient.list_id == notice.list_id, Recipient.number.in_(numbers))
                            .order_by(Recipient.number)).all()
    rows = []
    for line, row in enumerate(found, 1):
        contact = opened(row, key, vault)
        if contact is None:
            raise Conflict(GONE)
        rows.append(ControllerRow(line, contact, row.language))
    return rows


def _as_read(session: Session, notice: Notice, rows: list[ControllerRow]) -> Customers:
    columns = session.get_one(RecipientList, notice.list_id).columns
    return Customers(rows, dict(columns), [], line_count=len(rows), other_count=0)
