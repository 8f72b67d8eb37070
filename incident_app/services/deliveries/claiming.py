"""What a worker holds: people whose first message is due (a chunk of the list), or rows that wait for another try.

Claim, commit, act, commit the outcome: nothing here calls out, and no transaction stays open between two of these.
"""

import uuid
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain import recipients as list_rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.deliveries import BY_HAND, NO_CHANNEL, DeliveryState
from incident_app.domain.notices import ChannelPlan, Envelope, NoticeState
from incident_app.models.deliveries import (
    Chunk,
    Delivery,
    again,
    begin_chunk,
    claim_chunks,
    due,
    held_chunks,
)
from incident_app.models.notices import Notice
from incident_app.models.recipients import faces
from incident_app.services.deliveries.addressing import Addressing, Who
from incident_app.services.deliveries.controls import stop_sending
from incident_app.services.deliveries.counting import lock_and_look, lock_counters, lock_notice
from incident_app.services.deliveries.launching import as_recorded, hold, mismatch
from incident_app.services.deliveries.printing import Words
from incident_app.services.recipients.preflight import suppressed_numbers
from incident_app.services.unit import changed, writing

STRETCH = 10_000
AGREED_FOR = timedelta(seconds=1)


class Item(NamedTuple):
    """One person to be written to now. ``row_id`` is ``None`` for a first try: the row comes with the outcome.

    ``dropped`` says why the mail provider would not take it; ``bypass`` asks it to, by a decision of two people.
    """

    who: Who
    public_id: str
    sealed: bytes
    recipient_public_id: str
    round: int = 1
    attempts: int = 0
    row_id: int | None = None
    dropped: str = ""
    bypass: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A chunk as it was claimed: people after ``done_to`` up to ``last``."""

    id: int
    first: int
    last: int
    done_to: int
    digest: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """A claim: of which notice, on which channel, by which token. It holds a ``chunk``, or else ``rows``.

    ``key`` opens the contacts; ``room`` is how many may go at once; in a ``drill`` messages go to the team alone.
    """

    notice_id: int
    list_id: int
    channel: str
    token: str
    key: bytes | None
    addressing: Addressing
    words: Words
    room: int
    chunk: Span | None = None
    rows: Sequence[int] = ()
    drill: bool = False

    @property
    def begins_a_stretch(self) -> bool:
        """Whether the approval is compared with the record now: at the start, and every 10,000 people."""
        return self.chunk is not None and (self.chunk.first - 1) % STRETCH == 0


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a worker found to be what was approved, and when: for a moment it prints from this, not from the table."""

    at: datetime
    version: int
    addressing: Addressing
    words: Words

    def holds(self, version: int, now: datetime) -> bool:
        """Tell whether this needs no second look now."""
        return self.version == version and timedelta() <= now - self.at < AGREED_FOR


def canary(notice: Notice, limit: int) -> int:
    """Return how many may go now: the first 25 go alone until it is known what becomes of them."""
    if notice.canary_done or not ChannelPlan.from_json(notice.plan).canary:
        return limit
    return max(0, min(limit, rules.CANARY - notice.tried_count))


def _free(session: Session, notice: Notice, limit: int) -> int:
    """Return how many may be claimed now, beside those that others hold."""
    if notice.canary_done or not ChannelPlan.from_json(notice.plan).canary:
        return limit
    rows = session.scalar(
        select(func.count()).select_from(Delivery).where(
            Delivery.notice_id == notice.id, Delivery.state.in_(rules.IN_FLIGHT)))
    held = session.scalars(held_chunks(notice.id).where(Chunk.channel.not_in([NO_CHANNEL, *BY_HAND]))).all()
    return 0 if held else max(0, canary(notice, limit) - (rows or 0))


