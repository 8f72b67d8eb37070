"""The words of one language: headings by which the parts of a letter are found, and the blocks a draft is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache


class Part(StrEnum):
    """A part of a letter. To people, Art 34(2) GDPR asks for all but the list of data, which they need all the same, and
    ``OPEN``; a notice to controllers has that too (see ``controllers``)."""

    NATURE = "nature"
    DATA = "data"
    CONSEQUENCES = "consequences"
    MEASURES = "measures"
    OPEN = "open"
    ADVICE = "advice"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class PartRule:
    """What is demanded and where that stands. ``required`` parts block the approval while they are missing."""

    title: str
    article: str
    required: bool
    words: str


PARTS: dict[Part, PartRule] = {
    Part.NATURE: PartRule("Nature of the breach", "Art. 34(2)", True, "say in plain words what happened"),
    Part.DATA: PartRule("Which data of this person", "recital 86", False, "list this person's kinds of data"),
    Part.CONSEQUENCES: PartRule("Likely consequences", "33(3)(c)", True, "say what it can mean for the person"),
    Part.MEASURES: PartRule("Measures taken or proposed", "33(3)(d)", True, "say what you have done about it"),
    Part.ADVICE: PartRule("What the person can do", "33(3)(d)", True, "give steps, the most urgent first"),
    Part.CONTACT: PartRule("Contact of the data protection officer", "33(3)(b)", True, "name who answers questions"),
}


@dataclass(frozen=True, slots=True)
class Block:
    """What one kind of data is called, and what may happen with it."""

    label: str
    consequence: str


@dataclass(frozen=True, slots=True)
class Library:
    """Which steps belong to what, the same in every language: ids of steps, never words.

    ``order`` holds every step, the most urgent first; ``data`` the steps of each kind of data, the most dangerous kind
    first; ``incident`` those of each kind of breach; ``read`` the kinds of breach whose words say that others could read.
    """

    order: tuple[str, ...]
    data: Mapping[str, tuple[str, ...]]
    incident: Mapping[str, tuple[str, ...]]
    read: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Formats:
    """How a language writes days and times. ``first`` is what the first of a month is called where that is no plain number."""

    months: tuple[str, ...]
    date: str
    time: str
    moment: str
    first: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """One language. ``headings`` stand on lines of their own; ``blocks`` and ``steps`` have words for all of ``library``.

    ``drill`` marks every message of an exercise; ``paper`` is what stands round the words of a printed letter.
    """

    language: str
    label: str
    subject: str
    greeting: str
    headings: Mapping[Part, str]
    formats: Formats
    nature: Mapping[str, str]
    incident: Mapping[str, str]
    unknown: Mapping[str, str]
    data_list: Mapping[str, str]
    consequences: Mapping[str, str]
    measures: Mapping[str, str]
    advice: Mapping[str, str]
    contact: Mapping[str, str]
    steps: Mapping[str, str]
    blocks: Mapping[str, Block]
    library: Library
    drill: str
    paper: Mapping[str, str]
    banned: tuple[str, ...] = ()


def spoken_date(day: date, wording: Wording) -> str:
    """Spell a day out: “20 November 2026”, “20. November 2026”, “20 ноября 2026 г.”, “1er décembre 2026”."""
    formats = wording.formats
    return formats.date.format(day=formats.first if day.day == 1 and formats.first else day.day, month=formats.months[day.month - 1], year=day.year)


def spoken_moment(at: datetime, wording: Wording) -> str:
    """Spell a moment out, with its distance from UTC: “20 November 2026 at 14:05 (UTC+1)”."""
    time = wording.formats.time.format(hour=at.hour, minute=at.minute)
    return wording.formats.moment.format(date=spoken_date(at.date(), wording), time=time, zone=offset_words(at))


def offset_words(at: datetime) -> str:
    """Return how far a moment is from UTC: “UTC”, “UTC+1”, “UTC−3:30”."""
    shift = at.utcoffset()
    minutes = round(shift.total_seconds() / 60) if shift else 0
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" + f"{'+' if minutes > 0 else '−'}{hours}" * bool(minutes) + f":{rest:02}" * bool(rest)


def _heading(line: str) -> str:
    return line.strip().rstrip(":").strip().replace("’", "'").casefold()


@lru_cache(maxsize=64)
def _parts(headings: tuple[tuple[Part, str], ...]) -> dict[str, Part]:
    return {_heading(words): part for part, words in reversed(headings)}


def is_heading(line: str, headings: Mapping[Part, str]) -> Part | None:
    """Return the part whose heading stands on this line, alone."""
    return _parts(tuple(headings.items())).get(_heading(line))


def sections(body: str, headings: Mapping[Part, str]) -> dict[Part, str]:
    """Return the text below each heading found (joined where a heading stands twice)."""
    found: dict[Part, list[str]] = {}
    current: Part | None = None
    for line in body.splitlines():
        part = is_heading(line, headings)
        if part is not None:
            current = part
            found.setdefault(part, [])
        elif current is not None:
            found[current].append(line)
    return {part: "\n".join(lines).strip() for part, lines in found.items()}
