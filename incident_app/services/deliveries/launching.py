"""Start sending: exactly what was approved, to exactly the approved list.

No message leaves before the row that answers for it: the list is cut into chunks, and a chunk is a row. Chunks are made
a slab at a time, so that a notice to ten million begins as fast as one to a thousand.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as notice_rules
from incident_app.domain import recipients as list_rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, require
from incident_app.domain.deliveries import NO_CHANNEL, SECRET
from incident_app.domain.notices import Envelope, NoticeState
from incident_app.domain.numbers import grouped, people_words
from incident_app.domain.refusals import Conflict, Refused, Stale
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.deliveries import Chunk
from incident_app.models.notices import Notice
from incident_app.models.recipients import PartRow, Recipient, between, parts_of
from incident_app.services import audit
from incident_app.services.controllers.receipts import open_receipts
from incident_app.services.deliveries import waking
from incident_app.services.deliveries.addressing import Addressing
from incident_app.services.deliveries.counting import lock_notice
from incident_app.services.deliveries.waking import wake_about
from incident_app.services.notices.approving import approval_of, bound_hash
from incident_app.services.recipients.parts import digest_of
from incident_app.services.unit import writing

SLAB = 100  # parts of a list that become chunks at a time
FIRST_SLAB = 2
HELD = "What would be sent is no longer what was approved. Nothing is sent until it is approved again."


def mismatch(session: Session, notice: Notice, envelope: Envelope | None = None) -> bool:
    """Tell whether text, plan or, where it is known, the envelope differ from what the approval bound."""
    approval = approval_of(session, notice)
    if approval is None or approval.voided_at is not None:
        return True
    bound = Envelope.from_json(approval.envelope)
    other = envelope is not None and bound not in {envelope, Envelope()}
    return other or approval.content_hash != bound_hash(notice, bound)


def as_recorded(session: Session, notice: Notice) -> bool:
    """Tell whether the approval is the one the record has: what somebody writes into the tables alone sends nothing."""
    approval = approval_of(session, notice)
    entry = session.scalar(select(Entry).where(
        Entry.case_id == notice.case_id, Entry.action == "notice.approved", Entry.subject_id == str(notice.id),
    ).order_by(Entry.seq.desc()).limit(1))
    if approval is None or entry is None or not audit.is_intact(entry):
        return False
    said = {name: entry.details.get(name) for name in ("approval", "content", "list", "people")}
    return entry.actor_id == approval.by_id and said == {
        "approval": approval.id, "content": approval.content_hash, "list": approval.list_digest,
        "people": approval.list_count}


def other_people(session: Session, notice: Notice) -> bool:
    """Tell whether the list is not the one that was approved.

    Its parts and their number are checked here, and the first of them row by row; each of the others is checked just
    before anybody in it is written to (see ``chunks``).
    """
    approval = approval_of(session, notice)
    bound = (approval.list_digest, approval.list_count) if approval else None
    highest = session.scalar(select(func.max(Recipient.number)).where(Recipient.list_id == notice.list_id))
    first = session.scalar(parts_of(notice.list_id).limit(1))
    other = digest_of(session, notice.list_id) != bound or highest != notice.list_count
    return other or first is None or not genuine(session, notice.list_id, first)


def genuine(session: Session, list_id: int, part: PartRow) -> bool:
    """Tell whether a part of a list still holds whom it held when it was read in."""
    people = session.scalars(between(list_id, part.first, part.last))
    return list_rules.part_digest((one.number, bytes(one.blind)) for one in people) == part.digest


def hold(session: Session, notice: Notice, *, by: Actor, now: datetime) -> None:
    """Stop a notice that is not what was approved. Call inside a write unit."""
    notice.state, notice.state_reason = NoticeState.HELD.value, HELD
    audit.record(
        session, action="notice.held", by=by, now=now, case_id=notice.case_id, subject="notice", subject_id=notice.id,
        details={"approved": notice.content_hash, "found": bound_hash(notice)},
    )
    wake_about(session, notice, waking.HELD, now=now)


def _check(session: Session, notice: Notice, typed_count: int, version: int | None) -> None:
    if notice.state in notice_rules.LAUNCHED:
        sender = session.get(User, notice.launched_by_id) if notice.launched_by_id else None
        words = f" by {sender.name or sender.email}" if sender else ""
        raise Conflict(f"This notice was launched before{words}. Nobody is written to twice.")
    notice_rules.check_moves(notice.state, "be sent")
    if version is not None and version != notice.version:
        raise Stale("Somebody changed this notice. Load the page again and look at what changed.")
    if typed_count != notice.list_count:
        raise Refused(
            "The notice was not sent.",
            {"typed_count": f"You typed {grouped(typed_count)}. It goes to {people_words(notice.list_count or 0)}: type that "
                            "number."},
        )


def first_channels(part: PartRow, addressing: Addressing) -> dict[str, int]:
    """Return how many people of a part each channel of the plan is the first for; ``none`` has none of them."""
    counts: dict[str, int] = {}
    for alike, count in part.reach.items():
        channel = next(iter(addressing.channels(*list_rules.unmasked(int(alike)))), NO_CHANNEL)
        counts[channel] = counts.get(channel, 0) + count
    return counts


def _chunks(notice: Notice, part: PartRow, channel: str, count: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the chunks of a part on one channel; its people are taken to be spread evenly (for estimates only)."""
    counted, width = 0, part.last - part.first + 1
    for first, last in list_rules.cuts(part.first, part.last, notice.list_count or 0):
        share = count * (last - part.first + 1) // width - counted
        counted += share
        yield {
            "notice_id": notice.id, "channel": channel, "first": first, "last": last, "done_to": first - 1,
            "people_count": share, "digest": part.digest, "secret": secrets.token_bytes(SECRET), "state": "waiting",
            "sending": [], "due_at": now,
        }