def claim(session: Session, notice_id: int, channel: str, known: Container[str], *, worker: str, limit: int, chunks: int,
          now: datetime, envelope: Envelope | None = None, agreed: dict[int, Agreed] | None = None) -> Sequence[Held]:
    """Take the next work of a lane: rows, at most ``limit``, or ``chunks``. Nothing where the notice was stopped.

    Holds a notice that is no longer what was approved; stops one whose channel is not among the ``known``. ``agreed``
    keeps what was compared with the approval a moment ago.
    """
    agreed = {} if agreed is None else agreed
    silent = channel == NO_CHANNEL or channel in BY_HAND  # nothing is sent there: rows are written, no more
    with writing(session):
        seen = lock_and_look(session, notice_id)
        if seen.state != NoticeState.SENDING:
            return ()
        before = agreed.get(notice_id)
        if before is None or not before.holds(seen.version, now):
            before, notice = None, lock_counters(session, notice_id)
            if mismatch(session, notice, envelope):
                hold(session, notice, by=SYSTEM, now=now)
                return ()
            agreed[notice_id] = Agreed(now, seen.version, Addressing(notice), Words.of(notice))
        if not silent and channel not in known:
            stop_sending(session, lock_counters(session, notice_id),
                         f"The channel {channel} is not set up on this installation.", by=SYSTEM, now=now)
            return ()
        free = limit if silent or seen.canary_done else _free(session, lock_counters(session, notice_id), limit)
        lane = Held(notice_id, seen.list_id, channel, str(uuid.uuid4()), seen.data_key, agreed[notice_id].addressing,
                    agreed[notice_id].words, free, drill=seen.is_drill)
        held = _held(session, lane, chunks if free == limit else 1, worker, now) if free else ()
        if any(one.begins_a_stretch for one in held) and _differs(session, notice_id, envelope, anew=before is not None):
            for one in held:
                release(session, one, now)
            hold(session, lock_counters(session, notice_id), by=SYSTEM, now=now)
            return ()
        return held


def _differs(session: Session, notice_id: int, envelope: Envelope | None, *, anew: bool) -> bool:
    """Tell whether a notice is not what the record says was approved; ``anew``: it was compared with that a moment ago only."""
    notice = lock_counters(session, notice_id)
    return (anew and mismatch(session, notice, envelope)) or not as_recorded(session, notice)


def _held(session: Session, lane: Held, chunks: int, worker: str, now: datetime) -> Sequence[Held]:
    until = now + rules.LEASE
    found = due(lane.notice_id, lane.channel, now, lane.room)
    rows = session.scalars(found).all() if lane.channel not in BY_HAND else ()
    for row in rows:
        row.state, row.claim_token, row.claimed_by = DeliveryState.CLAIMED.value, lane.token, worker
        row.lease_until = until
    if rows:
        return [replace(lane, rows=[row.id for row in rows])]
    taken = claim_chunks(session, lane.notice_id, lane.channel, chunks, token=lane.token, worker=worker, now=now, until=until)
    return [replace(lane, chunk=Span(*one)) for one in taken]


def items_of(session: Session, held: Held, *, now: datetime) -> Sequence[Item] | None:
    """Return whom a claim holds, in order. ``None`` where they are not whom the approval bound: the notice is held."""
    who = held.addressing.who
    if held.chunk is None:
        found = session.execute(again(held.rows)).all()
        items = [Item(who(row), row.delivery_id, row.sealed, row.public_id, row.round, row.attempts, row.row_id)
                 for row in found]
        return _unless_dropped(session, held, items)
    chunk = held.chunk
    people = faces(session, held.list_id, *list_rules.part_of(chunk.first))
    if list_rules.part_digest([(one[1], one[4]) for one in people]) != chunk.digest:
        with writing(session):
            hold(session, lock_notice(session, held.notice_id), by=SYSTEM, now=now)
            release(session, held, now)
        return None
    return _unless_dropped(session, held, _first_tries(held, chunk, people))


