"""Has the database gone back? It counts how far it came; who sends keeps the highest count it saw outside of it.

A restore begins a new epoch, so that the counts before and after it are never compared.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import NamedTuple

EVERY = timedelta(seconds=1)  # while something is sent, the count goes on so often, for all workers together


class Mark(NamedTuple):
    """How far the database was: which epoch, and its count."""

    epoch: str
    ticks: int


def went_back(now: Mark, epochs: Collection[str], seen: Iterable[Mark]) -> bool:
    """Tell whether a database that stands at ``now``, and knows these ``epochs``, was once further than it is.

    What was seen in an older epoch of its own tells nothing: that restore was dealt with.
    """
    return any(one.epoch not in epochs or (one.epoch == now.epoch and one.ticks > now.ticks) for one in seen)
