"""A file on its way in: how it is cut into parts, and what is refused on the way.

Parts are what is sealed and kept one by one, so that nobody ever holds a whole file in memory, and what broke off goes
on after the last whole part.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from incident_app.domain.documents import DocumentKind
from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import Refused

PART = 1024 * 1024
"""Bytes of one part; only the last one of a file may be shorter."""
LARGEST_FILE = 2 * 1024**3
UNFINISHED = timedelta(days=1)
"""How long a file that has not come in whole is waited for."""


def problems(kind: str, size: int) -> dict[str, str]:
    """Return what speaks against beginning a file of ``size`` bytes, by field."""
    found = {}
    if kind not in {DocumentKind.EVIDENCE.value, DocumentKind.PROOF.value}:
        found["kind"] = "Choose evidence or proof."
    if size < 1:
        found["file"] = "The file is empty."
    elif size > LARGEST_FILE:
        found["file"] = f"The file is larger than {grouped(LARGEST_FILE // 1024**2)} MB."
    return found


def parts_of(size: int) -> int:
    """Return how many parts a file of ``size`` bytes has."""
    return -(-size // PART)


def scope_of_part(public_id: str, number: int) -> str:
    """Return what a sealed part is bound to: its file and its place in it, so that none is moved, doubled or left out."""
    return f"file_parts|{public_id}|{number}"


def cut(pieces: Iterable[bytes], left: int) -> Iterator[bytes]:
    """Cut what comes in, of any lengths, into whole parts; the last one completes the ``left`` bytes still awaited.

    What is neither a whole part nor the end is not yielded: it broke off. Raises ``Refused`` for more than was announced.
    """
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) > left:
            raise Refused("More came in than was announced. What came before is kept.",
                          {"file": f"At most {grouped(left)} bytes were still awaited."})
        while len(held) >= PART or 0 < len(held) == left:
            part = bytes(held[:PART])
            del held[:PART]
            left -= len(part)
            yield part
