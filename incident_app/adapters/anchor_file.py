"""The file the head of the record is appended to: opened for appending only, for its owner alone, forced onto the disk.

Where the system can, ``chattr +a`` makes it one that even its owner can only append to.
"""

import os
from collections.abc import Iterator
from pathlib import Path


class AnchorFile:
    """The AnchorLog port on one file."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self._path = path

    def append(self, line: str) -> str:
        """Add one line and wait until it is on the disk; return "" or why that was not possible."""
        content = f"{' '.join(line.split())}\n".encode()
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                os.write(handle, content)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            return f"{self._path.name} cannot be written: {error.strerror}"
        return ""

    def lines(self) -> Iterator[str]:
        """Yield its lines, the oldest first; none where there is no file."""
        if not self._path.is_file():
            return
        with self._path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                yield line.rstrip("\n")
