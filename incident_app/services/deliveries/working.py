"""Claim, commit, act, commit the outcome. No transaction is open during a call out."""

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import BY_HAND, CANARY, NO_ADDRESS, SENDING_LEASE, WITHHELD, DeliveryState
from incident_app.domain.notices import Envelope
from incident_app.domain.ports import (
    Channel,
    Clock,
    Letters,
    Marks,
    Message,
    Outcome,
    RateLimit,
    Rejected,
    Vault,
)
from incident_app.domain.providers import without_address
from incident_app.domain.recipients import PART, Contact
from incident_app.domain.regimes import Law
from incident_app.domain.trials import ON
from incident_app.models.cases import Case
from incident_app.models.deliveries import lanes, uncut
from incident_app.models.recipients import RecipientList, scope_of
from incident_app.services.deliveries.claiming import (
    Agreed,
    Held,
    Item,
    begin,
    claim,
    items_of,
    release,
    take_back,
)
from incident_app.services.deliveries.counting import Moves, lock_notice, row_of
from incident_app.services.deliveries.finishing import settle
from incident_app.services.deliveries.keeping_in import keep_in
from incident_app.services.deliveries.launching import cut_further
from incident_app.services.deliveries.printing import Press
from incident_app.services.deliveries.recording import Recorded, Result, move_on, record
from incident_app.services.deliveries.restoring import is_back
from incident_app.services.deliveries.sweeping import sweep
from incident_app.services.recipients.looking import GONE, unsealed_each
from incident_app.services.tampering import sound_alone
from incident_app.services.unit import writing

CLAIM_CHUNKS, CLAIM_BATCHES = 3, 5  # of a claim, whole chunks or parts of one: at the fastest pace these five are a chunk
LARGEST_CLAIM = 1000
LONGEST_WAIT = 15.0  # seconds a claim is kept while the pace holds it; longer waits give it back
KEPT_SECONDS = 2 * SENDING_LEASE.total_seconds()
KEPT_EVERY = 0.5
LEAD = 0.1  # seconds before its slot that a sub-batch is written down as under way
SPARE_OF = 200  # people in the last sub-batch of a claim to one slot more: a message left over would have a line to itself
SPARE_SECONDS = 0.05  # of slots more for the first few: the line waits for their answers anyway, and for whoever is left
STARTS_IN = 0.02  # seconds that takes where nobody is in line: slots from this moment on would go by meanwhile
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class World:
    """What sending needs of the world around."""

    clock: Clock
    channels: Mapping[str, Channel]
    limiter: RateLimit
    vault: Vault
    letters: Letters
    worker: str
    sleep: Callable[[float], None] = time.sleep
    presses: dict[int, Press] = field(default_factory=dict)
    agreed: dict[int, Agreed] = field(default_factory=dict)
    envelope: Envelope | None = None
    freed: Callable[[], None] = lambda: None
    mode: str = "live"
    marks: Marks | None = None


def _opened(items: Sequence[Item], key: bytes | None, vault: Vault) -> list[Contact | None]:
    """Open contacts; ``None`` where that fails, and for everybody where the key of the case is gone."""
    return unsealed_each(vault.open_each(key or b"", [(item.sealed, scope_of(item.recipient_public_id)) for item in items]))


def _opened_now(session: Session, held: Held, item: Item, vault: Vault) -> Contact | None:
    """Open a contact with the key as it is now: a row sealed anew since the claim opens by no older one."""
    key = session.scalar(
        select(Case.data_key).join(RecipientList, RecipientList.case_id == Case.id).where(RecipientList.id == held.list_id))
    session.rollback()
    return _opened([item], key, vault)[0]


def _sound(session: Session, held: Held, now: datetime) -> None:
    case_id = session.scalars(select(RecipientList.case_id).where(RecipientList.id == held.list_id)).one()
    sound_alone(session, case_id, "contact", now=now)


def _printed(session: Session, held: Held, items: Sequence[Item], world: World) -> list[Message | Rejected]:
    """Return the message for each, or why nothing can leave for them: for all a claim sends, so that its parts follow at once."""
    press = world.presses.get(held.notice_id)
    if press is None or press.words != held.words:
        press = world.presses[held.notice_id] = Press(held.words, world.letters)
    printed: list[Message | Rejected] = []
    channel, vault = held.channel, world.vault
    for item, opened in zip(items, _opened(items, held.key, vault), strict=True):
        contact = opened or _opened_now(session, held, item, vault)
        if contact is None and held.key is not None and item.sealed:
            _sound(session, held, world.clock.now())
        if contact is None or item.dropped:
            printed.append(Rejected(item.dropped or GONE, permanent=True))
        else:
            printed.append(press.message(item.public_id, channel, item.who.language, contact, item.bypass,
                                         item.who.country, item.recipient_public_id))
    return printed


def _kept(world: World, write: Callable[[], _Done]) -> _Done:
    """Write an outcome; while the database is away, keep it and ask again: what is lost now nobody ever knows.

    Not for ever: after two leases a sweep has called these people uncertain long ago, and the error is raised.
    """
    waited = 0.0
    while True:
        try:
            return write()
        except OperationalError:
            if waited >= KEPT_SECONDS:
                raise
            waited += KEPT_EVERY
            world.sleep(KEPT_EVERY)


