"""A list in parts of a thousand: what each holds is sealed by a digest, so that it can be checked part by part.

A notice binds the digest over all parts; whoever sends checks each part before anybody in it is written to. So neither
approving nor starting a notice takes longer for ten million people than for ten thousand.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

PART = 1000
WAYS = ("telegram", "email")


@dataclass(frozen=True, slots=True)
class ListPart:
    """People ``first`` to ``last`` of a list. ``reach`` counts them by the ways they can be reached, see :func:`mask`."""

    first: int
    last: int
    digest: str
    reach: dict[int, int]


def mask(reachable: Iterable[str]) -> int:
    """Return the ways to reach somebody as one number."""
    return sum(1 << WAYS.index(way) for way in reachable)


def unmasked(number: int) -> tuple[str, ...]:
    """Return the ways behind such a number."""
    return tuple(way for place, way in enumerate(WAYS) if number & 1 << place)


def part_digest(people: Iterable[tuple[int, bytes]]) -> str:
    """Return SHA-256 in hex over number and blind index of everybody in a part, in the order of their numbers."""
    whole = hashlib.sha256()
    for number, blind in people:
        whole.update(number.to_bytes(8, "big") + blind)
    return whole.hexdigest()


def parted(people: Iterable[tuple[int, bytes, int]]) -> Iterator[ListPart]:
    """Split (number, blind index, mask), in the order of their numbers from 1, into parts."""
    for place, rows in groupby(people, key=lambda row: (row[0] - 1) // PART):
        part = list(rows)
        reach: dict[int, int] = {}
        for _, _, ways in part:
            reach[ways] = reach.get(ways, 0) + 1
        digest = part_digest((number, blind) for number, blind, _ in part)
        yield ListPart(place * PART + 1, part[-1][0], digest, reach)


def whole_digest(parts: Sequence[ListPart]) -> str:
    """Return the digest of a list: SHA-256 in hex over what its parts hold."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(f"{part.first}-{part.last}:{part.digest}\n".encode())
    return whole.hexdigest()


def count_of(parts: Sequence[ListPart]) -> int:
    """Return how many people the parts hold."""
    return sum(sum(part.reach.values()) for part in parts)
