"""The systems of the organisation's profile: what they hold, and what a case takes over from them.

A case is pre-filled where nobody typed anything; what a person wrote is never overwritten.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from incident_app.domain.numbers import grouped

LONGEST_NAME = 120
LONGEST_TEXT = 4000
MOST_PROCESSORS = 40
FILLED = ("data_categories", "processors")
"""The fields of a case that a system fills in."""
LISTS = ("data_categories", "people_kinds", "processors")

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one system. ``place``: where it runs; ``purposes``: what the data are for; ``transfers``: to which
    countries outside, on which ground; ``retention``: when data go; ``list_source``: where a list of the people comes from.
    Data categories and kinds of people are ids of the law files."""

    name: str
    description: str = ""
    place: str = ""
    data_categories: tuple[str, ...] = ()
    people_kinds: tuple[str, ...] = ()
    purposes: str = ""
    processors: tuple[str, ...] = ()
    transfers: str = ""
    retention: str = ""
    list_source: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> "Facts":
        """Read it back; what an older version did not have is empty."""
        known: dict[str, Any] = {name: tuple(value) if name in LISTS else value for name, value in kept.items() if name in Facts.__slots__}
        return Facts(**known)

    def in_a_line(self) -> str:
        """Return name, what it is, and where, as a filing says it."""
        said = f"{self.name}: {self.description}" if self.description else self.name
        return f"{said} ({self.place})" if self.place else said


def tidy(facts: Facts) -> Facts:
    """Return it without blanks around and without empty or doubled entries."""
    plain: dict[str, Any] = {name: _once(value) if isinstance(value, tuple) else value.strip() for name, value in asdict(facts).items()}
    return Facts(**plain)


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in values if one.strip()))


def problems(facts: Facts, categories: Iterable[str], people: Iterable[str]) -> dict[str, str]:
    """Return field → what is wrong; ``categories`` and ``people`` are the ids that can be chosen."""
    found = {}
    if not facts.name:
        found["name"] = "Say what the system is called."
    elif len(facts.name) > LONGEST_NAME:
        found["name"] = f"At most {LONGEST_NAME} characters."
    for name, known in (("data_categories", categories), ("people_kinds", people)):
        odd = sorted(set(getattr(facts, name)) - set(known))
        if odd:
            found[name] = f"Not in the list: {', '.join(odd)}."
    if len(facts.processors) > MOST_PROCESSORS or any(len(one) > LONGEST_NAME for one in facts.processors):
        found["processors"] = f"At most {MOST_PROCESSORS} names of at most {LONGEST_NAME} characters, one a line."
    for name in ("description", "place", "purposes", "transfers", "retention", "list_source"):
        if len(getattr(facts, name)) > LONGEST_TEXT:
            found[name] = f"At most {grouped(LONGEST_TEXT)} characters."
    return found


def together(given: Iterable[Values], name: str) -> tuple[str, ...]:
    """Return what several systems filled into a field, each value once, in order."""
    return tuple(dict.fromkeys(value for one in given for value in one.get(name, ())))


def fill(now: Values, given: Sequence[Values], facts: Facts) -> tuple[dict[str, tuple[str, ...]], dict[str, list[str]]]:
    """Return the fields of a case anew, and what this system filled in.

    ``now`` is what the case says, ``given`` what systems picked before filled in. A field where a person added, took away
    or chose anything is theirs, and stays as it is.
    """
    values, filled = {}, {}
    for name in FILLED:
        new = getattr(facts, name)
        if new and set(now[name]) == set(together(given, name)):
            values[name], filled[name] = tuple(dict.fromkeys((*now[name], *new))), list(new)
    return values, filled


def unfill(now: Values, others: Sequence[Values], mine: Values) -> dict[str, tuple[str, ...]]:
    """Return the fields of a case anew where a system is taken away again; what a person touched stays as it is."""
    return {
        name: together(others, name) for name in FILLED
        if mine.get(name) and set(now[name]) == set(together((*others, mine), name))
    }


def offered(now: Values, facts: Facts) -> dict[str, tuple[str, ...]]:
    """Return what the system holds and the case does not say, by field."""
    missing = {name: tuple(one for one in getattr(facts, name) if one not in now[name]) for name in FILLED}
    return {name: values for name, values in missing.items() if values}
