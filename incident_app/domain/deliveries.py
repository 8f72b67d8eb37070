"""After each attempt: done, again when, next channel, give up; and the sum that must add up (``guarantees.md`` §1)."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from incident_app.domain.bounces import bounce_words
from incident_app.domain.ports import Outcome, Rejected, Sent, Uncertain
from incident_app.domain.recipients.parts import PART
from incident_app.domain.trials import KEPT_IN

LEASE = timedelta(seconds=60)
SENDING_LEASE = timedelta(seconds=150)  # longer than the slowest call of any channel
QUIET = timedelta(seconds=20)  # without a word of what it has in hand, a worker is said not to answer: they wait 15 s at most
MOST_ATTEMPTS = 8
LONGEST_BACKOFF = timedelta(minutes=30)
PROBE_AFTER = timedelta(seconds=30)
SHORTEST_PAUSE = 1.0
CANARY = 25
CANARY_LIMIT = 5
BREAKER = 20
RESEND_AFTER = timedelta(minutes=60)
CHUNK = 10_000
FREE_TELEGRAM_RATE = 30.0  # messages a second; Telegram's FAQ for bots, "Broadcasting to users"
MOST_TELEGRAM_RATE = 1000.0  # with paid broadcast
LONG = 24 * 3600  # seconds: a send that takes longer is said so before it is approved
ASSUMED_RATE = 100.0  # messages a second of a channel that has no limit, until it is known how fast it goes
LONGEST_CAUSE = 120
SECRET, KEYED_SECRET, OLD_SECRET = 48, 40, 32  # bytes of what the ids of a chunk follow from
_OWN_SIGNS = 15
NO_CHANNEL = "none"
NO_ADDRESS = "No address on any channel of this plan"
WITHHELD = "Only on a channel that must not carry this person's kinds of data"
BY_HAND = frozenset({"post"})  # channels no worker sends on: whoever waits there is handed over by people


_ID = re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])\w{8,}\b")


class DeliveryState(StrEnum):
    """Where one row stands. ``resent`` and a failed row with a successor are no longer what counts for the person."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    RETRY_WAIT = "retry_wait"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    RESENT = "resent"


S = DeliveryState
STATES = frozenset(S)
WAITING = frozenset({S.QUEUED, S.CLAIMED, S.SENDING, S.RETRY_WAIT})
DUE = (S.QUEUED, S.RETRY_WAIT)
IN_FLIGHT = (S.CLAIMED, S.SENDING)
BUCKETS = ("accepted", "failed", "uncertain", "waiting", "cancelled")
TWICE = "twice"
"""No term of the sum: whoever may have got the message twice, whatever became of it. They are listed for ever."""


def bucket(state: str) -> str:
    """Return which term of the sum a current row counts into."""
    return "waiting" if state in WAITING else str(state)


def tallied(state: str) -> str:
    """Return under which state a row is tallied: whoever still waits is not told apart."""
    return "waiting" if state in WAITING else str(state)


def cause_of(reason: str) -> str:
    """Return a reason without its particulars, to count those that are alike: up to the colon, without ids."""
    return _ID.sub("…", reason.partition(":")[0]).strip()[:LONGEST_CAUSE]


def delivery_id(secret: bytes, number: int) -> str:
    """Return the id a provider sees for person ``number``: it follows from a secret, so a crash does not lose it.

    Ids of one chunk begin alike, so that a thousand of them go to the same place of an index; which people were
    written to together the provider knows anyway. What follows tells them apart, and is not to be guessed. A chunk lies
    within a part of its list, so their places in the part tell its people apart.
    """
    if len(secret) == OLD_SECRET:  # a chunk that was cut by an older version: what is under way there keeps its ids
        made = hashlib.blake2b(number.to_bytes(8, "big"), key=secret, digest_size=16).hexdigest()
        return f"{made[:8]}-{made[8:12]}-4{made[13:16]}-a{made[17:20]}-{made[20:]}"  # as a UUID is written
    if len(secret) == KEYED_SECRET:
        beginning, made = _beginning(secret), hashlib.blake2b(number.to_bytes(8, "big"), key=secret, digest_size=8).hexdigest()
        return f"{beginning}{made[:3]}-{made[3:15]}"
    beginning, signs = _signs(secret)
    at = (number - 1) % PART * _OWN_SIGNS
    return f"{beginning}{signs[at : at + 3]}-{signs[at + 3 : at + _OWN_SIGNS]}"


