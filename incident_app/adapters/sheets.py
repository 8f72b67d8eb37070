"""Spreadsheets (.xlsx): the zip directory is looked at first, then a child process with limits reads the first sheet."""

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from incident_app.domain.refusals import Refused

MOST_ENTRIES = 200
MOST_BYTES = 500 * 1024 * 1024
MOST_RATIO = 100
SMALL_ENTRY = 1024 * 1024  # a small part may be squeezed hard: an empty style sheet is
_DAMAGED = "This spreadsheet cannot be opened: it is damaged, or protected by a password."
_CSV = {"file": "Open it, save it as “CSV UTF-8”, and upload that."}


def check(file: IO[bytes]) -> None:
    """Look at the zip directory only. Raises ``Refused`` for what would be too large unpacked."""
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refused(_DAMAGED, _CSV) from None
    whole = sum(entry.file_size for entry in entries)
    squeezed = any(
        entry.file_size > SMALL_ENTRY and entry.file_size > MOST_RATIO * max(entry.compress_size, 1) for entry in entries
    )
    if len(entries) > MOST_ENTRIES or whole > MOST_BYTES or squeezed:
        raise Refused("This spreadsheet is too large unpacked; it was not opened.", _CSV)
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused(_DAMAGED, _CSV)


class SheetFiles:
    """The Sheets port."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", "incident_app.adapters.sheet_child")) -> None:
        """``command`` reads a spreadsheet on its standard input and writes rows as JSON lines."""
        self._command = list(command)

    def rows(self, pieces: Iterable[bytes], most: int | None = None) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield the rows of the first sheet that holds any. The copy on disk has no name and ends with the reading."""
        with tempfile.TemporaryFile() as file:
            for piece in pieces:
                file.write(piece)
            file.seek(0)
            check(file)
            file.seek(0)
            yield from self._read(file, most)

    def _read(self, file: IO[bytes], most: int | None) -> Iterator[tuple[int, Sequence[str]]]:
        command = [*self._command, str(most or 0)]
        with subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            assert child.stdout is not None  # noqa: S101 (it was asked for)
            try:
                for line in child.stdout:
                    number, cells = json.loads(line)
                    yield number, cells
                child.stdout.close()
                if child.wait() != 0:
                    raise Refused(_DAMAGED, _CSV)
            finally:
                child.kill()


