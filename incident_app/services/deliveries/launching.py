"""Start sending: exactly what was approved, to exactly the approved list, one row per person before the first message."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain import notices as notice_rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, require
from incident_app.domain.notices import ChannelPlan, NoticeState
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.accounts import User
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services import audit
from incident_app.services.deliveries.counting import lock_notice
from incident_app.services.notices.approving import approval_of, bound_hash, digest_of
from incident_app.services.unit import writing

CHUNK = 2000
NO_CHANNEL = "none"
NO_ADDRESS = "No address on any channel of this plan"
HELD = "What would be sent is no longer what was approved. Nothing is sent until it is approved again."


def mismatch(session: Session, notice: Notice, *, with_list: bool) -> bool:
    """Tell whether text, plan or (``with_list``) people differ from what the approval bound."""
    approval = approval_of(session, notice)
    if approval is None or approval.voided_at is not None or approval.content_hash != bound_hash(notice):
        return True
    return with_list and digest_of(session, notice.list_id) != (approval.list_digest, approval.list_count)


def hold(session: Session, notice: Notice, *, by: Actor, now: datetime) -> None:
    """Stop a notice that is not what was approved. Call inside a write unit."""
    notice.state, notice.state_reason = NoticeState.HELD.value, HELD
    audit.record(
        session, action="notice.held", by=by, now=now, case_id=notice.case_id, subject="notice", subject_id=notice.id,
        details={"approved": notice.content_hash, "found": bound_hash(notice)},
    )


def _check(session: Session, notice: Notice, typed_count: int, version: int | None) -> None:
    if notice.state in notice_rules.LAUNCHED:
        sender = session.get(User, notice.launched_by_id) if notice.launched_by_id else None
        words = f" by {sender.name or sender.email}" if sender else ""
        raise Conflict(f"This notice was launched before{words}. Nobody is written to twice.")
    notice_rules.check_moves(notice.state, "be sent")
    if version is not None and version != notice.version:
        raise Conflict("Somebody changed this notice. Load the page again and look at what changed.")
    if typed_count != notice.list_count:
        raise Refused(
            "The notice was not sent.",
            {"typed_count": f"You typed {typed_count:,}. It goes to {notice.list_count:,} people: type that number."},
        )


def _row(notice: Notice, person: Any, order: tuple[str, ...], now: datetime) -> dict[str, Any]:
    reachable = [name for name, has in (("telegram", person.has_telegram), ("email", person.has_email)) if has]
    channel = rules.first_channel(order, reachable)
    return {
        "public_id": str(uuid.uuid4()), "notice_id": notice.id, "recipient_id": person.id,
        "channel": channel or NO_CHANNEL, "round": 1, "is_current": True, "attempts": 0, "receipt_rank": 0,
        "state": (rules.DeliveryState.QUEUED if channel else rules.DeliveryState.FAILED).value,
        "reason": "" if channel else NO_ADDRESS, "next_attempt_at": now, "result_at": None if channel else now,
        "provider_reference": "", "receipt": "",
    }


def _queue_everybody(session: Session, notice: Notice, now: datetime) -> None:
    order = ChannelPlan.from_json(notice.plan).order
    last = 0
    question = select(Recipient.id, Recipient.has_telegram, Recipient.has_email).where(
        Recipient.list_id == notice.list_id
    )
    while people := session.execute(question.where(Recipient.id > last).order_by(Recipient.id).limit(CHUNK)).all():
        rows = [_row(notice, person, order, now) for person in people]
        session.execute(insert(Delivery), rows)
        failed = sum(row["channel"] == NO_CHANNEL for row in rows)
        notice.failed_count += failed
        notice.waiting_count += len(rows) - failed
        last = people[-1].id


def launch(
    session: Session, notice_id: int, *, typed_count: int, version: int | None = None, by: Actor, now: datetime
) -> Notice:
    """Send an approved notice. ``typed_count`` is the number of people the sender typed to confirm.

    Raises ``Conflict`` when it was launched before, or is no longer what was approved (then it is held).
    """
    require(by, Permission.SEND_NOTICE)
    with writing(session):
        notice = lock_notice(session, notice_id)
        _check(session, notice, typed_count, version)
        held = mismatch(session, notice, with_list=True)
        if held:
            hold(session, notice, by=SYSTEM, now=now)
        else:
            notice.state, notice.state_reason = NoticeState.SENDING.value, ""
            notice.launched_at, notice.launched_by_id = now, by.id or None
            notice.version += 1
            _queue_everybody(session, notice, now)
            audit.record(
                session, action="notice.launched", by=by, now=now, case_id=notice.case_id, subject="notice",
                subject_id=notice.id,
                details={"people": notice.list_count, "content": notice.content_hash, "list": notice.list_digest},
            )
    if held:
        raise Conflict(HELD)
    return notice
