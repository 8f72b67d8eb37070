"""The ladder: which rung is due, who is woken, when the next one is, when an acknowledgement expires.

Figures from ``guarantees.md`` §4: by default 48, 24, 12, 6, 4, 2 and 1 hours left of 72, the same shares of any other
term, the due moment itself, and every 6 hours after it.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from incident_app.domain.ports import Outcome
from incident_app.domain.refusals import Refused

TERM_HOURS = 72
HOURS_LEFT = (48, 24, 12, 6, 4, 2, 1)
EVERY_OVERDUE = timedelta(hours=6)
CRITICAL_UNDER = timedelta(hours=12)
ACK_LASTS = timedelta(minutes=30)
NEXT_CHANNEL_AFTER = timedelta(minutes=2)
CLOSE_ENOUGH = timedelta(minutes=5)
MOST_TRIES = 6
REPEAT_AFTER = timedelta(seconds=30)
LEASE = timedelta(seconds=60)
CHANNELS = ("telegram", "email")
VERBS = {"ack": "Acknowledge", "take": "I take it", "esc": "Escalate"}


class AlertState(StrEnum):
    """Where one alert stands."""

    WAITING = "waiting"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class SendState(StrEnum):
    """Where one message to one person by one channel stands."""

    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


RUNNING = (AlertState.RAISED.value, AlertState.ACKNOWLEDGED.value)
PENDING = (AlertState.WAITING.value, *RUNNING)


class Who(StrEnum):
    """Whom a step of the ladder wakes."""

    ON_CALL = "whoever is on call"
    NEXT = "the next person"
    EVERYONE = "every approver and administrator"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``after`` the alert was raised, wake ``who``; ``both`` uses every channel at once."""

    after: timedelta
    who: Who
    both: bool


LADDER = (
    Step(timedelta(0), Who.ON_CALL, both=False),
    Step(timedelta(minutes=10), Who.NEXT, both=False),
    Step(timedelta(minutes=20), Who.EVERYONE, both=True),
)


@dataclass(frozen=True, slots=True)
class Rung:
    """One threshold of one deadline. ``left`` is negative once overdue; ``key`` is stable for a given term."""

    key: str
    at: datetime
    left: timedelta

    @property
    def words(self) -> str:
        """Return what the alert is headed with."""
        return left_words(self.left)


