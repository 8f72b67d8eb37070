"""Rows → people. Every physical line ends somewhere: header or blank, refused, joined to another, or a person."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from incident_app.domain.recipients import cells
from incident_app.domain.recipients.columns import FIELDS
from incident_app.domain.recipients.reading import Table
from incident_app.domain.refusals import Refused

MOST_PROBLEMS_KEPT = 1000
T = TypeVar("T")


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

    @property
    def contact(self) -> cells.Contact:
        """What is sealed."""
        return cells.Contact(self.name, self.email, self.telegram, self.data)

    @property
    def key(self) -> str:
        """What makes this person one person within a list."""
        return f"{self.telegram}|{self.email.casefold()}"


@dataclass(frozen=True, slots=True)
class Sifted:
    """The result: the people, and where every physical line went."""

    people: tuple[Person, ...]
    problems: tuple[Problem, ...]
    problem_count: int
    line_count: int
    other_count: int
    refused_count: int
    duplicate_count: int

    @property
    def adds_up(self) -> bool:
        """Whether physical lines = header and blank + refused + duplicates + people."""
        gone = self.other_count + self.refused_count + self.duplicate_count
        return self.line_count == gone + len(self.people)


@dataclass(slots=True)
class _Sieve:
    people: dict[int, Person] = field(default_factory=dict)
    by_telegram: dict[str, Person] = field(default_factory=dict)
    by_email: dict[str, list[Person]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    refused_count: int = 0
    duplicate_count: int = 0

    def say(self, line: int, column: str, words: str, *, refused: bool = False) -> None:
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS_KEPT:
            self.problems.append(Problem(line, column, words, refused))

    def refuse(self, line: int, column: str, words: str) -> None:
        self.refused_count += 1
        self.say(line, column, words, refused=True)

    def read(self, line: int, row: Mapping[str, str]) -> None:
        """Take one row: a person more, a duplicate more, or a refusal more."""

        def cell(name: str, clean: Callable[[str], T], empty: T) -> T:
            try:
                return clean(row.get(name, ""))
            except ValueError as error:
                bad.append((name, str(error)))
                return empty

        bad: list[tuple[str, str]] = []
        person = Person(
            line, cell("name", cells.clean_name, ""), cell("email", cells.clean_email, ""),
            cell("telegram_id", cells.clean_telegram, ""), cell("language", cells.clean_language, ""),
            cell("country", cells.clean_country, ""), cell("data", cells.clean_data, ()),
        )
        if not person.email and not person.telegram:
            contact = next(((name, words) for name, words in bad if name in {"email", "telegram_id"}), None)
            self.refuse(line, *(contact or ("", "has neither an email address nor a Telegram id")))
            return
        for name, words in bad:
            self.say(line, name, f"{words}; it is left out, the person is kept")
        left_out = {name for name, _ in bad}
        for name in FIELDS:
            if cells.looks_like_formula(row.get(name, "").strip()) and name not in left_out:
                self.say(line, name, "begins like a formula; it is kept as text and made harmless in exports")
        self.place(person)

    def place(self, new: Person) -> None:
        """Join the row to who has the same Telegram id, or the same address and no other Telegram id."""
        known = self.by_telegram.get(new.telegram) if new.telegram else None
        same_address = self.by_email.get(new.email.casefold(), []) if new.email else []
        if known is None:
            known = next((p for p in same_address if not (p.telegram and new.telegram)), None)
        if known is None:
            if same_address:
                self.say(new.line, "email", f"the same address as line {same_address[0].line}, another Telegram id: "
                                            "kept as two people")
            self.people[new.line] = new
            self.index(new)
            return
        self.duplicate_count += 1
        self.join(known, new)

    def index(self, person: Person) -> None:
        if person.telegram:
            self.by_telegram[person.telegram] = person
        if person.email:
            sharing = self.by_email.setdefault(person.email.casefold(), [])
            if person not in sharing:
                sharing.append(person)

    def join(self, known: Person, new: Person) -> None:
        """Keep what is known first, add what was missing, and say what could not be kept."""
        if new.name and known.name and new.name.casefold() != known.name.casefold():
            self.say(new.line, "name", f"another name at the contact of line {known.line}: one message goes there")
        if new.email and known.email and new.email.casefold() != known.email.casefold():
            self.say(new.line, "email", f"another address for the Telegram id of line {known.line}: the first is kept")
        had_email = known.email
        for name in ("name", "email", "telegram", "language", "country"):
            setattr(known, name, getattr(known, name) or getattr(new, name))
        known.data = tuple(dict.fromkeys(known.data + new.data))
        if known.email and not had_email:
            self.bridge(known)
        self.index(known)

    def bridge(self, person: Person) -> None:
        """``person`` just got an address: whoever stands there without a Telegram id is the same person."""
        for other in self.by_email.get(person.email.casefold(), []):
            if other is not person and not other.telegram:
                del self.people[other.line]
                self.by_email[person.email.casefold()].remove(other)
                self.duplicate_count += 1
                self.join(person, other)
                return


def sift(table: Table) -> Sifted:
    """Read a whole table. Raises ``Refused`` for a stray quote (with its line) and where nobody is left."""
    sieve = _Sieve()
    width = len(table.columns.headers)
    fields = table.columns.fields
    for line, row in table.rows:
        if len(row) != width:
            sieve.refuse(line, "", f"has {len(row)} cells, the first line has {width}")
            continue
        sieve.read(line, {name: row[position] for name, position in fields.items()})
    return _finish(sieve, table.line_count, table.other_count)


def sift_rows(rows: Sequence[Mapping[str, str]]) -> Sifted:
    """Read rows that came as JSON; the first is line 1. Raises ``Refused`` where nobody is left."""
    sieve = _Sieve()
    _read_all(sieve, rows)
    return _finish(sieve, len(rows), 0)


def _read_all(sieve: _Sieve, rows: Iterable[Mapping[str, str]]) -> None:
    for line, row in enumerate(rows, 1):
        sieve.read(line, row)


def _finish(sieve: _Sieve, line_count: int, other_count: int) -> Sifted:
    result = Sifted(
        tuple(sieve.people.values()), tuple(sieve.problems), sieve.problem_count, line_count, other_count,
        sieve.refused_count, sieve.duplicate_count,
    )
    if not result.people:
        first = [f"Line {p.line}{', ' + p.column if p.column else ''}: {p.words}." for p in result.problems[:5]]
        words = " ".join(["No line of this list names anybody who can be reached. Nothing was taken over.", *first])
        raise Refused(words, {"file": "Correct the list and upload it again."})
    return result
