"""Of several notices to one list, which one counts."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T")


def by_list(sent: Iterable[T], list_of: Callable[[T], Hashable], reached: Callable[[T], int]) -> list[T]:
    """Return of each list the notice that reached most of it, of two alike the first: whoever got two is one person.

    ``list_of`` names the list of a notice, ``reached`` counts the people whose message a provider took.
    """
    best: dict[Hashable, T] = {}
    for one in sent:
        held = best.setdefault(list_of(one), one)
        if reached(one) > reached(held):
            best[list_of(one)] = one
    return list(best.values())