def span(length: timedelta) -> str:
    """Return a length of time in words of whole minutes: "2 d 3 h", "11 h 24 min", "5 min"."""
    minutes = int(abs(length).total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days >= 3:
        return f"{days} d {hours} h" if hours else f"{days} d"
    hours += 24 * days
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def left_words(left: timedelta) -> str:
    """Return "6 h left", "due now" or "6 h overdue"."""
    if abs(left) < timedelta(minutes=1):
        return "due now"
    return f"{span(left)} left" if left > timedelta(0) else f"{span(left)} overdue"


def moment(at: datetime, zone: str) -> str:
    """Return a moment as people read it: "Tue 24 Nov 2026 09:40 CET"."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M %Z}"


def clock_time(at: datetime, zone: str) -> str:
    """Return a moment's time of day: "03:21 CET"."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M %Z}"


def _before_due(anchor_at: datetime, due_at: datetime) -> list[Rung]:
    term = due_at - anchor_at
    if term <= timedelta(0):
        return []
    lefts = [(f"{hours}/{TERM_HOURS}", term * hours / TERM_HOURS) for hours in HOURS_LEFT]
    return [Rung(key, due_at - left, left) for key, left in lefts]


def _overdue(due_at: datetime, number: int) -> Rung:
    late = number * EVERY_OVERDUE
    return Rung("due" if number == 0 else f"over {number * 6} h", due_at + late, -late)


def due_rungs(
    anchor_at: datetime, due_at: datetime, now: datetime, *, known_at: datetime | None = None
) -> list[Rung]:
    """Return the rungs reached at ``now``, earliest first.

    Of those reached before the duty was known to us (``known_at``) only the last one counts: nobody could have been
    woken by the others.
    """
    reached = [rung for rung in _before_due(anchor_at, due_at) if rung.at <= now]
    if due_at <= now:
        first = 0 if known_at is None else max(0, (known_at - due_at) // EVERY_OVERDUE)
        reached += [_overdue(due_at, number) for number in range(first, (now - due_at) // EVERY_OVERDUE + 1)]
    if known_at is None:
        return reached
    early = [rung for rung in reached if rung.at <= known_at]
    return early[-1:] + reached[len(early) :]


def next_rung(anchor_at: datetime, due_at: datetime, now: datetime) -> Rung:
    """Return the first rung still to come after ``now``; there is always one while the duty is open."""
    for rung in _before_due(anchor_at, due_at):
        if rung.at > now:
            return rung
    return _overdue(due_at, max(0, (now - due_at) // EVERY_OVERDUE + 1))


def missed_words(rungs: Sequence[Rung], known_at: datetime, now: datetime, zone: str) -> str:
    """Return why earlier rungs were not sent one by one: ``rungs`` are those passed over, the sent one excluded."""
    if not rungs:
        return ""
    start = max(rungs[0].at, known_at)
    names = ", ".join(rung.words for rung in rungs)
    return f"Missed while nothing was evaluated from {moment(start, zone)} to {moment(now, zone)}: {names}."


def is_critical(due_at: datetime | None, now: datetime) -> bool:
    """Tell whether fewer than 12 hours are left: such an alert is never muted."""
    return due_at is not None and due_at - now < CRITICAL_UNDER


def ack_expires(due_at: datetime | None, now: datetime) -> datetime | None:
    """Return until when an acknowledgement keeps quiet: 30 minutes under 12 hours left, else until the next rung."""
    return now + ACK_LASTS if is_critical(due_at, now) else None


def headline(ref: str, recipient: str, words: str, *, drill: bool = False) -> str:
    """Return the first line of an alert: case number, authority, time left; no personal data, no detail."""
    parts = [ref, recipient, words]
    return " · ".join((["DRILL"] if drill else []) + [part for part in parts if part])


def text(head: str, lines: Sequence[str], link: str, *, repeat: bool = False) -> str:
    """Return the whole message; a second try after a lost answer is marked."""
    first = f"{head} (repeat)" if repeat else head
    return "\n".join([first, *[line for line in lines if line], link])


def after_try(tries: int, *, retry_after: float | None) -> timedelta | None:
    """Return how long to wait before a refused message is tried again; ``None`` after the last try."""
    if tries >= MOST_TRIES:
        return None
    return timedelta(seconds=retry_after) if retry_after is not None else REPEAT_AFTER * 2 ** (tries - 1)


def _seal(secret: bytes, verb: str, alert_id: int, chat_id: str) -> str:
    return hmac.new(secret, f"{verb}:{alert_id}:{chat_id}".encode(), hashlib.sha256).hexdigest()[:16]


def button_data(secret: bytes, verb: str, alert_id: int, chat_id: str) -> str:
    """Return what a button carries, bound to alert and chat: ``ack:12:0123456789abcdef`` (at most 64 bytes)."""
    return f"{verb}:{alert_id}:{_seal(secret, verb, alert_id, chat_id)}"


def read_button(secret: bytes, data: str, chat_id: str) -> tuple[str, int]:
    """Return verb and alert of a tapped button; raises ``Refused`` for one that was not made for this chat."""
    verb, _, rest = data.partition(":")
    number, _, seal = rest.partition(":")
    known = verb in VERBS and number.isascii() and number.isdigit() and len(number) < 16
    if not known or not hmac.compare_digest(seal.encode(), _seal(secret, verb, int(number), chat_id).encode()):
        raise Refused("This button does not belong to this chat.")
    return verb, int(number)


def uncovered(
    shifts: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the stretches between ``start`` and ``end`` that no shift covers."""
    edges = [(start, start), *sorted((max(a, start), min(b, end)) for a, b in shifts if a < end and b > start)]
    gaps, reach = [], start
    for (_, before_end), (begins, _) in pairwise([*edges, (end, end)]):
        reach = max(reach, before_end)
        if begins > reach:
            gaps.append((reach, begins))
    return gaps


@runtime_checkable
class StaffBot(Protocol):
    """What the on-call bot can do beyond sending alerts."""

    def edit(self, chat_id: str, message_id: str, text: str) -> Outcome:
        """Replace the words of a message and take its buttons away."""

    def answer_callback(self, callback_id: str, text: str) -> None:
        """Answer a tap with a short line."""

    def poll(self, offset: int, timeout: int) -> list[dict[str, object]]:
        """Wait up to ``timeout`` seconds for raw updates numbered ``offset`` and later."""

    def say(self, chat_id: str, text: str) -> Outcome:
        """Answer a command with plain text."""
