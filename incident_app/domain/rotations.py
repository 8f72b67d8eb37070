"""People who take turns: hand-overs at a local time of day, right across the nights on which clocks change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from incident_app.domain.cases import zone_of
from incident_app.domain.refusals import Refused
from incident_app.domain.rota import Slot

CADENCES = {1: "1 day", 7: "1 week", 14: "2 weeks"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_TURNS = 120
FURTHEST_START = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Ana, Ben and Cleo take turns of ``days`` days from ``first`` on, handing over at ``at`` in ``zone``.

    ``weekday`` (0 Monday to 6 Sunday) is the day of the hand-over where turns last weeks. ``people`` are ids in order.
    """

    people: tuple[int, ...]
    days: int
    weekday: int
    at: time
    zone: str
    first: date
    turns: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn, in UTC; ``note`` says where the clocks of the zone get in its way."""

    user_id: int
    starts_at: datetime
    ends_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a rotation takes the place of: shifts taken off whole, cut, and how many of both were covers."""

    whole: int
    cut: int
    covers: int


def _check(plan: Rotation, now: datetime) -> None:
    today = now.astimezone(zone_of(plan.zone)).date()
    problems = {}
    if not plan.people:
        problems["people"] = "Choose at least one person."
    if plan.days not in CADENCES:
        problems["days"] = "A turn lasts 1 day, 1 week or 2 weeks."
    if not 0 <= plan.weekday < len(WEEKDAYS):
        problems["weekday"] = "Choose a day of the week."
    if not 1 <= plan.turns <= MOST_TURNS:
        problems["turns"] = f"Between 1 and {MOST_TURNS} turns."
    if plan.first < today:
        problems["first"] = "This day is over already."
    elif plan.first > today + FURTHEST_START:
        problems["first"] = "Begin within a year from now."
    if problems:
        raise Refused("The rotation was not understood.", problems)


def handover(day: date, at: time, zone: str) -> tuple[datetime, str]:
    """Return the moment of a hand-over and words where the local time does not exist or happens twice.

    A time the clocks jump over becomes the one they jump to; of one that happens twice the first counts.
    """
    where = zone_of(zone)
    wall = datetime.combine(day, at)
    first, second = (wall.replace(tzinfo=where, fold=fold).astimezone(UTC) for fold in (0, 1))
    landed = first.astimezone(where)
    named = f"{day.day} {day:%b %Y}"
    if landed.replace(tzinfo=None) != wall:
        return first, f"{at:%H:%M} does not exist on {named} in {zone}: hand-over at {landed:%H:%M}."
    if first != second:
        return first, f"{at:%H:%M} happens twice on {named} in {zone}: hand-over the first time ({landed:%Z})."
    return first, ""


def turns(plan: Rotation, now: datetime) -> list[Turn]:
    """Return the turns, in order and without a hole. Raises ``Refused`` with words by field.

    The first begins on the first day at the time of the hand-over, or ``now`` where that has passed today; in turns of
    weeks it lasts until the first day of hand-over after it, and so may be shorter.
    """
    _check(plan, now)
    ahead = (plan.weekday - plan.first.weekday() - 1) % 7 + 1
    second = plan.first + timedelta(days=1 if plan.days == 1 else ahead if ahead < 7 else plan.days)
    days = [plan.first, *(second + timedelta(days=plan.days * number) for number in range(plan.turns))]
    edges = [handover(day, plan.at, plan.zone) for day in days]
    edges[0] = (max(edges[0][0], now), edges[0][1])
    return [
        Turn(plan.people[number % len(plan.people)], start, end, note)
        for number, ((start, note), (end, _)) in enumerate(pairwise(edges))
    ]


def replaced(slots: Iterable[Slot], made: Sequence[Turn]) -> Replaced:
    """Count what these turns take the place of."""
    start, end = made[0].starts_at, made[-1].ends_at
    touched = [slot for slot in slots if slot.starts_at < end and slot.ends_at > start]
    whole = [slot for slot in touched if slot.starts_at >= start and slot.ends_at <= end]
    return Replaced(len(whole), len(touched) - len(whole), sum(slot.covers is not None for slot in touched))
