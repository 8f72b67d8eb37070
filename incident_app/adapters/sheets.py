"""Spreadsheets (.xlsx): the zip directory is looked at first, then a child process with limits reads the filled sheet."""

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
MOST_NAMED = 5
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


def _one_of(names: Sequence[str]) -> dict[str, str]:
    shown = ", ".join(f"“{name}”" for name in names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
    return {"file": f"Filled: {shown}. Put everybody on one sheet and delete the others, or upload each as a file of its own."}


class SheetFiles:
    """The Sheets port."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", "incident_app.adapters.sheet_child")) -> None:
        """``command`` reads a spreadsheet on its standard input and writes rows as JSON lines."""
        self._command = list(command)

    def rows(self, pieces: Iterable[bytes], most: int | None = None) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield the rows of the sheet that holds any. The copy on disk has no name and ends with the reading.

        Raises ``Refused`` where several sheets hold rows: people on one that is not read would be forgotten in silence.
        """
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
                    found = json.loads(line)
                    if isinstance(found, dict):
                        raise Refused("Several sheets of this spreadsheet are filled. Nothing was taken over.", _one_of(found["sheets"]))
                    number, cells = found
                    yield number, cells
                child.stdout.close()
                if child.wait() != 0:
                    raise Refused(_DAMAGED, _CSV)
            finally:
                child.kill()