def _first_tries(held: Held, chunk: Span, people: Sequence[Any]) -> list[Item]:
    """Return those of a chunk who have no row yet and are written to on this channel first."""
    told, items, channel, secret = held.addressing.told, list[Item](), held.channel, chunk.secret
    for row_id, number, public_id, sealed, _, language, country, telegram, email, post, sensitive in people:
        if not chunk.done_to < number <= chunk.last:
            continue
        channels, withheld = told((telegram, email, post, sensitive))
        if (channels[0] if channels else NO_CHANNEL) == channel:
            items.append(Item(Who(row_id, number, language, country, channels, withheld),
                              rules.delivery_id(secret, number), sealed, public_id))
    return items


def _unless_dropped(session: Session, held: Held, items: list[Item]) -> list[Item]:
    """Mark whose email the mail provider would drop, and who is written to all the same by a decision of two people."""
    if held.channel == "email" and items:
        numbers = [item.who.number for item in items]
        listed = suppressed_numbers(session, held.list_id, min(numbers), max(numbers))
        bypass = held.addressing.plan.bypass
        if listed:
            items = [_marked(item, listed.get(item.who.number), bypass) for item in items]
    session.rollback()
    return items


def _marked(item: Item, kind: str | None, bypass: bool) -> Item:
    if kind is None:
        return item
    if list_rules.stops(kind, bypass=bypass):
        return item._replace(dropped=list_rules.words_for(kind, bypass=bypass))
    return item._replace(bypass=True)


def begin(session: Session, held: Held, part: Sequence[Item], now: datetime) -> bool:
    """Commit the intent before any request leaves; tell whether these may go, or the notice was stopped meanwhile."""
    until = now + rules.SENDING_LEASE
    with writing(session):
        if held.chunk is not None:
            return begin_chunk(session, held.notice_id, held.chunk.id, held.token, [item.who.number for item in part],
                               now=now, until=until)
        lock_notice(session, held.notice_id)
        ids = [item.row_id for item in part]
        whole = changed(session, update(Delivery).where(
            Delivery.id.in_(ids), Delivery.claim_token == held.token, Delivery.state == DeliveryState.CLAIMED,
            select(Notice.id).where(Notice.id == held.notice_id, Notice.state == NoticeState.SENDING.value).exists(),
        ).values(attempts=Delivery.attempts + 1, state=DeliveryState.SENDING.value, sending_at=now, lease_until=until,
                 )) == len(ids)
        if not whole:
            session.rollback()
        return whole


def take_back(session: Session, held: Held, part: Sequence[Item], now: datetime) -> None:
    """Take back what was begun and has not been tried. Of a chunk: call it where nobody was, else ``record`` did it."""
    until = now + rules.LEASE
    with writing(session):
        if held.chunk is not None:
            changed(session, update(Chunk).where(
                Chunk.id == held.chunk.id, Chunk.claim_token == held.token, Chunk.state == DeliveryState.SENDING,
            ).values(state=DeliveryState.CLAIMED.value, sending=[], lease_until=until))
            return
        changed(session, update(Delivery).where(
            Delivery.id.in_([item.row_id for item in part]), Delivery.claim_token == held.token,
            Delivery.state == DeliveryState.SENDING,
        ).values(attempts=Delivery.attempts - 1, state=DeliveryState.CLAIMED.value, sending_at=None, lease_until=until))


def release(session: Session, held: Held, due_at: datetime) -> None:
    """Give back what was not begun, due again ``due_at``: no request was made. Call inside a write unit."""
    values = {"lease_until": None, "claim_token": None}
    if held.chunk is not None:
        changed(session, update(Chunk).where(
            Chunk.id == held.chunk.id, Chunk.claim_token == held.token, Chunk.state == DeliveryState.CLAIMED,
        ).values(state="waiting", due_at=due_at, **values))
        return
    changed(
        session, update(Delivery).where(Delivery.id.in_(held.rows), Delivery.claim_token == held.token,
                               Delivery.state == DeliveryState.CLAIMED)
        .values(state=DeliveryState.QUEUED.value, next_attempt_at=due_at, **values))