def _beginning(secret: bytes) -> str:
    begins = hashlib.blake2b(b"chunk", key=secret, digest_size=8).hexdigest()
    return f"{begins[:8]}-{begins[8:12]}-4{begins[13:16]}-a"


@lru_cache(maxsize=64)
def _signs(secret: bytes) -> tuple[str, str]:
    """Return what the ids of a chunk begin with, and the signs of their own, one after the other: made at one go."""
    return _beginning(secret), hashlib.shake_256(b"ids" + secret).hexdigest((PART * _OWN_SIGNS + 1) // 2)


@dataclass(frozen=True, slots=True)
class Try:
    """One row at the moment its answer is known. ``attempts`` counts this one. ``fallback``: the next channel, if any."""

    public_id: str
    attempts: int
    fallback: str | None
    fallback_wait: timedelta
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """What follows. ``pause_seconds`` holds the whole channel; ``stop_reason`` pauses the notice."""

    state: DeliveryState
    reason: str = ""
    reference: str = ""
    next_at: datetime | None = None
    uses_attempt: bool = True
    fallback: str | None = None
    fallback_at: datetime | None = None
    pause_seconds: float | None = None
    stop_reason: str | None = None


def backoff(attempts: int, public_id: str) -> timedelta:
    """Return how long to wait after ``attempts`` tries: 1 s × 3ⁿ, at most 30 min, × 0.5…1.5 by the id (no chance)."""
    base = min(timedelta(seconds=3.0 ** min(attempts, 12)), LONGEST_BACKOFF)
    spread = int.from_bytes(hashlib.sha256(f"{public_id}:{attempts}".encode()).digest()[:2], "big") / 65_535
    return base * (0.5 + spread)


def _fail(row: Try, reason: str, now: datetime) -> Next:
    if row.fallback and not row.stopped:
        return Next(S.FAILED, reason, fallback=row.fallback, fallback_at=now + row.fallback_wait)
    return Next(S.FAILED, reason)


def _again(row: Try, reason: str, wait: timedelta, now: datetime, *, uses_attempt: bool) -> Next:
    if row.stopped:
        return Next(S.CANCELLED, f"Stopped before another try: {reason}", uses_attempt=uses_attempt)
    return Next(S.RETRY_WAIT, reason, next_at=now + wait, uses_attempt=uses_attempt)


def after(row: Try, outcome: Outcome, now: datetime) -> Next:
    """Decide what follows one answer. Uncertain is never tried again by itself; only proved refusals are."""
    match outcome:
        case Sent(reference=reference):
            return Next(S.ACCEPTED, reference=reference)
        case Uncertain(reason=reason):
            return Next(S.UNCERTAIN, reason)
        case Rejected(reason=reason, retry_after=float() | int() as seconds):
            wait = max(float(seconds), SHORTEST_PAUSE)
            following = _again(row, reason, timedelta(seconds=wait), now, uses_attempt=False)
            return Next(following.state, following.reason, next_at=following.next_at, uses_attempt=False,
                        pause_seconds=wait)
        case Rejected(reason=reason, channel_wide=True):
            following = _again(row, reason, PROBE_AFTER, now, uses_attempt=False)
            return Next(following.state, following.reason, next_at=following.next_at, uses_attempt=False,
                        stop_reason=f"The whole channel refuses: {reason}")
        case Rejected(reason=reason, permanent=True):
            return _fail(row, reason, now)
        case _:
            if row.attempts >= MOST_ATTEMPTS:
                return _fail(row, f"Given up after {row.attempts} tries: {outcome.reason}", now)
            return _again(row, outcome.reason, backoff(row.attempts, row.public_id), now, uses_attempt=True)


def fallback_channel(order: Sequence[str], current: str, reachable: Iterable[str]) -> str | None:
    """Return the next channel of the plan after ``current`` on which this person can be reached."""
    can = set(reachable)
    later = order[order.index(current) + 1 :] if current in order else ()
    return next((channel for channel in later if channel in can), None)


def first_channel(order: Sequence[str], reachable: Iterable[str]) -> str | None:
    """Return the first channel of the plan on which this person can be reached."""
    can = set(reachable)
    return next((channel for channel in order if channel in can), None)


def canary_verdict(permanent_reasons: Iterable[str]) -> str | None:
    """Return why to pause after the first tries, or ``None``: five equal permanent errors mean a fault of ours."""
    common = Counter(reason for reason in permanent_reasons if reason not in KEPT_IN).most_common(1)
    if common and common[0][1] >= CANARY_LIMIT:
        reason, count = common[0]
        return f"{count} of the first tries failed alike: {reason}"
    return None


def failures_in_row(before: int, outcomes: Iterable[Outcome]) -> int:
    """Return how many answers in a row were not “taken”; being asked to slow down, or kept in by us, does not count."""
    count = before
    for outcome in outcomes:
        match outcome:
            case Sent():
                count = 0
            case Rejected(retry_after=float() | int()):
                pass
            case Rejected(reason=reason) if reason in KEPT_IN:
                pass
            case _:
                count += 1
    return count


class ReceiptKind(StrEnum):
    """What a provider said later, by rising rank; only forward moves count."""

    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    SPAM = "spam"


RANK = {kind: rank for rank, kind in enumerate(ReceiptKind, 1)}
ACCEPTED_SAYS = RANK[ReceiptKind.PROCESSED]
NOT_REACHED = frozenset({ReceiptKind.BOUNCED})


def receipt_moves(rank_before: int, kind: ReceiptKind, state: str) -> bool:
    """Tell whether this receipt says more than what was known: that the provider has a message, *accepted* said already."""
    return RANK[kind] > max(rank_before, ACCEPTED_SAYS if state == S.ACCEPTED else 0)


def after_receipt(row: Try, state: str, kind: ReceiptKind, reason: str, now: datetime) -> Next | None:
    """Decide what a receipt changes: it resolves *uncertain*, a bounce turns *accepted* into the next channel."""
    if state not in {S.ACCEPTED, S.UNCERTAIN, S.SENDING}:
        return None
    if kind in NOT_REACHED:
        return _fail(row, bounce_words(reason), now)
    return Next(S.ACCEPTED) if state != S.ACCEPTED else None


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum that must add up: people in the list = accepted + failed + uncertain + waiting + cancelled."""

    total: int
    accepted: int = 0
    failed: int = 0
    uncertain: int = 0
    waiting: int = 0
    cancelled: int = 0

    @property
    def missing(self) -> int:
        """How many people are unaccounted for (below 0: counted twice)."""
        return self.total - (self.accepted + self.failed + self.uncertain + self.waiting + self.cancelled)

    @property
    def adds_up(self) -> bool:
        """Whether nobody is missing and no term is below nothing."""
        terms = (self.accepted, self.failed, self.uncertain, self.waiting, self.cancelled)
        return self.missing == 0 and min(terms) >= 0

    @property
    def finished(self) -> bool:
        """Whether everybody has an outcome. A sum that does not add up is never finished."""
        return self.adds_up and self.waiting == 0

    @property
    def percent(self) -> float:
        """Share of people whose message was taken, in percent with one decimal, rounded down."""
        return self.accepted * 1000 // self.total / 10 if self.total else 0.0


def digest(rows: Iterable[tuple[str, str]]) -> str:
    """Return SHA-256 in hex over ``(public_id, state)``, which must come sorted by id."""
    return hashlib.sha256(digested(rows)).hexdigest()


def digested(rows: Iterable[tuple[str, str]]) -> bytes:
    """Return what a digest is taken of: a line for each ``(public_id, state)``."""
    return "".join([f"{public_id}:{state}\n" for public_id, state in rows]).encode()


def stars_for(messages: int, rate: float | None) -> int:
    """Return the most Telegram Stars that so many messages cost: a tenth each, where we send faster than is free.

    Source: Bot API, ``allow_paid_broadcast``: 0.1 Stars a message, up to 1,000 messages a second.
    """
    return -(-messages // 10) if rate is not None and rate > FREE_TELEGRAM_RATE else 0


def seconds_for(counts: Mapping[str, int], rates: Mapping[str, float]) -> int:
    """Estimate the seconds that this many messages per channel take at these rates; channels run side by side.

    What people hand over themselves takes no time here: nobody knows how long.
    """
    return max((round(count / rates.get(channel, ASSUMED_RATE)) for channel, count in counts.items()
                if channel not in BY_HAND and channel != NO_CHANNEL), default=0)
