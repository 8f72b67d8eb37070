"""The rota: who counts when shifts overlap, covering, handing over, and the gaps that nobody may open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import pairwise

from incident_app.domain.alerts import moment
from incident_app.domain.refusals import Refused

LONGEST_SHIFT = timedelta(days=31)
SOON = timedelta(days=7)  # a rota that ends sooner than this is shown as a gap, and may not be made to

PUT_ON = "You are on call"
Gap = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Slot:
    """One shift as the rules see it, both moments in UTC.

    Where two overlap the higher ``rank`` counts; pieces of one shift share its rank and never overlap. ``covers`` is
    whose turn it really is. A slot that is not ``active`` (its account is disabled) wakes nobody. ``id`` 0: not saved.
    """

    user_id: int
    starts_at: datetime
    ends_at: datetime
    rank: int
    id: int = 0
    covers: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Stretch:
    """Who counts from one moment to another; no ``slot``: nobody."""

    starts_at: datetime
    ends_at: datetime
    slot: Slot | None


def timeline(slots: Iterable[Slot], start: datetime, end: datetime) -> list[Stretch]:
    """Return who counts from ``start`` to ``end``, without a hole between the stretches."""
    waiting = sorted((s for s in slots if s.active and s.starts_at < end and s.ends_at > start), key=lambda s: s.starts_at)
    inner = (at for slot in waiting for at in (slot.starts_at, slot.ends_at) if start < at < end)
    found: list[Stretch] = []
    running: list[tuple[int, int, int]] = []
    begun = 0
    for begins, stops in pairwise(sorted({start, end, *inner})):
        while begun < len(waiting) and waiting[begun].starts_at <= begins:
            heappush(running, (-waiting[begun].rank, -waiting[begun].id, begun))
            begun += 1
        while running and waiting[running[0][2]].ends_at <= begins:
            heappop(running)
        slot = waiting[running[0][2]] if running else None
        if found and found[-1].slot is slot:
            found[-1] = replace(found[-1], ends_at=stops)
        else:
            found.append(Stretch(begins, stops, slot))
    return found


def gaps(slots: Iterable[Slot], start: datetime, end: datetime) -> list[Gap]:
    """Return when nobody is on call between ``start`` and ``end``."""
    return [(one.starts_at, one.ends_at) for one in timeline(slots, start, end) if one.slot is None]


def reach(slots: Iterable[Slot], now: datetime) -> datetime:
    """Return the last moment somebody is on call; ``now`` where there is nobody any more."""
    return max([now, *(slot.ends_at for slot in slots if slot.active)])


def open_gaps(slots: Sequence[Slot], now: datetime) -> list[Gap]:
    """Return the gaps to be filled: until the last covered moment, and seven days ahead at least."""
    return gaps(slots, now, max(reach(slots, now), now + SOON))


def opened(before: Sequence[Slot], after: Sequence[Slot], now: datetime) -> list[Gap]:
    """Return the gaps ``after`` has and ``before`` had not. A rota that was empty had nothing but a gap.

    Looked at is until the last covered moment of ``after``; within the next seven days until that of ``before`` too, so
    that a rota is not emptied from its end.
    """
    was, will = reach(before, now), reach(after, now)
    if was <= now:
        return []
    return _without(gaps(after, now, max(will, min(was, now + SOON))), gaps(before, now, was))


def _without(found: Iterable[Gap], known: Sequence[Gap]) -> list[Gap]:
    left = []
    for start, end in found:
        at = start
        for known_start, known_end in known:
            if known_end > at and known_start < end:
                if known_start > at:
                    left.append((at, known_start))
                at = max(at, known_end)
        if at < end:
            left.append((at, end))
    return left


def check(before: Sequence[Slot], after: Sequence[Slot], now: datetime, *, zone: str, shift: Gap | None = None) -> None:
    """Refuse a change that leaves nobody on call where somebody was, or a hole before what it adds.

    The words name the stretch in ``zone`` and what would close it; where the times of one ``shift`` were given, they
    belong to its start or its end.
    """
    if reach(before, now) > now >= reach(after, now):
        raise Refused("This would leave the rota empty, and alerts would find nobody on call. "
                      "Put somebody else on first.")
    new = opened(before, after, now)
    if not new:
        return
    start, end = (moment(at, zone) for at in new[0])
    more = f" (and {len(new) - 1} more times)" if len(new) > 1 else ""
    words = f"Nobody would be on call from {start} to {end}{more}."
    if shift is None:
        raise Refused(f"{words} Put somebody else on for that time first.")
    at_start = new[0][1] <= shift[0]
    close = f"Let the shift begin at {start}" if at_start else f"Let the shift end at {end}"
    words = f"{words} {close}, or put somebody else on for that time first."
    raise Refused("The rota was not changed.", {"starts_at" if at_start else "ends_at": words})


def times(starts_at: datetime, ends_at: datetime, now: datetime) -> dict[str, str]:
    """Return what is wrong with the times of a shift, by field; empty where nothing is."""
    if ends_at <= starts_at:
        return {"ends_at": "The end must come after the start."}
    if ends_at - starts_at > LONGEST_SHIFT:
        return {"ends_at": "A shift lasts at most 31 days."}
    return {"ends_at": "This shift is over already."} if ends_at <= now else {}


def removed(slots: Sequence[Slot], slot: Slot, now: datetime) -> list[Slot]:
    """Take a shift off; of one that runs, what has been is kept."""
    rest = [one for one in slots if one is not slot]
    return rest if slot.starts_at >= now else [*rest, replace(slot, ends_at=now)]


def moved(slots: Sequence[Slot], slot: Slot, starts_at: datetime, ends_at: datetime, now: datetime) -> list[Slot]:
    """Give a shift other times. What has been stays as it was: a shift that runs keeps its start."""
    starts_at, ends_at = _same(starts_at, slot.starts_at), _same(ends_at, slot.ends_at)
    problems = times(starts_at, ends_at, now)
    if not problems and slot.starts_at < now and starts_at != slot.starts_at:
        problems["starts_at"] = "This shift has begun: only its end can still be changed."
    if problems:
        raise Refused("The shift was not changed.", problems)
    begins = starts_at if slot.starts_at < now else max(starts_at, now)
    return [one for one in slots if one is not slot] + [replace(slot, starts_at=begins, ends_at=ends_at)]


def covered(
    slots: Sequence[Slot], slot: Slot, user_id: int, starts_at: datetime, ends_at: datetime, now: datetime
) -> list[Slot]:
    """Put somebody else in the place of ``slot`` for a stretch of it; the shift is split, the rest stays as it is.

    A stretch that began before ``now`` begins now. Given back to whose turn it was, the pieces grow together again.
    """
    starts_at, ends_at = _same(starts_at, slot.starts_at), _same(ends_at, slot.ends_at)
    begins = max(starts_at, now)
    problems = {}
    if user_id == slot.user_id:
        problems["user_id"] = "This person is on call then anyway."
    if starts_at < slot.starts_at:
        problems["starts_at"] = "The shift begins later than that."
    if ends_at > slot.ends_at:
        problems["ends_at"] = "The shift ends earlier than that."
    elif ends_at <= starts_at:
        problems["ends_at"] = "The end must come after the start."
    elif ends_at <= begins:
        problems["ends_at"] = "This time is over already."
    if problems:
        raise Refused("Nobody was put in for this shift.", problems)
    whose = slot.covers or slot.user_id
    stands_in = replace(slot, id=0, user_id=user_id, starts_at=begins, ends_at=ends_at, active=True,
                        covers=None if user_id == whose else whose)
    others = [one for one in slots if one is not slot]
    family = [one for one in others if one.rank == slot.rank]
    pieces = [*family, *_outside(slot, begins, ends_at), stands_in]
    return [one for one in others if one.rank != slot.rank] + _joined(pieces)


def _same(at: datetime, known: datetime) -> datetime:
    """Return ``known`` for the same minute: forms know no seconds."""
    return known if at == known.replace(second=0, microsecond=0) else at


def cleared(slots: Iterable[Slot], start: datetime, end: datetime) -> list[Slot]:
    """Take every shift off between two moments; what lies before and after stays."""
    return [piece for slot in slots for piece in _outside(slot, start, end)]


def _outside(slot: Slot, start: datetime, end: datetime) -> list[Slot]:
    """Return what is left of a shift without a stretch; the first piece keeps the id."""
    if slot.ends_at <= start or slot.starts_at >= end:
        return [slot]
    left = []
    if slot.starts_at < start:
        left.append(replace(slot, ends_at=start))
    if slot.ends_at > end:
        left.append(replace(slot, starts_at=end, id=0 if left else slot.id))
    return left


def _joined(pieces: Iterable[Slot]) -> list[Slot]:
    """Let pieces of one shift grow together where they touch and the same person is on for the same reason."""
    found: list[Slot] = []
    for piece in sorted(pieces, key=lambda slot: slot.starts_at):
        last = found[-1] if found else None
        if last and last.ends_at == piece.starts_at and (last.user_id, last.covers) == (piece.user_id, piece.covers):
            found[-1] = replace(last, ends_at=piece.ends_at, id=last.id or piece.id)
        else:
            found.append(piece)
    return found


def newly_on(before: Sequence[Slot], after: Sequence[Slot], now: datetime) -> dict[int, list[Gap]]:
    """Return from when to when each person is on call ``after`` a change and was not ``before``, by the id of the person."""
    end = max(reach(before, now), reach(after, now))
    had, has = _turns_of(before, now, end), _turns_of(after, now, end)
    found = {user_id: _without(turns, had.get(user_id, ())) for user_id, turns in has.items()}
    return {user_id: turns for user_id, turns in found.items() if turns}


def _turns_of(slots: Sequence[Slot], start: datetime, end: datetime) -> dict[int, list[Gap]]:
    """Return when each person counts; shifts of one person that touch are one turn."""
    found: dict[int, list[Gap]] = {}
    for slot, starts_at, ends_at in ((one.slot, one.starts_at, one.ends_at) for one in timeline(slots, start, end) if one.slot):
        turns = found.setdefault(slot.user_id, [])
        touches = bool(turns) and turns[-1][1] == starts_at
        turns.append((turns.pop()[0] if touches else starts_at, ends_at))
    return found


def put_on_words(by: str, turns: Sequence[Gap], zone: str, *, linked: bool) -> str:
    """Return what somebody hears whom ``by`` put on call for these turns; ``linked``: alerts reach them by Telegram too."""
    starts_at, ends_at = turns[0]
    more = len(turns) - 1
    further = f", and {more} more {'time' if more == 1 else 'times'} until {moment(turns[-1][1], zone)}" if more else ""
    how = "Alerts reach you by Telegram and email." if linked else (
        "Alerts reach you by email alone: link Telegram on the page of your account to be woken.")
    return f"{by} put you on call from {moment(starts_at, zone)} to {moment(ends_at, zone)}{further}. {how}"


def warning(*, linked: bool, came_in: bool) -> str:
    """Return what stands in the way of waking somebody who is put on call; empty where nothing does."""
    return ", ".join([*([] if linked else ["no Telegram linked"]), *([] if came_in else ["has never signed in"])])
