"""Claim, commit, act, commit the outcome. No transaction is open during a call out."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import ChannelPlan, Facts, NoticeState, Reader, Text, language_for, render
from incident_app.domain.ports import Channel, Clock, Letters, Message, Outcome, RateLimit, Rejected, Vault
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery, due, due_at_all
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services.deliveries.controls import stop_sending
from incident_app.services.deliveries.counting import lock_notice
from incident_app.services.deliveries.launching import hold, mismatch
from incident_app.services.deliveries.recording import record
from incident_app.services.deliveries.sweeping import sweep
from incident_app.services.notices.looking import texts_of
from incident_app.services.notices.wordings import wording
from incident_app.services.recipients.looking import GONE, opened
from incident_app.services.unit import writing

CLAIM_BATCHES = 3
LARGEST_CLAIM = 1000
LONGEST_WAIT = 15.0  # seconds a claim is kept while the pace holds it; longer waits give it back


@dataclass(frozen=True, slots=True)
class World:
    """What sending needs of the world around."""

    clock: Clock
    channels: Mapping[str, Channel]
    limiter: RateLimit
    vault: Vault
    letters: Letters
    worker: str
    sleep: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """What is frozen for one sub-batch: the words, the shared facts, the key, and the rows with their people."""

    texts: Mapping[str, Text]
    facts: Facts
    fallback: str
    key: bytes | None
    rows: Sequence[tuple[Delivery, Recipient]]


def _claimable(session: Session, notice: Notice, limit: int) -> int:
    """Return how many rows may be claimed now: the first 25 go alone until it is known what becomes of them."""
    if notice.canary_done or not ChannelPlan.from_json(notice.plan).canary:
        return limit
    in_flight = session.scalar(
        select(func.count()).select_from(Delivery).where(
            Delivery.notice_id == notice.id, Delivery.state.in_(rules.IN_FLIGHT))
    )
    return max(0, min(limit, rules.CANARY - notice.tried_count - (in_flight or 0)))


def _claim(session: Session, notice_id: int, channel: str, world: World, now: datetime) -> tuple[str, list[int]]:
    """Take due rows of one notice on one channel; hold the notice where it is no longer what was approved."""
    token = str(uuid.uuid4())
    with writing(session):
        notice = lock_notice(session, notice_id)
        if notice.state != NoticeState.SENDING:
            return token, []
        if mismatch(session, notice, with_list=False):
            hold(session, notice, by=SYSTEM, now=now)
            return token, []
        if channel not in world.channels:
            stop_sending(session, notice, f"The channel {channel} is not set up on this installation.", by=SYSTEM,
                         now=now)
            return token, []
        limit = min(world.channels[channel].batch * CLAIM_BATCHES, LARGEST_CLAIM)
        rows = session.scalars(due(notice_id, channel, now, _claimable(session, notice, limit))).all()
        for row in rows:
            row.state, row.claim_token, row.claimed_by = DeliveryState.CLAIMED.value, token, world.worker
            row.lease_until = now + rules.LEASE
    return token, [row.id for row in rows]


def _give_back(session: Session, notice_id: int, token: str, at: datetime) -> None:
    """Return claimed rows to the queue, due ``at``: no request was made, so this is always safe."""
    with writing(session):
        lock_notice(session, notice_id)
        rows = session.scalars(
            select(Delivery).where(Delivery.notice_id == notice_id, Delivery.claim_token == token,
                                   Delivery.state == DeliveryState.CLAIMED).order_by(Delivery.id).with_for_update()
        ).all()
        for row in rows:
            row.state, row.lease_until = DeliveryState.QUEUED.value, None
            row.next_attempt_at = max(row.next_attempt_at, at)


def _begin(session: Session, notice_id: int, ids: Sequence[int], token: str, now: datetime) -> Batch | None:
    """Commit the intent before any request leaves; ``None`` where the notice was stopped meanwhile."""
    with writing(session):
        notice = lock_notice(session, notice_id)
        if notice.state != NoticeState.SENDING:
            return None
        found = session.execute(
            select(Delivery, Recipient).join(Recipient, Recipient.id == Delivery.recipient_id)
            .where(Delivery.id.in_(ids), Delivery.claim_token == token, Delivery.state == DeliveryState.CLAIMED)
            .order_by(Delivery.id).with_for_update(of=Delivery)
        ).all()
        for row, _ in found:
            row.state, row.sending_at = DeliveryState.SENDING.value, now
            row.attempts += 1
            row.lease_until = now + rules.SENDING_LEASE
        key = session.scalar(select(Case.data_key).where(Case.id == notice.case_id))
        return Batch(texts_of(notice), Facts.from_json(notice.facts), notice.fallback_language, key,
                     [(row, person) for row, person in found])


def message_for(row: Delivery, person: Recipient, batch: Batch, vault: Vault, letters: Letters) -> Message | None:
    """Build the message for one person, from that person's data alone; ``None`` where the contact cannot be opened."""
    contact = opened(person, batch.key, vault)
    if contact is None:
        return None
    language = language_for(person.language, tuple(batch.texts), batch.fallback)
    made = render(batch.texts[language], batch.facts, Reader(contact.name, contact.data), wording(language))
    if row.channel == "telegram":
        return Message(row.public_id, contact.telegram, made.subject, made.telegram, language=language)
    letter = letters.email(made.subject, made.body, language=language, facts=batch.facts.letterhead)
    return Message(row.public_id, contact.email, letter.subject, letter.text, letter.html, language)


