"""When nobody is on call."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise


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
