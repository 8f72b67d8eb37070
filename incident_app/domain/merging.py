"""Two people changed one record: which fields one of them changed alone, and which both did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Texts = tuple[str, ...]
Fields = Mapping[str, Texts]


class Whose(StrEnum):
    """Who changed a field that is not the same on both sides."""

    MINE = "mine"
    THEIRS = "theirs"
    CLASH = "clash"


@dataclass(frozen=True, slots=True)
class Merge:
    """What comes of it. ``values`` holds every field, in a clash one's own value until somebody chooses; ``whose``
    names the fields that differ between the two."""

    values: Fields
    whose: Mapping[str, Whose]

    @property
    def clashes(self) -> Sequence[str]:
        """The fields both changed, each to something else."""
        return [name for name, whose in self.whose.items() if whose is Whose.CLASH]


def merge(base: Fields | None, theirs: Fields, mine: Fields) -> Merge:
    """Join what two people made of ``base``: what one changed alone is taken, what both changed is a clash.

    A field holds the texts of its inputs. One that ``mine`` does not have was not changed by me. Where ``base`` does
    not know a field, or is not known at all, nobody can say who changed it: a difference is a clash.
    """
    values: dict[str, Texts] = {}
    whose: dict[str, Whose] = {}
    for name in dict.fromkeys([*theirs, *mine]):
        if name not in mine:
            values[name] = theirs[name]
        elif name not in theirs or theirs[name] == mine[name]:
            values[name] = mine[name]
        else:
            whose[name] = _whose((base or {}).get(name), theirs[name], mine[name])
            values[name] = theirs[name] if whose[name] is Whose.THEIRS else mine[name]
    return Merge(values, whose)


def _whose(base: Texts | None, theirs: Texts, mine: Texts) -> Whose:
    if base == mine:
        return Whose.THEIRS
    return Whose.MINE if base == theirs else Whose.CLASH