def _send(batch: Batch, channel: Channel, world: World) -> dict[int, Outcome]:
    """Hand the sub-batch to the channel; whose contact cannot be opened is refused here, nothing leaves for them."""
    outcomes: dict[int, Outcome] = {}
    todo: list[tuple[int, Message]] = []
    for row, person in batch.rows:
        message = message_for(row, person, batch, world.vault, world.letters)
        if message is None:
            outcomes[row.id] = Rejected(GONE, permanent=True)
        else:
            todo.append((row.id, message))
    if todo:
        answers = channel.send([message for _, message in todo])
        outcomes |= {row_id: answer for (row_id, _), answer in zip(todo, answers, strict=True)}
    return outcomes


def _work(session: Session, notice_id: int, channel_name: str, world: World) -> int:
    """Claim, send and record one lane (a notice on a channel) once; return how many outcomes were recorded."""
    token, ids = _claim(session, notice_id, channel_name, world, world.clock.now())
    if not ids:
        return 0
    channel = world.channels[channel_name]
    handled = 0
    for start in range(0, len(ids), channel.batch):
        part = ids[start : start + channel.batch]
        wait = world.limiter.wait_for(channel_name, len(part))
        if wait > LONGEST_WAIT:
            _give_back(session, notice_id, token, world.clock.now() + timedelta(seconds=wait))
            return handled
        if wait > 0:
            world.sleep(wait)
        batch = _begin(session, notice_id, part, token, world.clock.now())
        if batch is None:
            _give_back(session, notice_id, token, world.clock.now())
            return handled
        outcomes = _send(batch, channel, world)
        pause_seconds = record(session, notice_id, token, outcomes, now=world.clock.now())
        handled += len(outcomes)
        if pause_seconds:
            world.limiter.pause(channel_name, pause_seconds)
    return handled


def send_due(
    session: Session, *, clock: Clock, channels: Mapping[str, Channel], limiter: RateLimit, vault: Vault,
    letters: Letters, worker: str, notice_id: int | None = None, sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Send one round of what is due, a claim per notice and channel; return how many got an outcome.

    Call again until 0 is returned; 0 also means that everything left waits for a later time or another worker.
    """
    world = World(clock, channels, limiter, vault, letters, worker, sleep)
    lanes = session.execute(due_at_all(clock.now(), notice_id)).all()
    session.rollback()
    return sum(_work(session, lane.notice_id, lane.channel, world) for lane in lanes)


def pump(
    session: Session, *, clock: Clock, channels: Mapping[str, Channel], limiter: RateLimit, vault: Vault,
    letters: Letters, worker: str, seconds: float = 50.0, sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Work for at most ``seconds``: what is due, then the sweeps that finish notices. Returns the outcomes recorded."""
    end = clock.now() + timedelta(seconds=seconds)
    handled = 0
    while clock.now() < end:
        done = send_due(session, clock=clock, channels=channels, limiter=limiter, vault=vault, letters=letters,
                        worker=worker, sleep=sleep)
        handled += done
        if not done:
            break
    if handled:
        sweep(session, now=clock.now())
    return handled
