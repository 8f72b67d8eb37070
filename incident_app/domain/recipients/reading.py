"""Bytes → text → lines → cells. An encoding is never guessed, and a quote out of place stops everything."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from incident_app.domain.recipients.columns import Columns, map_columns
from incident_app.domain.refusals import Refused

ENCODINGS: dict[str, str] = {
    "utf-8": "UTF-8",
    "windows-1252": "Windows, Western Europe (1252)",
    "windows-1250": "Windows, Central Europe (1250)",
    "windows-1251": "Windows, Cyrillic (1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "iso-8859-1": "Latin 1 (ISO 8859-1)",
    "iso-8859-15": "Latin 9, with € (ISO 8859-15)",
    "utf-16-le": "UTF-16, little endian",
    "utf-16-be": "UTF-16, big endian",
    "mac-roman": "Macintosh, Western Europe",
}
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
DELIMITERS = (",", ";", "\t")
LONGEST_LINE = 65_536
_BREAK = re.compile(r"\r\n|\n|\r")
_SEP = re.compile(r"sep=(.)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sample:
    """How one line of the file would read in ``encoding``."""

    encoding: str
    label: str
    line: str


def _ask(words: str) -> Refused:
    return Refused(f"{words} Nothing was taken over.", {"encoding": "Choose the encoding the file was saved in."})


def _without_mark(content: bytes, encoding: str) -> bytes:
    for mark, name in MARKS:
        if name == encoding and content.startswith(mark):
            return content[len(mark) :]
    return content


def decode(content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return the text and the encoding it was read in; without one, UTF-8 or what a byte order mark says.

    Raises ``Refused`` with a problem on ``encoding`` where the person must say it: nothing is guessed.
    """
    if not content.strip():
        raise Refused("The file is empty.", {"file": "Choose a file with one line per person."})
    if content.startswith(b"PK\x03\x04"):
        raise Refused("This is a spreadsheet, not a CSV file.", {"file": "Save it as “CSV UTF-8” and upload that."})
    if encoding is None:
        encoding = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    if encoding not in ENCODINGS:
        raise _ask(f"The encoding “{encoding}” is not one we read.")
    try:
        text = _without_mark(content, encoding).decode(encoding, errors="strict")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _ask(f"Line {line} cannot be read as {ENCODINGS[encoding]}.") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise _ask(f"Line {line} holds a NUL character: the file is damaged, or was saved in another encoding.")
    return text, encoding


def previews(content: bytes) -> list[Sample]:
    """Show the first line that tells encodings apart, as each of them would read it (at most 200 characters)."""
    samples = []
    for encoding, label in ENCODINGS.items():
        try:
            text = _without_mark(content, encoding).decode(encoding, errors="strict")
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            continue
        lines = _BREAK.split(text)
        line = next((line for line in lines if not line.isascii()), lines[0])
        samples.append(Sample(encoding, label, line[:200]))
    return samples


def _quoted(line: str, at: int) -> tuple[str, int]:
    """Read a quoted cell that began before ``at``; return it and where it ended. Two quotes stand for one."""
    parts = []
    while True:
        end = line.find('"', at)
        if end == -1:
            raise ValueError("a quote is opened and not closed on this line")
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


def _header(line: str) -> tuple[str, Columns]:
    """Choose the delimiter by which the first line names the most columns we know."""
    best: tuple[str, Columns] | None = None
    for delimiter in DELIMITERS:
        try:
            columns = map_columns(split(line, delimiter))
        except ValueError:
            continue
        if best is None or len(columns.fields) > len(best[1].fields):
            best = (delimiter, columns)
    if best is None:
        raise Refused("Line 1: a quote is out of place. Nothing was taken over.", {"file": "Correct line 1."})
    best[1].check()
    return best


@dataclass(slots=True)
class Table:
    """A list opened for reading: its columns, and its rows with the number of their physical line (from 1)."""

    columns: Columns
    delimiter: str
    line_count: int
    other_count: int
    rows: Iterator[tuple[int, list[str]]]


def table(text: str) -> Table:
    """Open a text as a table. Blank lines and the header are counted in ``other_count`` while ``rows`` is read.

    Raises ``Refused`` where no column can be used or, while reading, naming the line of a stray quote.
    """
    lines = _BREAK.split(text)
    if lines[-1] == "":
        lines.pop()
    first = next(number for number, line in enumerate(lines) if line.strip())
    forced = _SEP.fullmatch(lines[first])
    if forced and first + 1 < len(lines):
        first += 1
    delimiter, columns = _header(lines[first])
    opened = Table(columns, delimiter, len(lines), first + 1, iter(()))
    opened.rows = _rows(opened, lines, first + 1)
    return opened


def _rows(opened: Table, lines: list[str], start: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines[start:], start + 1):
        if not line.strip(f" {opened.delimiter}"):
            opened.other_count += 1
            continue
        if len(line) > LONGEST_LINE:
            words = f"Line {number} is longer than {LONGEST_LINE:,} characters. Nothing was taken over."
            raise Refused(words, {"file": f"Look at line {number}: a line break may be missing."})
        try:
            yield number, split(line, opened.delimiter)
        except ValueError as error:
            words = f"Line {number}: {error}. Two people might become one, so nothing was taken over."
            raise Refused(words, {"file": f"Correct the quotes in line {number} and upload again."}) from None
