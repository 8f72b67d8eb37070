"""The hours from awareness to filing as heaps of dots, for the first page: as much as can be seen, however many there are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from incident_app.domain.statistics import Filing
from incident_app.web.filters import plural

BINS, HEAP, ROWS = 20, 8, 50
LIMIT = 72
"""Hours: where the line stands (GDPR Art 33(1))."""


@dataclass(frozen=True, slots=True)
class Plot:
    """``dots``: where each stands across (per cent) and down, whether it was on time, and its words; ``at``: where the limit is.

    ``rows`` are the first of the table (breach, hours, on time), ``left`` says how many stand in none, ``undated`` for how many
    filings the law names no date: they can be neither on time nor late, and have no place before or behind a line.
    """

    words: str
    at: float
    most: float
    dots: tuple[tuple[float, int, bool, str], ...]
    rows: tuple[tuple[str, float, bool], ...]
    left: int
    undated: int


def plot(filings: Sequence[Filing]) -> Plot | None:
    """Return the picture of the filings that had a term; ``None`` where there is none.

    What would lie beneath the top of its heap is not drawn.
    """
    filed = [(one.ref, one.hours, not one.late) for one in filings if one.term_hours is not None]
    if not filed:
        return None
    hours = [one for _, one, _ in filed]
    most = max(*hours, LIMIT * 1.25)
    heaps: Counter[int] = Counter()
    dots = []
    for ref, hour, on_time in sorted(filed, key=lambda one: one[1]):
        place = min(BINS - 1, int(BINS * hour / most))
        if heaps[place] < HEAP:
            across = 100 / BINS * (place + 0.5)
            dots.append((across, 104 - 12 * heaps[place], on_time, f"{ref}: {round(hour)} h"))
        heaps[place] += 1
    late = sum(not on_time for _, _, on_time in filed)
    words = (f"{plural(len(filed), 'filing')}, from {round(min(hours))} to {round(max(hours))} hours, {late} late; "
             f"the line is at {LIMIT} hours")
    return Plot(words, round(100 * LIMIT / most, 1), most, tuple(dots), tuple(filed[:ROWS]), max(0, len(filed) - ROWS), len(filings) - len(filed))