def cut(session: Session, notice: Notice, now: datetime, slab: int = SLAB) -> None:
    """Make chunks of the next parts of the list. Call inside a write unit that holds the notice."""
    addressing = Addressing(notice)
    parts = session.scalars(parts_of(notice.list_id).where(PartRow.first > notice.cut_to).limit(slab)).all()
    chunks = [chunk for part in parts for channel, count in first_channels(part, addressing).items()
              for chunk in _chunks(notice, part, channel, count, now)]
    if chunks:
        session.execute(insert(Chunk), chunks)
    notice.cut_to = parts[-1].last if parts else notice.list_count or 0


def cut_further(session: Session, notice_id: int, now: datetime) -> None:
    """Make chunks of some more of the list of a notice that is being sent."""
    with writing(session):
        notice = lock_notice(session, notice_id)
        if notice.state == NoticeState.SENDING and notice.cut_to < (notice.list_count or 0):
            cut(session, notice, now)


def launch(
    session: Session, notice_id: int, *, typed_count: int, version: int | None = None, by: Actor, now: datetime,
    envelope: Envelope | None = None,
) -> Notice:
    """Send an approved notice. ``typed_count`` is the number of people the sender typed to confirm.

    Raises ``Conflict`` when it was launched before, or is no longer what was approved (then it is held).
    """
    require(by, Permission.SEND_NOTICE)
    with writing(session):
        notice = lock_notice(session, notice_id)
        _check(session, notice, typed_count, version)
        held = mismatch(session, notice, envelope) or other_people(session, notice) or not as_recorded(session, notice)
        if held:
            hold(session, notice, by=SYSTEM, now=now)
        else:
            notice.state, notice.state_reason = NoticeState.SENDING.value, ""
            notice.launched_at, notice.launched_by_id = now, by.id or None
            notice.waiting_count = notice.list_count or 0
            notice.version += 1
            open_receipts(session, notice, now)
            cut(session, notice, now, FIRST_SLAB)
            audit.record(
                session, action="notice.launched", by=by, now=now, case_id=notice.case_id, subject="notice",
                subject_id=notice.id,
                details={"people": notice.list_count, "content": notice.content_hash, "list": notice.list_digest},
            )
    if held:
        raise Conflict(HELD)
    return notice
