"""The child process that opens a stranger's spreadsheet: limits first, then the file; rows as JSON lines."""

import io
import itertools
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import IO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

MEMORY = 2 * 1024 * 1024 * 1024
SECONDS = 120


def text_of(cell: object) -> str:
    """Return a cell as somebody would have typed it: whole numbers without a point, moments as ISO 8601."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def read(file: IO[bytes], out: IO[str], most: int) -> None:
    """Write the rows of the sheet that holds any; ``most`` 0 means all. Of several only their names are written."""
    book, filled, sheet = CalamineWorkbook.from_filelike(file), list[str](), None
    for one in book.sheets_metadata:
        if one.typ == SheetTypeEnum.WorkSheet and (found := _filled(book, one.name)) is not None:
            filled.append(one.name)
            sheet = sheet or found
    if len(filled) > 1:
        out.write(json.dumps({"sheets": filled}, ensure_ascii=False) + "\n")
        return
    rows = enumerate(sheet.iter_rows(), 1) if sheet is not None else ()
    for number, row in itertools.islice(rows, most or None):
        out.write(json.dumps([number, [text_of(cell) for cell in row]], ensure_ascii=False) + "\n")


def _filled(book: CalamineWorkbook, name: str) -> CalamineSheet | None:
    sheet = book.get_sheet_by_name(name)
    return None if sheet.start is None else sheet


def main() -> None:
    """Read standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    try:
        read(sys.stdin.buffer, out, int(sys.argv[1]))
    except (CalamineError, MemoryError):
        raise SystemExit(1) from None
    out.flush()


if __name__ == "__main__":
    main()
