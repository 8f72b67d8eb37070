"""Text → lines → cells, as a stream. A quote out of place stops everything: two people might become one."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from incident_app.domain.numbers import grouped
from incident_app.domain.recipients.columns import FIELDS, Columns, chosen_columns, map_columns
from incident_app.domain.refusals import Refused

DELIMITERS = (",", ";", "\t")
LONGEST_LINE = 65_536
MOST_COLUMNS = 200
MOST_STRAYS = 10
"""Stray quotes named at once."""
_SEP = re.compile(r"sep=(.)\s*", re.IGNORECASE)
Row = tuple[int, Sequence[str]]
Mapped = Mapping[int, str] | None


def _quoted(line: str, at: int) -> tuple[str, int]:
    """Read a quoted cell that began before ``at``; return it and where it ended. Two quotes stand for one."""
    parts = []
    while True:
        end = line.find('"', at)
        if end == -1:
            raise ValueError("a quote is opened and not closed on the same line")
        parts.append(line[at:end])
        if line[end + 1 : end + 2] != '"':
            return "".join(parts), end + 1
        parts.append('"')
        at = end + 2


def split(line: str, delimiter: str) -> list[str]:
    """Split one physical line into cells. Raises ``ValueError`` in words for a stray quote."""
    if '"' not in line:
        return line.split(delimiter)
    cells = []
    at = 0
    while True:
        if line[at : at + 1] == '"':
            cell, at = _quoted(line, at + 1)
            if line[at : at + 1] not in {"", delimiter}:
                raise ValueError("there is more text after the closing quote of a cell")
        else:
            end = line.find(delimiter, at)
            end = len(line) if end == -1 else end
            cell, at = line[at:end], end
            if '"' in cell:
                raise ValueError("a quote stands inside a cell that does not begin with one")
        cells.append(cell)
        if at >= len(line):
            return cells
        at += 1


def lines_of(text: Iterable[str]) -> Iterator[str]:
    """Cut pieces of text into physical lines, whatever ends them. Raises ``Refused`` for one without end."""
    rest, number = "", 1
    for piece in text:
        whole = rest + piece
        held = whole.endswith("\r")  # half of a line end, perhaps
        whole = whole[:-1] if held else whole
        if "\r" in whole:
            whole = whole.replace("\r\n", "\n").replace("\r", "\n")
        lines = whole.split("\n")
        rest = lines.pop() + ("\r" if held else "")
        if max(map(len, lines), default=0) > LONGEST_LINE or len(rest) > LONGEST_LINE:
            number += next((at for at, line in enumerate(lines) if len(line) > LONGEST_LINE), len(lines))
            words = f"Line {number} is longer than {grouped(LONGEST_LINE)} characters. Nothing was taken over."
            raise Refused(words, {"file": f"Look at line {number}: a line break may be missing."})
        number += len(lines)
        yield from lines
    if rest:
        yield rest.removesuffix("\r")


@dataclass(slots=True)
class Table:
    """A list opened for reading: its columns, and its rows with the number of their physical line (from 1).

    ``line_count`` and ``other_count`` (header and blank lines) grow while ``rows`` are read.
    """

    columns: Columns
    delimiter: str
    rows: Iterator[Row]
    line_count: int = 0
    other_count: int = 0


_VALUE = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|[+-]?\d{5,}")  # in a header: somebody's, who would be lost, and kept unsealed


def _header(line: str, mapped: Mapped) -> tuple[str, Columns]:
    """Choose the delimiter by which the first line names the most columns we know, or has the most columns."""
    found: list[tuple[int, int, str, list[str]]] = []
    for delimiter in DELIMITERS:
        try:
            headers = split(line, delimiter)
        except ValueError:
            continue
        found.append((len(map_columns(headers).fields), len(headers), delimiter, headers))
    if not found:
        raise Refused("Line 1: a quote is out of place. Nothing was taken over.", {"file": "Correct line 1."})
    _, _, delimiter, headers = max(found, key=lambda one: one[:2])
    return delimiter, _columns(headers, mapped)


def _columns(headers: Sequence[str], mapped: Mapped) -> Columns:
    if len(headers) > MOST_COLUMNS:
        raise Refused(f"The first line has more than {MOST_COLUMNS} columns.", {"file": "Leave out what is not needed."})
    if any(_VALUE.fullmatch(cell.strip()) for cell in headers):
        raise Refused("The first line holds an address or a number: it is a person, not the names of the columns.",
                      {"file": "Put a line with the names of the columns on top."})
    return map_columns(headers) if mapped is None else chosen_columns(headers, mapped)


def table(text: Iterable[str], mapped: Mapped = None) -> Table:
    """Open a CSV text as a table; ``mapped`` says which column is what, otherwise their names do.

    Raises ``Refused`` where the file is empty or, while reading, naming the line of a stray quote.
    """
    lines = enumerate(lines_of(text), 1)
    number, line = next(((number, line) for number, line in lines if line.strip()), (0, ""))
    if not number:
        raise Refused("The file is empty.", {"file": "Choose a file with one line per person."})
    if _SEP.fullmatch(line):
        number, line = next(lines, (number, line))
    delimiter, columns = _header(line, mapped)
    opened = Table(columns, delimiter, iter(()), number, number)
    opened.rows = _rows(opened, lines)
    return opened


def _rows(opened: Table, lines: Iterator[tuple[int, str]]) -> Iterator[Row]:
    delimiter = opened.delimiter
    blank = f" {delimiter}"
    for number, line in lines:
        opened.line_count = number
        if not line.strip(blank):
            opened.other_count += 1
            continue
        try:
            yield number, split(line, delimiter)
        except ValueError as error:
            raise _strays(number, str(error), lines, delimiter) from None


def _strays(first: int, what: str, rest: Iterator[tuple[int, str]], delimiter: str) -> Refused:
    """Return the refusal of a list with a stray quote: it names all of them, up to ``MOST_STRAYS``, so that one
    correction is enough."""
    found, count = {what: [first]}, 1
    for number, error in _errors(rest, delimiter):
        count += 1
        if count > MOST_STRAYS:
            break
        found.setdefault(error, []).append(number)
    words = [f"{_lines_named(numbers)}: {error}." for error, numbers in found.items()]
    if count > MOST_STRAYS:
        words.append(f"These are the first {MOST_STRAYS}; there are more.")
    named = _lines_named(sorted(number for numbers in found.values() for number in numbers))
    return Refused(" ".join([*words, "Two people might become one, so nothing was taken over."]),
                   {"file": f"Correct the quotes in {named[0].lower()}{named[1:]} and upload again."})


def _errors(lines: Iterator[tuple[int, str]], delimiter: str) -> Iterator[tuple[int, str]]:
    for number, line in lines:
        try:
            split(line, delimiter)
        except ValueError as error:
            yield number, str(error)


def _lines_named(numbers: Sequence[int]) -> str:
    *most, last = map(str, numbers)
    return f"Lines {', '.join(most)} and {last}" if most else f"Line {last}"


def sheet(rows: Iterable[Row], mapped: Mapped = None) -> Table:
    """Open the rows of a spreadsheet, numbered as it numbers them, as a table."""
    walked = iter(rows)
    number, headers = next(((number, row) for number, row in walked if any(cell.strip() for cell in row)), (0, ()))
    if not number:
        raise Refused("The sheet is empty.", {"file": "Choose a file with one line per person."})
    opened = Table(_columns(headers, mapped), "", iter(()), number, number)
    opened.rows = _sheet_rows(opened, walked)
    return opened


def _sheet_rows(opened: Table, rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in rows:
        opened.other_count += number - opened.line_count - 1
        opened.line_count = number
        if any(cell.strip() for cell in row):
            yield number, row
        else:
            opened.other_count += 1


def records(text: Iterable[str]) -> Table:
    """Open JSON lines, one person each with our names as keys, as a table without a header."""
    columns = chosen_columns(FIELDS, dict(enumerate(FIELDS)))
    opened = Table(columns, "", iter(()))
    opened.rows = _records(opened, lines_of(text))
    return opened


def _records(opened: Table, lines: Iterator[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        opened.line_count = number
        if not line.strip():
            opened.other_count += 1
            continue
        yield number, record(number, line)


def record(number: int, line: str) -> list[str]:
    """Read one JSON line. Raises ``Refused`` in words for what is not one person."""
    try:
        found = json.loads(line)
    except ValueError:
        raise Refused(f"Line {number} is not JSON.", {"page": "Send one JSON object a line."}) from None
    if not isinstance(found, dict):
        raise Refused(f"Line {number} is not a JSON object.", {"page": "Send one JSON object a line."})
    unknown = sorted(set(found) - set(FIELDS))
    if unknown:
        raise Refused(f"Line {number}: “{unknown[0][:60]}” is not known here.", {"page": f"Known: {', '.join(FIELDS)}."})
    if any(isinstance(value, bool) or not isinstance(value, str | int | None) for value in found.values()):
        raise Refused(f"Line {number} holds a value that is not text.", {"page": "Send text; ids may be whole numbers."})
    return ["" if found.get(name) is None else str(found[name]) for name in FIELDS]
