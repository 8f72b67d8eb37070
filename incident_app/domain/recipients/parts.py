"""A list in parts of a thousand: what each holds is sealed by a digest, so that it can be checked part by part.

A notice binds the digest over all parts; whoever sends checks each part before anybody in it is written to. So neither
approving nor starting a notice takes longer for ten million people than for ten thousand.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

PART = 1000
SHORT_LIST, NARROW = 10_000, 100  # a short list is cut finer, so that several workers find something to do
WAYS = ("telegram", "email", "post")
_SENSITIVE, _HARMLESS = 1 << len(WAYS), 2 << len(WAYS)


@dataclass(frozen=True, slots=True)
class ListPart:
    """People ``first`` to ``last`` of a list. ``reach`` counts those alike in how they can be told, see :func:`mask`."""

    first: int
    last: int
    digest: str
    reach: dict[int, int]


def mask(reachable: Iterable[str], sensitive: bool | None) -> int:
    """Return as one number by which ways somebody can be told, and whether their data are sensitive, if known."""
    kind = 0 if sensitive is None else _SENSITIVE if sensitive else _HARMLESS
    return kind + sum(1 << WAYS.index(way) for way in reachable)


def unmasked(number: int) -> tuple[tuple[str, ...], bool | None]:
    """Return what stands behind such a number."""
    sensitive = True if number & _SENSITIVE else False if number & _HARMLESS else None
    return tuple(way for place, way in enumerate(WAYS) if number & 1 << place), sensitive


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


def cuts(part_first: int, part_last: int, list_count: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of the chunks a part is cut into: one, or ten of a short list."""
    width = NARROW if list_count <= SHORT_LIST else PART
    for first in range(part_first, part_last + 1, width):
        yield first, min(first + width - 1, part_last)


def part_of(number: int) -> tuple[int, int]:
    """Return (first, last) of the part this person is in; the last part of a list ends before."""
    first = (number - 1) // PART * PART + 1
    return first, first + PART - 1


def count_of(parts: Sequence[ListPart]) -> int:
    """Return how many people the parts hold."""
    return sum(sum(part.reach.values()) for part in parts)