def _send(
    session: Session, held: Held, part: Sequence[Item], printed: Sequence[Message | Rejected], world: World, *, last: bool,
    spare: int,
) -> tuple[Recorded | None, int]:
    """Send and record one sub-batch; ``None`` where the pace or a stop kept it back. Also returns how many were tried."""
    channel = world.channels[held.channel]
    printed = keep_in(session, printed, mode=world.mode, drill=held.drill, now=world.clock.now())
    refused: list[Result] = [(item, one) for item, one in zip(part, printed, strict=True) if isinstance(one, Rejected)]
    messages = [(item, one) for item, one in zip(part, printed, strict=True) if isinstance(one, Message)]
    wait = world.limiter.wait_for(held.channel, len(messages) + spare if messages else 0, STARTS_IN)
    told = time.monotonic()
    if wait > LONGEST_WAIT:
        _give_back(session, held, world.clock.now() + timedelta(seconds=wait))
        return None, 0
    if wait > LEAD:
        world.sleep(wait - LEAD)
    begun_at = world.clock.now()
    if (wait > LEAD and _shut(session, held, messages, world)) or is_back(session, world.marks, begun_at) or (
        not begin(session, held, part, begun_at)
    ):
        _give_back(session, held, begun_at)
        return None, 0
    left = wait - (time.monotonic() - told)
    said: list[Outcome] = channel.send([one for _, one in messages], wait=left, spare=spare) if messages else []
    tried = part.index(messages[len(said)][0]) if len(said) < len(messages) else len(part)
    rest = part[tried:]
    answers = [(item, without_address(answer, one.address)) for (item, one), answer in zip(messages, said, strict=False)]
    results = [one for one in refused if one[0] not in rest] + answers if rest else refused + answers
    done = Recorded(None, held.room)
    if results:
        done = _kept(world, lambda: record(session, held, results, begun_at=begun_at, last=last and not rest,
                                           now=world.clock.now()))
    if rest and (held.chunk is None or not results):
        _kept(world, lambda: take_back(session, held, rest, world.clock.now()))
    if done.pause_seconds:
        world.limiter.pause(held.channel, done.pause_seconds)
    return done, tried


def _shut(session: Session, held: Held, messages: Sequence[tuple[Item, Message]], world: World) -> bool:
    """Tell whether one of these may not leave any more: trial mode was turned on while they waited for their slot."""
    return world.mode == ON and any(isinstance(one, Rejected) for one in keep_in(
        session, [one for _, one in messages], mode=world.mode, drill=held.drill, now=world.clock.now()))


def _give_back(session: Session, held: Held, due_at: datetime) -> None:
    with writing(session):
        release(session, held, due_at)


def _write_silently(session: Session, held: Held, items: Sequence[Item], now: datetime) -> int:
    """Write the rows of people whom no worker writes to: nobody can, or people hand it over themselves."""
    by_hand, moves = held.channel in BY_HAND, Moves()
    for item in items:
        reason = "" if by_hand else WITHHELD if item.who.withheld else NO_ADDRESS
        state = DeliveryState.QUEUED if by_hand else DeliveryState.FAILED
        moves.rows.append(row_of(
            item.public_id, held.notice_id, item.who, channel=held.channel, state=state, reason=reason, cause=reason,
            next_attempt_at=now if by_hand else None, result_at=None if by_hand else now))
        moves.first(item.who, held.channel, state, reason)
    with writing(session):
        notice = lock_notice(session, held.notice_id)
        if held.chunk is None or not move_on(session, held.chunk, held.token, None, now):
            return 0
        moves.write(session, notice, now)
        settle(session, notice, now)
    return 0 if by_hand else len(items)


def _work(session: Session, notice_id: int, channel: str, world: World) -> int:
    """Claim, send and record in one lane (a notice on a channel); return how many outcomes were recorded."""
    batch = world.channels[channel].batch if channel in world.channels else LARGEST_CLAIM
    handled, turns, going = 0, CLAIM_CHUNKS if batch >= PART else CLAIM_BATCHES, True
    while turns > 0 and going:
        claims = claim(session, notice_id, channel, world.channels, worker=world.worker, now=world.clock.now(),
                       limit=min(batch * turns, LARGEST_CLAIM), chunks=turns if batch >= PART else 1,
                       envelope=world.envelope, agreed=world.agreed)
        going = bool(claims)
        for held in claims:
            if going:
                done, used, going = _work_off(session, held, world, batch, turns)
                handled, turns = handled + done, turns - used
            else:
                _give_back(session, held, world.clock.now())
    return handled


def _work_off(session: Session, held: Held, world: World, batch: int, turns: int) -> tuple[int, int, bool]:
    """Work on one claim; return outcomes, turns used, and whether to go on with the next."""
    items = items_of(session, held, now=world.clock.now())
    if items is None:
        return 0, 0, False
    if held.channel not in world.channels or not items:
        return _write_silently(session, held, items, world.clock.now()), 1, True
    return _work_on(session, held, items, world, batch, turns)


