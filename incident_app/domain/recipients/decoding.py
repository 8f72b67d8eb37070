"""Bytes → text. An encoding is never guessed: the file says it, it is valid UTF-8, or a person chooses by a preview."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from incident_app.domain.refusals import Refused

ENCODINGS: dict[str, str] = {
    "utf-8": "UTF-8",
    "windows-1252": "Windows, Western Europe (1252)",
    "windows-1250": "Windows, Central Europe (1250)",
    "windows-1251": "Windows, Cyrillic (1251)",
    "windows-1254": "Windows, Turkish (1254)",
    "windows-1256": "Windows, Arabic (1256)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "koi8-u": "Ukrainian (KOI8-U)",
    "iso-8859-1": "Latin 1 (ISO 8859-1)",
    "iso-8859-15": "Latin 9, with € (ISO 8859-15)",
    "utf-16-le": "UTF-16, little endian",
    "utf-16-be": "UTF-16, big endian",
    "mac-roman": "Macintosh, Western Europe",
}
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
SPREADSHEET = b"PK\x03\x04"
OLD_SPREADSHEET = b"\xd0\xcf\x11\xe0"
_WORD = re.compile(r"[^\s,;\t\"]*[^\x00-\x7f][^\s,;\t\"]*")
_MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """How the telling words of the file would read in ``encoding``."""

    encoding: str
    label: str
    line: str


def ask(words: str) -> Refused:
    """Return the refusal that asks for the encoding."""
    return Refused(f"{words} Nothing was taken over.", {"encoding": "Choose the encoding the file was saved in."})


def check_encoding(encoding: str) -> str:
    """Return an encoding we read. Raises ``Refused``."""
    if encoding not in ENCODINGS:
        raise ask(f"The encoding “{encoding}” is not one we read.")
    return encoding


def marked(head: bytes) -> str | None:
    """Return the encoding the first bytes of a file say, if they say one."""
    return next((name for mark, name in MARKS if head.startswith(mark)), None)


def without_mark(content: bytes, encoding: str) -> bytes:
    """Return the bytes without the mark of this encoding."""
    return next((content[len(mark):] for mark, name in MARKS if name == encoding and content.startswith(mark)), content)


class Listener:
    """Hears the pieces of a file go by and tells whether they are UTF-8, and where to look for telling words."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="strict")
        self.fits = True
        self.telling = 0
        self._number = 0

    def hear(self, piece: bytes) -> None:
        """Take the next piece; ``telling`` is the number (from 1) of the first that tells encodings apart."""
        self._number += 1
        if not self.telling and (b"\0" in piece or not piece.isascii()):
            self.telling = self._number
        if self.fits:
            try:
                self._decoder.decode(piece)
            except UnicodeDecodeError:
                self.fits = False
            if b"\0" in piece:
                self.fits = False

    @property
    def encoding(self) -> str:
        """UTF-8 where everything was, otherwise empty: it must be asked for."""
        try:
            self._decoder.decode(b"", True)
        except UnicodeDecodeError:
            self.fits = False
        return "utf-8" if self.fits else ""


def text_of(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Decode strictly, piece by piece. Raises ``Refused`` naming the line, with a problem on ``encoding``."""
    decoder = codecs.getincrementaldecoder(check_encoding(encoding))(errors="strict")
    lines, first = 1, True
    for piece in _ended(pieces):
        content = without_mark(piece, encoding) if first else piece
        first = False
        try:
            text = decoder.decode(content, final=not piece)
        except UnicodeDecodeError as error:
            line = lines + content[: error.start].count(b"\n")
            raise ask(f"Line {line} cannot be read as {ENCODINGS[encoding]}.") from None
        if "\0" in text:
            line = lines + text[: text.index("\0")].count("\n")
            words = "holds a NUL character: the file is damaged, or was saved in another encoding."
            raise ask(f"Line {line} {words}")
        lines += text.count("\n")
        yield text


def _ended(pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield from (piece for piece in pieces if piece)
    yield b""


def previews(piece: bytes) -> list[Sample]:
    """Show the telling words of a piece of the file, as each encoding that fits would read them.

    Only words with other than ASCII letters are shown, at most four: the file is full of people.
    """
    samples = []
    for encoding, label in ENCODINGS.items():
        even = piece[: len(piece) // 2 * 2] if encoding.startswith("utf-16") else piece
        try:
            text = without_mark(even, encoding).decode(encoding, errors="strict")
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            continue
        words = list(dict.fromkeys(match[0][:40] for match in _WORD.finditer(text)))[:_MOST_WORDS]
        samples.append(Sample(encoding, label, " · ".join(words) or text.strip()[:60].partition("\n")[0]))
    return samples
