"""A scanner as a command of this machine: the file goes into its standard input, its exit status is the verdict.

As ``clamscan`` and ``clamdscan`` have it: 0 nothing found, 1 something found, anything else is no verdict. It is started
without a shell, with none of our secrets around it, in a process group of its own that ends with it or with its time.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Sequence
from typing import IO

from incident_app.domain.ports import Bad, Clean, NotScanned, ScanVerdict

LONGEST_SECONDS = 20 * 60.0
"""Shorter than the lease of one look (``domain.scanning.LEASE``)."""
CLEAN, FOUND = 0, 1
LONGEST_ANSWER = 4096
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME")
"""What of our environment it sees: the keys of the vault are none of its business."""


class CommandScanner:
    """The Scanner port. ``command`` is the program and its arguments, which have it read standard input."""

    def __init__(self, command: Sequence[str], *, seconds: float = LONGEST_SECONDS) -> None:
        """Know what to start, and after how many seconds one look is over."""
        self._command, self._seconds = tuple(command), seconds

    def scan(self, pieces: Iterable[bytes]) -> ScanVerdict:
        """Look at a file, piece by piece. Whatever the command does, it is a verdict."""
        around = {name: os.environ[name] for name in KEPT if name in os.environ}
        try:
            started = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=around, cwd="/",
                start_new_session=True)
        except OSError as error:
            return NotScanned(f"the scanner cannot be started ({type(error).__name__})")
        return _looked(started, pieces, self._seconds)


def _looked(started: subprocess.Popen[bytes], pieces: Iterable[bytes], seconds: float) -> ScanVerdict:
    said, over = bytearray(), threading.Event()
    assert started.stdin is not None  # noqa: S101 (asked for above)
    assert started.stdout is not None  # noqa: S101 (asked for above)
    hearing = threading.Thread(target=_hear, args=(started.stdout, said), daemon=True)
    watch = threading.Timer(seconds, _end, (started, over))
    hearing.start()
    watch.start()
    try:
        _feed(started.stdin, pieces)
        status = started.wait()
        hearing.join(seconds)
    finally:
        watch.cancel()
        _end(started)
        hearing.join()
        started.stdout.close()
    if over.is_set():
        return NotScanned(f"the scanner took longer than {seconds:,.0f} seconds")
    return _verdict(status, said.decode(errors="replace"))


def _feed(into: IO[bytes], pieces: Iterable[bytes]) -> None:
    """Write the file; a scanner that has seen enough closes its end, and its status tells."""
    try:
        with into:
            for piece in pieces:
                into.write(piece)
    except BrokenPipeError:
        return


def _hear(out: IO[bytes], said: bytearray) -> None:
    """Read what it says to the end, so that it never waits for us; keep the beginning."""
    while more := out.read(LONGEST_ANSWER):
        said += more[: max(0, LONGEST_ANSWER - len(said))]


def _end(started: subprocess.Popen[bytes], over: threading.Event | None = None) -> None:
    """End it with everything it started."""
    if over is not None:
        over.set()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def _verdict(status: int, said: str) -> ScanVerdict:
    if status == CLEAN:
        return Clean()
    if status != FOUND:
        return NotScanned(f"the scanner ended with status {status}")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    named = next((line for line in lines if line.endswith(" FOUND")), lines[0] if lines else "")
    return Bad(named.removesuffix(" FOUND").rpartition(": ")[2][:200] or "something, and the scanner did not name it")
