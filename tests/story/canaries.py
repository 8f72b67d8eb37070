"""A thousand people nobody could mistake for anybody else, and the search for a trace of any of them."""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

NAME, SURNAME, DOMAIN, STREET, CHAT = "Quetzalvin", "Brüxelwyk", "wrenfold-kestrel", "Zwirbelgrund", "73141592"
"""Parts every one of them has: whoever is found is found by one of these."""
WRITTEN = "Mirabellenkraut"
"""What stands in the words people write into a case: they may be read in it, and nowhere else."""
COUNT = 1000
STEP = 64 * 1024
"""Bytes of a file that are searched at once."""
OVERLAP = 256


def line(number: int) -> str:
    """Return one of them as a line of a list: every third with Telegram only, every fourth with an address only.

    Each writes from a domain of their own, which points to them; a domain that several people share is nobody's.
    """
    email = "" if number % 3 == 0 else f"{NAME}.{number:04}@{DOMAIN}-{number:04}.example"
    chat = "" if email and number % 4 == 0 else f"{CHAT}{number:04}"
    post = f"{STREET} {number}, 10115 Berlin" if number % 5 == 0 else ""
    return f"{NAME} {SURNAME} {number:04};{email};{chat};en;DE;{post}"


def as_csv(count: int = COUNT) -> bytes:
    """Return so many of them, one twice, and rows that are refused."""
    wrong = [f"{NAME} {SURNAME};{NAME}@@{DOMAIN}.example;{CHAT}x;en;DE;", f"{NAME};;;en;DE;", f"{NAME};{DOMAIN};;xx;ZZ;{STREET}"]
    head = "Name;E-Mail;Telegram-ID;Language;Country;Address"
    return "\r\n".join([head, *(line(number) for number in range(1, count + 1)), line(1), *wrong, ""]).encode()


def _base64(plain: bytes) -> Iterator[bytes]:
    """Yield what ``plain`` looks like inside any base64, at each of the three places it can begin."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + plain)
        yield whole[-(-before * 8 // 6) + (before > 0) : len(whole) - 4]


def _forms(word: str) -> Iterator[bytes]:
    for said in {word, word.lower(), word.upper()}:
        plain = said.encode()
        yield from (plain, said.encode("utf-16-le"), said.encode("utf-16-be"), said.encode("latin-1"))
        yield from (plain.hex().encode(), plain.hex().upper().encode(), said.encode("unicode_escape"))
        yield from _base64(plain)
        yield plain[::-1]


PEOPLE = frozenset(form for word in (NAME, SURNAME, DOMAIN, STREET, CHAT) for form in _forms(word))
FORMS = PEOPLE | frozenset(_forms(WRITTEN))


def traces(content: bytes, forms: frozenset[bytes] = FORMS) -> set[bytes]:
    """Return what of anybody, or of what was written, stands in there, in whatever spelling."""
    return {form for form in forms if form in content}  # one quick search for each: an expression of all takes minutes


_empty: set[bytes] = set()  # digests of pieces in which nothing was found


def _traces_in_piece(piece: bytes) -> set[bytes]:
    """Search a piece of a file, once: databases copy whole files, write ahead into zeros, and change few pages in between."""
    digest = hashlib.sha256(piece).digest()
    if digest in _empty:
        return set()
    found = traces(piece)
    if not found:
        _empty.add(digest)
    return found


def traces_in_files(folders: Iterable[Path], but: Iterable[Path] = ()) -> dict[str, set[bytes]]:
    """Search every file below ``folders``; return what was found by its path. ``but``: files not looked at."""
    left_out = set(but)
    found: dict[str, set[bytes]] = {}
    for path in (one for folder in folders for one in sorted(folder.rglob("*"))):
        looked_at = path.is_file() and not path.is_symlink() and path not in left_out
        if looked_at and (seen := _traces_in(path)):
            found[str(path)] = seen
    return found


def _traces_in(path: Path) -> set[bytes]:
    found, end = traces(str(path).encode()), b""
    with path.open("rb") as file:
        while step := file.read(STEP):
            found |= _traces_in_piece(end + step)
            end = step[-OVERLAP:]
    return found


def unpacked(pdf: bytes) -> bytes:
    """Return a PDF with its packed streams beside it, opened."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    opened = []
    for stream in streams:
        try:
            opened.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join([pdf, *opened])
