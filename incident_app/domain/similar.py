"""Similar earlier breaches: what two cases can share, and which of the earlier ones say most about a new one."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

LONGEST_VALUE = 120
MOST_TRAITS = 24
MOST_SHOWN = 5
UNTOLD = frozenset({"", "other", "not_found"})
"""Causes that say nothing two breaches could share."""


class Shared(StrEnum):
    """What can be shared, the most telling first."""

    SYSTEM = "system"
    CAUSE = "cause"
    PROCESSOR = "processor"


_WEIGHTS = {Shared.SYSTEM: 3, Shared.CAUSE: 2, Shared.PROCESSOR: 1}
_ORDER = list(Shared)


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing a breach may share with another: a system by its id, a cause by its id, a processor by its folded name."""

    kind: Shared
    value: str


@dataclass(frozen=True, slots=True)
class Similar:
    """An earlier case and what it shares, the most telling first."""

    case_id: int
    shared: tuple[Trait, ...]

    @property
    def weight(self) -> int:
        """How much it says about the new one."""
        return sum(_WEIGHTS[one.kind] for one in self.shared)


def folded(name: str) -> str:
    """Return a name as it is compared: case, width and blanks make no difference."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:LONGEST_VALUE]


def traits(cause: str, systems: Iterable[int], processors: Iterable[str]) -> tuple[Trait, ...]:
    """Return what a breach may share, the most telling first, each once, at most :data:`MOST_TRAITS`."""
    found = [Trait(Shared.SYSTEM, str(one)) for one in systems]
    found += [Trait(Shared.CAUSE, cause)] if cause not in UNTOLD else []
    found += [Trait(Shared.PROCESSOR, name) for name in map(folded, processors) if name]
    return tuple(dict.fromkeys(found))[:MOST_TRAITS]


def ranked(case_id: int, mine: Iterable[Trait], earlier: Mapping[int, Iterable[Trait]]) -> tuple[Similar, ...]:
    """Return the earlier cases that share something, the most telling first, of equal ones the newest, at most five.

    ``earlier`` maps ids of cases to their traits. What was logged later, and the case itself, are left out.
    """
    own = set(mine)
    found = []
    for other, theirs in earlier.items():
        shared = sorted(own.intersection(theirs), key=lambda one: (_ORDER.index(one.kind), one.value))
        if shared and other < case_id:
            found.append(Similar(other, tuple(shared)))
    found.sort(key=lambda one: (-one.weight, -one.case_id))
    return tuple(found[:MOST_SHOWN])
