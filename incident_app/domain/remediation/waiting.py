"""Actions that wait for others: no circles, and the words for them."""

from collections.abc import Collection, Mapping

NOT_HERE = "An action waits only for others of the same case."
ITSELF = "An action cannot wait for itself."


def circle(action: int, wanted: Collection[int], waits: Mapping[int, Collection[int]]) -> tuple[int, ...]:
    """Return the way round that would arise if ``action`` waited for ``wanted``; empty where there is none.

    ``waits``: action → what it waits for now. The way begins at one of ``wanted`` and ends at ``action``.
    """
    for first in sorted(wanted):
        way = _way(first, action, waits)
        if way:
            return way
    return ()


def _way(start: int, goal: int, waits: Mapping[int, Collection[int]]) -> tuple[int, ...]:
    came: dict[int, int] = {start: start}
    ahead = [start]
    while ahead:
        here = ahead.pop()
        if here == goal:
            way = [here]
            while way[-1] != start:
                way.append(came[way[-1]])
            return tuple(reversed(way))
        for one in sorted(waits.get(here, ())):
            if one not in came:
                came[one] = here
                ahead.append(one)
    return ()


def check_waits(action: int, wanted: Collection[int], titles: Mapping[int, str],
                waits: Mapping[int, Collection[int]]) -> dict[str, str]:
    """Return field → words for what is wrong with what an action should wait for; ``titles`` are those of its case."""
    if action in wanted:
        return {"waits_for": ITSELF}
    if any(one not in titles for one in wanted):
        return {"waits_for": NOT_HERE}
    way = circle(action, wanted, waits)
    if not way:
        return {}
    return {"waits_for": f"These would wait for one another: {' → '.join(f'“{titles[one]}”' for one in (action, *way))}."}


def why_not_done(titles: Collection[str]) -> str:
    """Return why an action that waits cannot be done yet; empty where it waits for nothing."""
    if not titles:
        return ""
    named = ", ".join(f"“{title}”" for title in titles)
    return f"It waits for {named}. Finish that first, or change what it waits for."
