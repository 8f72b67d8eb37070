"""Rows → controllers: one row per organisation whose data we process. All of them, or none and the reason for each.

A customer lost in an upload is a customer not told, so nothing is left out or joined in silence.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from incident_app.domain.numbers import grouped
from incident_app.domain.recipients import cells
from incident_app.domain.recipients.cells import Contact, Controller
from incident_app.domain.recipients.reading import DELIMITERS, lines_of, split
from incident_app.domain.refusals import Refused

COLUMNS = ("organisation", "name", "email", "language", "contract", "people", "records", "data")
NEEDED = ("organisation", "email")
MOST_CONTROLLERS = 10_000
MOST_SHOWN = 12
LARGEST_NUMBER = 10**11
ALIASES: dict[str, tuple[str, ...]] = {
    "organisation": ("organisation", "organization", "company", "controller", "customer", "client", "firma", "kunde",
                     "verantwortlicher", "entreprise", "client", "société", "empresa", "cliente", "azienda", "bedrijf", "klant",
                     "klient", "организация", "компания", "організація", "компанія", "kuruluş", "şirket", "المؤسسة", "الشركة"),
    "name": ("name", "contact", "contact name", "contact person", "ansprechpartner", "kontakt", "contacto", "contatto", "contato",
             "contactpersoon", "osoba kontaktowa", "контакт", "контактна особа", "kişi", "الاسم"),
    "email": ("email", "e mail", "mail", "email address", "e mail adresse", "correo", "courriel", "почта", "пошта", "e posta",
              "البريد الإلكتروني"),
    "language": ("language", "lang", "sprache", "idioma", "langue", "язык", "мова", "lingua", "taal", "język", "dil", "اللغة"),
    "contract": ("contract", "contract reference", "contract number", "reference", "vertrag", "vertragsnummer", "contrat",
                 "contrato", "contratto", "umowa", "договор", "договір", "sözleşme", "العقد"),
    "people": ("people", "people count", "number of people", "data subjects", "personen", "personnes", "personas", "persone",
               "pessoas", "personen aantal", "osoby", "люди", "особи", "kişi sayısı", "عدد الأشخاص"),
    "records": ("records", "record count", "number of records", "datensätze", "enregistrements", "registros", "record", "rekordy",
                "записи", "kayıtlar", "السجلات"),
    "data": ("data", "data kinds", "data categories", "categories", "daten", "données", "datos", "dati", "dados", "gegevens",
             "dane", "данные", "дані", "veriler", "البيانات"),
}
_KNOWN = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
_BETWEEN = re.compile(r"[\s_.\-/]+")
_GROUPED = re.compile(r"\d{1,3}(?:[ \u00a0\u202f.,']\d{3})+")
_NOT_KNOWN = frozenset({"", "?", "-", "–", "unknown", "not known", "n/a"})


@dataclass(frozen=True, slots=True)
class ControllerRow:
    """One controller to be told, with the number of the line that named it."""

    line: int
    contact: Contact
    language: str

    @property
    def controller(self) -> Controller:
        """The organisation."""
        assert self.contact.controller is not None  # noqa: S101 (every row is read with one)
        return self.contact.controller

    @property
    def who(self) -> str:
        """What makes it one controller, in this list and in every other one: its name and its contract."""
        return who_of(self.controller)


def who_of(controller: Controller) -> str:
    """Return what makes a controller the same one in every list: its name and its contract."""
    return f"controller:{plain_organisation(controller.organisation)}|{controller.contract.casefold()}"


def plain_organisation(name: str) -> str:
    """Return what a name is compared by: without capitals, and however it was spaced."""
    return " ".join(name.casefold().split())


@dataclass(frozen=True, slots=True)
class Apart:
    """Where a list and the names in a case differ: who of the list is not named there, and who named there has no line."""

    strangers: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Return both in words, up to so many names; nothing where they agree."""
        return " ".join(f"{said}: {quoted_names(names)}." for said, names in (
            ("Not named in the case", self.strangers), ("No line for", self.left_out)) if names)


def quoted_names(names: Sequence[str]) -> str:
    """Return names in words, up to so many of them."""
    more = f" and {grouped(len(names) - MOST_SHOWN)} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(f"“{name}”" for name in names[:MOST_SHOWN]) + more


def apart(listed: Iterable[str], named: Iterable[str]) -> Apart:
    """Compare a list with the names in the case; a case that names nobody says nothing of any list."""
    theirs, ours = ({plain_organisation(name): name for name in names if name.strip()} for names in (listed, named))
    if not ours:
        return Apart()
    return Apart(tuple(name for key, name in theirs.items() if key not in ours),
                 tuple(name for key, name in ours.items() if key not in theirs))


def controller_label(number: int) -> str:
    """Return how a controller is called where its name does not stand: C-0041."""
    return f"C-{number:04d}"


@dataclass(slots=True)
class Customers:
    """What was read: the rows, which column was what, and where every line went."""

    rows: list[ControllerRow] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    line_count: int = 0
    other_count: int = 0

    @property
    def languages(self) -> dict[str, int]:
        """How many are told in which language; empty is not known."""
        counts: dict[str, int] = {}
        for row in self.rows:
            counts[row.language] = counts.get(row.language, 0) + 1
        return counts


