"""ClamAV's daemon by TCP: a file goes there piece by piece (INSTREAM), nothing is written down on either side by us.

Its protocol is two lines long and its Python clients are unkept or need an event loop: it is spoken here directly.
https://docs.clamav.net/manual/Usage/Scanning.html#clamd
"""

import socket
import struct
from collections.abc import Iterable
from urllib.parse import urlsplit

from incident_app.domain.ports import Bad, Clean, NotScanned, ScanVerdict

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 300.0
LONGEST_ANSWER = 4096
AWAY = "the scanner does not answer"
TOO_LARGE = "it is larger than the scanner takes (StreamMaxLength in clamd.conf)"


class ClamdScanner:
    """The Scanner port. ``url`` is ``tcp://host:port``."""

    def __init__(self, url: str, *, connect: float = CONNECT_SECONDS, answer: float = ANSWER_SECONDS) -> None:
        """Know where it listens, and how many seconds to wait for it."""
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 0)
        self._connect, self._answer = connect, answer

    def scan(self, pieces: Iterable[bytes]) -> ScanVerdict:
        """Look at a file, piece by piece. Whatever the scanner does, it is a verdict."""
        try:
            line = socket.create_connection(self._address, self._connect)
        except OSError:
            return NotScanned(AWAY)
        with line:
            line.settimeout(self._answer)
            _send(line, pieces)
            return _verdict(_answer(line))


def _send(line: socket.socket, pieces: Iterable[bytes]) -> None:
    """Send a file. A scanner that has had enough says why and hangs up: the answer tells."""
    whole = iter(pieces)
    if not _sent(line, b"zINSTREAM\0"):
        return
    for piece in whole:
        if not _sent(line, struct.pack("!I", len(piece)) + piece):
            return
    _sent(line, struct.pack("!I", 0))


def _sent(line: socket.socket, words: bytes) -> bool:
    try:
        line.sendall(words)
    except OSError:
        return False
    return True


def _answer(line: socket.socket) -> str:
    """Return what it said, up to the zero byte; empty where it hung up or took too long."""
    said = b""
    try:
        while b"\0" not in said and len(said) < LONGEST_ANSWER and (more := line.recv(LONGEST_ANSWER)):
            said += more
    except OSError:
        return said.decode(errors="replace").strip("\0 \n")
    return said.decode(errors="replace").strip("\0 \n")


def _verdict(said: str) -> ScanVerdict:
    words = said.removeprefix("stream: ")
    if words == "OK":
        return Clean()
    if words.endswith(" FOUND"):
        return Bad(words.removesuffix(" FOUND"))
    if "size limit exceeded" in words:
        return NotScanned(TOO_LARGE, again=False)
    return NotScanned(f"the scanner said: {words[:100]}" if words else AWAY)
