"""Which rung of a deadline is due, and when the next one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incident_app.domain.alerts.ladder import DEFAULT, TERM_HOURS, Ladder
from incident_app.domain.alerts.words import left_words

_HOUR = timedelta(hours=1)


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


def _before_due(anchor_at: datetime, due_at: datetime, ladder: Ladder) -> list[Rung]:
    term = due_at - anchor_at
    if term <= timedelta(0):
        return []
    lefts = [(f"{hours}/{TERM_HOURS}", term * hours / TERM_HOURS) for hours in ladder.hours_left]
    return [Rung(key, due_at - left, left) for key, left in lefts]


def _overdue(due_at: datetime, number: int, ladder: Ladder) -> Rung:
    late = number * ladder.overdue_every
    return Rung("due" if number == 0 else f"over {late // _HOUR} h", due_at + late, -late)


def due_rungs(
    anchor_at: datetime, due_at: datetime, now: datetime, *, known_at: datetime | None = None, ladder: Ladder = DEFAULT,
) -> list[Rung]:
    """Return the rungs reached at ``now``, earliest first.

    Of those reached before the duty was known to us (``known_at``) only the last one counts: nobody could have been
    woken by the others.
    """
    reached = [rung for rung in _before_due(anchor_at, due_at, ladder) if rung.at <= now]
    every = ladder.overdue_every
    if due_at <= now:
        first = 0 if known_at is None else max(0, (known_at - due_at) // every)
        reached += [_overdue(due_at, number, ladder) for number in range(first, (now - due_at) // every + 1)]
    if known_at is None:
        return reached
    early = [rung for rung in reached if rung.at <= known_at]
    return early[-1:] + reached[len(early) :]


def next_rung(anchor_at: datetime, due_at: datetime, now: datetime, ladder: Ladder = DEFAULT) -> Rung:
    """Return the first rung still to come after ``now``; there is always one while the duty is open."""
    for rung in _before_due(anchor_at, due_at, ladder):
        if rung.at > now:
            return rung
    return _overdue(due_at, max(0, (now - due_at) // ladder.overdue_every + 1), ladder)


def worth_raising(rung: Rung, ladder: Ladder, known_at: datetime) -> bool:
    """Tell whether a reached rung that was never waited for is to be raised.

    One that had passed when the ladder was changed is not: the ladder that held then has done its part. What was not
    known then has no such past.
    """
    return ladder.kept_since is None or rung.at > ladder.kept_since or known_at >= ladder.kept_since


def furthest(reached: Sequence[tuple[Rung, datetime]]) -> int:
    """Return which of several (last rung, due moment) is told about: the one that is due first, then the later rung."""
    return min(range(len(reached)), key=lambda number: (reached[number][1], -reached[number][0].at.timestamp()))