def _plain(header: str) -> str:
    return _BETWEEN.sub(" ", header.replace("\ufeff", "").strip().casefold()).strip()


def known_columns(headers: Sequence[str]) -> dict[str, int]:
    """Return our name → position of the columns that are known by their header; the first of two alike."""
    found: dict[str, int] = {}
    for position, header in enumerate(headers):
        name = _KNOWN.get(_plain(header))
        if name is not None:
            found.setdefault(name, position)
    return found


def clean_number(text: str) -> int | None:
    """Return how many; ``None`` for what is not known, which is never zero. Raises ``ValueError`` in words."""
    plain = text.strip()
    if plain.casefold() in _NOT_KNOWN:
        return None
    digits = re.sub(r"\D", "", plain) if _GROUPED.fullmatch(plain) else plain
    if not (digits.isascii() and digits.isdigit()) or int(digits) > LARGEST_NUMBER:
        raise ValueError("is not a whole number: write digits, or leave it empty where it is not known yet")
    return int(digits)


def read_controllers(rows: Iterable[tuple[int, Sequence[str]]]) -> Customers:
    """Read a whole list, its first filled line the names of the columns.

    Raises ``Refused`` with every line that cannot be told, by number and without what stands in it: then none is taken over.
    """
    made, columns, width = Customers(), dict[str, int](), 0
    problems: list[str] = []
    seen: dict[str, int] = {}
    for line, cells_of in rows:
        made.other_count += line - made.line_count - 1  # a spreadsheet leaves empty rows out
        made.line_count = line
        if not any(cell.strip(" \u00a0") for cell in cells_of):
            made.other_count += 1
        elif not width:
            columns, width = _header(made, cells_of), len(cells_of)
        elif len(cells_of) != width:
            problems.append(f"Line {line} has {len(cells_of)} cells, the first line has {width}.")
        else:
            _take(made, line, {name: cells_of[at] for name, at in columns.items()}, seen, problems)
    if not width:
        raise Refused("The list is empty.", {"file": "Give one line per controller, and the names of the columns on top."})
    _check(made, problems)
    return made


def _header(made: Customers, headers: Sequence[str]) -> dict[str, int]:
    columns = known_columns(headers)
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise Refused(f"There is no column “{missing[0]}”. Nothing was taken over.",
                      {"file": f"Name the columns in the first line: {', '.join(COLUMNS)}."})
    made.named = {name: headers[at].strip() for name, at in columns.items()}
    made.ignored = [header.strip() for at, header in enumerate(headers) if at not in columns.values()]
    made.other_count += 1
    return columns


def _take(made: Customers, line: int, given: dict[str, str], seen: dict[str, int], problems: list[str]) -> None:
    try:
        row = _row(line, given)
    except ValueError as error:
        problems.append(f"Line {line}: {error}.")
        return
    if row.who in seen:
        problems.append(f"Line {line}: the same organisation and contract as line {seen[row.who]}; give each its own line, once.")
        return
    seen[row.who] = line
    made.rows.append(row)


def _row(line: int, given: dict[str, str]) -> ControllerRow:
    clean = {"organisation": cells.clean_name, "name": cells.clean_name, "contract": cells.clean_name, "email": cells.clean_email,
             "language": cells.clean_language, "people": clean_number, "records": clean_number, "data": cells.clean_data}
    found: dict[str, object] = {}
    for name in COLUMNS:
        try:
            found[name] = clean[name](given.get(name, ""))  # type: ignore[operator]  # each takes the text of one cell
        except ValueError as error:
            raise ValueError(f"{name} {error}") from None
    missing = [name for name in NEEDED if not found[name]]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    one = Controller(str(found["organisation"]), str(found["contract"]), found["people"], found["records"])  # type: ignore[arg-type]  # cleaned above
    contact = Contact(str(found["name"]), str(found["email"]), "", found["data"], "", one)  # type: ignore[arg-type]  # cleaned above
    return ControllerRow(line, contact, str(found["language"]))


def _check(made: Customers, problems: list[str]) -> None:
    if problems:
        more = f" And {len(problems) - MOST_SHOWN} more." if len(problems) > MOST_SHOWN else ""
        raise Refused("Some lines name no controller that can be told. Nothing was taken over.",
                      {"file": " ".join(problems[:MOST_SHOWN]) + more})
    if not made.rows:
        raise Refused("The list names no controller.", {"file": "Give one line per controller below the names of the columns."})
    if len(made.rows) > MOST_CONTROLLERS:
        raise Refused("The list is too long.", {"file": f"At most {grouped(MOST_CONTROLLERS)} controllers in one list."})


def rows_of(text: str) -> list[tuple[int, list[str]]]:
    """Cut a pasted or uploaded list into numbered rows, by the delimiter under which most columns are known.

    Raises ``Refused`` for a quote out of place, with its line: two controllers might become one.
    """
    lines = list(lines_of([text]))
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda one: len(known_columns(first.split(one))))
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append((number, split(line, delimiter)))
        except ValueError as error:
            raise Refused(f"Line {number}: {error}. Nothing was taken over.", {"file": f"Correct the quotes in line {number}."}
                          ) from None
    return rows
