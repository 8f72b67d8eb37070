"""Cause and lessons of a case: the vocabulary of causes, and what may be written (GDPR Art 33(5): facts and remedial action;
EDPB 9/2022 sec. V: the cause belongs to the record)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from incident_app.domain.numbers import grouped

MOST_WHYS = 7
LONGEST_WHY = 500
LONGEST_TEXT = 20_000
TEXTS = ("cause_words", "went_well", "differently")


class CausedBy(StrEnum):
    """Who caused it, as authorities ask it (EDPB template 1.0, field 61)."""

    INTERNAL_MISTAKE = "internal_mistake"
    INTERNAL_MALICIOUS = "internal_malicious"
    EXTERNAL_MISTAKE = "external_mistake"
    EXTERNAL_MALICIOUS = "external_malicious"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause to choose. ``family`` is a label; ``on_purpose`` is who caused it where it was done on purpose."""

    id: str
    family: str
    label: str
    words: str
    caused_by: CausedBy
    on_purpose: CausedBy

    def caused(self, malicious: bool | None) -> CausedBy:
        """Return who caused it; ``malicious`` is what the case says, ``None`` where that is not known."""
        return self.on_purpose if malicious else self.caused_by


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The causes and the contributing factors to choose from, by id, in the order of the file; factors are labels."""

    causes: Mapping[str, Cause]
    factors: Mapping[str, str]

    def families(self) -> dict[str, list[Cause]]:
        """Return the causes by the label of their family."""
        found: dict[str, list[Cause]] = {}
        for one in self.causes.values():
            found.setdefault(one.family, []).append(one)
        return found

    def cause_label(self, cause: str) -> str:
        """Return a cause in words: its id where the file does not have it any more, nothing for none."""
        return self.causes[cause].label if cause in self.causes else cause

    def factor_labels(self, factors: Iterable[str]) -> tuple[str, ...]:
        """Return factors in words."""
        return tuple(self.factors.get(one, one) for one in factors)

    def caused_by(self, cause: str, malicious: bool | None) -> CausedBy | None:
        """Return who caused it; ``None`` where no cause was chosen, or one the file does not have."""
        return self.causes[cause].caused(malicious) if cause in self.causes else None


NO_WORDS = Vocabulary({}, {})


@dataclass(frozen=True, slots=True)
class Lessons:
    """What was found out: a cause and factors by id, and words. ``whys``: why, and why that, in order; at most seven."""

    cause: str = ""
    factors: tuple[str, ...] = ()
    cause_words: str = ""
    whys: tuple[str, ...] = ()
    went_well: str = ""
    differently: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was written."""
        return self == NOTHING


NOTHING = Lessons()


def tidy(said: Lessons) -> Lessons:
    """Return it without blanks around, without empty whys, each factor once."""
    return Lessons(
        cause=said.cause.strip(), factors=tuple(dict.fromkeys(said.factors)), cause_words=said.cause_words.strip(),
        whys=tuple(one.strip() for one in said.whys if one.strip()), went_well=said.went_well.strip(),
        differently=said.differently.strip(),
    )


def problems(said: Lessons, before: Lessons, words: Vocabulary) -> dict[str, str]:
    """Return field → what is wrong. What ``before`` had may stay though the file does not have it any more."""
    found = {}
    if said.cause and said.cause not in words.causes and said.cause != before.cause:
        found["cause"] = "Choose one of the causes in the list."
    odd = [one for one in said.factors if one not in words.factors and one not in before.factors]
    if odd:
        found["factors"] = f"Not in the list of contributing factors: {', '.join(odd)}."
    if said.cause in {"other", "not_found"} and not said.cause_words:
        found["cause_words"] = "Say in words what it was, or what was looked at."
    if len(said.whys) > MOST_WHYS:
        found["whys"] = f"At most {MOST_WHYS} steps: after that the chain explains the world, not the breach."
    elif any(len(one) > LONGEST_WHY for one in said.whys):
        found["whys"] = f"At most {LONGEST_WHY} characters for each why."
    for name in TEXTS:
        if len(getattr(said, name)) > LONGEST_TEXT:
            found[name] = f"At most {grouped(LONGEST_TEXT)} characters."
    return found


def differing(before: Lessons, after: Lessons) -> list[str]:
    """Return the fields that differ."""
    return [name for name in Lessons.__slots__ if getattr(before, name) != getattr(after, name)]


def chain(whys: Sequence[str]) -> str:
    """Return the chain of whys as numbered lines."""
    return "\n".join(f"{number}. {one}" for number, one in enumerate(whys, 1))