def _work_on(session: Session, held: Held, items: Sequence[Item], world: World, batch: int, turns: int
             ) -> tuple[int, int, bool]:
    """Send what a claim holds, in at most so many ``turns``; return outcomes, turns used and whether to go on."""
    printed: list[Message | Rejected] = []
    place, used, free, passed = 0, 0, held.room, 0
    while place < len(items):
        size = _size(min(batch, free), len(items) - place)
        if used >= turns or size == 0:
            _give_back(session, held, world.clock.now())
            return place, used, size > 0
        if place + size > len(printed):
            printed += _printed(session, held, items[len(printed) : place + (turns - used) * batch], world)
        part = items[place : place + size]
        last = place + len(part) == len(items)
        some = int((world.limiter.rate(held.channel) or 0) * SPARE_SECONDS) if free < batch else 0
        spare = _spare(len(part), passed, place) if last else some
        done, tried = _send(session, held, part, printed[place : place + size], world, last=last, spare=spare)
        if done is None:
            return place, used, False
        if free <= CANARY < done.room:
            world.freed()
        # Those the pace passed by go next, as part of this turn.
        place, used, free = place + tried, used + (tried in {0, len(part)}), done.room
        passed += len(part) - tried
    return place, used, True


def _spare(going: int, passed: int, tried: int) -> int:
    """Return how many slots more the last of a claim take: of theirs as many may be missed as of those ``tried`` before.

    In proportion, and no more than were ``passed`` by: what a moment's standstill cost would be lost a second time.
    """
    return going // SPARE_OF + min(passed, math.ceil(going * passed / max(tried, 1)))


def _size(most: int, left: int) -> int:
    """Return how many go next: two halves where else a few would be left, who hold the place of a whole batch in the line."""
    return (left + 1) // 2 if most < left <= most * 5 // 4 else most


def send_due(
    session: Session, *, clock: Clock, channels: Mapping[str, Channel], limiter: RateLimit, vault: Vault,
    letters: Letters, worker: str, notice_id: int | None = None, only: str | None = None,
    sleep: Callable[[float], None] = time.sleep, world: World | None = None, envelope: Envelope | None = None,
    mode: str = "live",
) -> int:
    """Send one round of what is due, a claim per notice and channel; return how many got an outcome.

    Call again until 0 is returned; 0 also means that everything left waits for a later time or another worker.
    ``only`` limits it to one channel; ``mode`` is how the server was told to send (``services.trials``).
    """
    world = world or World(clock, channels, limiter, vault, letters, worker, sleep, envelope=envelope, mode=mode)
    while True:
        found = lanes(session, clock.now(), notice_id)
        session.rollback()
        mine = [lane for lane in found if only in {None, lane.channel} or (
            lane.channel not in channels and only == first_of(channels))]
        done = sum(_work(session, lane.notice_id, lane.channel, world) for lane in mine)
        # After sending, not before, and by whoever sends: the first message does not wait until a long list is cut.
        busy = {lane.notice_id for lane in found} - {lane.notice_id for lane in mine}
        if not _cut(session, busy, clock.now()) or mine:
            return done


def _cut(session: Session, busy: Collection[int], now: datetime) -> bool:
    """Cut the lists of notices that are being sent some way further, but for those that others are ``busy`` with."""
    found = [one for one in uncut(session) if one not in busy]
    session.rollback()
    for one in found:
        cut_further(session, one, now)
    return bool(found)


def first_of(channels: Mapping[str, Channel]) -> str | None:
    """Return the channel whose pump also writes the rows of people whom nothing is sent to."""
    return next(iter(channels), None)


def pump(
    session: Session, *, clock: Clock, channels: Mapping[str, Channel], limiter: RateLimit, vault: Vault,
    letters: Letters, law: Law, worker: str, seconds: float = 50.0, only: str | None = None,
    sleep: Callable[[float], None] = time.sleep, envelope: Envelope | None = None, freed: Callable[[], None] = lambda: None,
    mode: str = "live",
    marks: Marks | None = None,
) -> int:
    """Work for at most ``seconds``: what is due, then the sweeps that finish notices. Returns the outcomes recorded.

    ``freed`` is called when the first few of a notice went well: from then on others have work too.
    """
    world = World(clock, channels, limiter, vault, letters, worker, sleep, envelope=envelope, freed=freed, mode=mode,
                  marks=marks)
    end = (begun_at := clock.now()) + timedelta(seconds=seconds)
    handled = 0
    if is_back(session, marks, begun_at, every=None):
        return handled
    while clock.now() < end:
        done = send_due(session, clock=clock, channels=channels, limiter=limiter, vault=vault, letters=letters,
                        worker=worker, only=only, sleep=sleep, world=world)
        handled += done
        if not done:
            break
    if handled:
        is_back(session, marks, clock.now(), every=timedelta())
        sweep(session, now=clock.now(), law=law)
    return handled
