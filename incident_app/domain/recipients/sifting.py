"""Rows → people. Every physical line ends somewhere: header or blank, refused, joined to another, or a person."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from incident_app.domain.recipients import cells
from incident_app.domain.recipients.columns import FIELDS, SURNAME
from incident_app.domain.recipients.post import clean_address, postal
from incident_app.domain.recipients.reading import Table
from incident_app.domain.refusals import Refused

MOST_PROBLEMS_KEPT = 1000
CLEAN: tuple[Any, ...] = (
    cells.clean_name, cells.clean_email, cells.clean_telegram, cells.clean_language, cells.clean_country,
    cells.clean_data, cells.clean_region, clean_address, cells.clean_name, cells.clean_name, cells.clean_name,
)
OWN = 7  # the first fields are a person's own, the others parts of an address
_WAYS = frozenset({"email", "telegram_id", "address", "street", "postcode", "city"})
_FORMULA = "begins like a formula; it is kept as text and made harmless in exports"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in one cell (``column`` is our name for it, empty for the whole line). No personal data in ``words``.

    ``refused``: the line gave nobody; otherwise the person is kept and this is worth a look.
    """

    line: int
    column: str
    words: str
    refused: bool


@dataclass(slots=True, eq=False)
class Person:
    """One person of the list, with the number of the first line that named them."""

    line: int
    name: str = ""
    email: str = ""
    telegram: str = ""
    language: str = ""
    country: str = ""
    data: tuple[str, ...] = ()
    region: str = ""
    postal: str = ""

    @property
    def contact(self) -> cells.Contact:
        """What is sealed."""
        return cells.Contact(self.name, self.email, self.telegram, self.data, self.postal)

    @property
    def key(self) -> str:
        """What makes this person one person within a list."""
        if self.telegram or self.email:
            return f"{self.telegram}|{self.email.casefold()}"
        return f"post|{self.name.casefold()}|{self.postal.casefold()}"


def _settle_region(person: Person) -> list[tuple[str, str]]:
    """Take the country out of ``US-CA``; leave a region out that has none, or another one than the person."""
    country, _, part = person.region.rpartition("-")
    if not (country or person.country):
        person.region = ""
        return [("region", "stands there without a country")]
    if country and person.country and country != person.country:
        person.region = ""
        return [("region", "is a part of another country than the one of this line")]
    person.country, person.region = person.country or country, part
    return []


@dataclass(slots=True)
class Sieve:
    """Takes row after row; keeps the first thousand problems and counts them all."""

    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    refused_count: int = 0

    def say(self, line: int, column: str, words: str, *, refused: bool = False) -> None:
        """Note something worth a look."""
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS_KEPT:
            self.problems.append(Problem(line, column, words, refused))

    def refuse(self, line: int, column: str, words: str) -> None:
        """Note that a line gave nobody."""
        self.refused_count += 1
        self.say(line, column, words, refused=True)

    def people(self, table: Table) -> Iterator[Person]:
        """Read a whole table. Raises ``Refused`` for a stray quote, with its line."""
        width = len(table.columns.headers)
        names = FIELDS if any(name in table.columns.fields for name in FIELDS[OWN:]) else FIELDS[:OWN]
        positions = [table.columns.fields.get(name, width) for name in names]
        surname = table.columns.fields.get(SURNAME)
        for line, row in table.rows:
            if len(row) != width:
                self.refuse(line, "", f"has {len(row)} cells, the first line has {width}")
                continue
            cells_of = [row[at] if at < width else "" for at in positions]
            if surname is not None:
                cells_of[0] = f"{cells_of[0].rstrip()} {row[surname].lstrip()}".strip()
            person = self.read(line, cells_of)
            if person is not None:
                yield person

    def read(self, line: int, row: Sequence[str]) -> Person | None:
        """Take one row, its cells in the order of ``FIELDS``, the last ones perhaps left out: a person, or a refusal more."""
        found, bad = [], []
        given = row if any(row[OWN:]) else row[:OWN]  # most have no postal address, and cost no more
        for at, text in enumerate(given):
            try:
                found.append(CLEAN[at](text))
            except ValueError as error:
                bad.append((FIELDS[at], str(error)))
                found.append(CLEAN[at](""))
        person = Person(line, *found[:OWN])
        if person.region:
            bad += _settle_region(person)
        if len(found) > OWN:
            try:
                address, street, postcode, city = found[OWN:]
                person.postal = postal(address, street, postcode, city, person.country)
            except ValueError as error:
                bad.append(("street", str(error)))
        if not person.email and not person.telegram and not person.postal:
            contact = next(((name, words) for name, words in bad if name in _WAYS), None)
            self.refuse(line, *(contact or ("", "has neither an email address, a Telegram id nor a postal address")))
            return None
        for name, words in bad:
            self.say(line, name, f"{words}; it is left out, the person is kept")
        for name, text in zip(FIELDS, given, strict=False):
            if cells.looks_like_formula(text.lstrip()) and name not in dict(bad):
                self.say(line, name, _FORMULA)
        return person

    def joined(self, group: Iterable[Person]) -> Person:
        """Join rows that are one person, in the order of their lines: keep what is known first, add what was missing."""
        rows = iter(group)
        known = next(rows)
        for new in rows:
            if new.name and known.name and new.name.casefold() != known.name.casefold():
                self.say(new.line, "name", f"another name at the contact of line {known.line}: one message goes there")
            if new.email and known.email and new.email.casefold() != known.email.casefold():
                self.say(new.line, "email", f"another address for the Telegram id of line {known.line}: "
                                            "the first is kept")
            if new.postal and known.postal and new.postal.casefold() != known.postal.casefold():
                self.say(new.line, "address", f"another postal address than in line {known.line}: the first is kept")
            if new.region and not known.region and known.country in {"", new.country}:
                known.country, known.region = new.country, new.region
            for name in ("name", "email", "telegram", "language", "country", "postal"):
                setattr(known, name, getattr(known, name) or getattr(new, name))
            known.data = tuple(dict.fromkeys(known.data + new.data))
        return known

    def apart(self, line: int, first: int) -> None:
        """Note an address that two Telegram ids share."""
        self.say(line, "email", f"the same address as line {first}, another Telegram id: kept as two people")

    def check(self, people_count: int) -> None:
        """Refuse a list in which nobody is left, with the first reasons."""
        if not people_count:
            first = [f"Line {p.line}{', ' + p.column if p.column else ''}: {p.words}." for p in self.problems[:5]]
            words = " ".join(["No line of this list names anybody who can be reached. Nothing was taken over.", *first])
            raise Refused(words, {"file": "Correct the list and upload it again."})
