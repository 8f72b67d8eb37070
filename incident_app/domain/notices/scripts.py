"""Which way a language is written, and how a word of the other direction stands in it without moving what is around it.

The rules are those of the Unicode Bidirectional Algorithm (UAX #9): an isolate is one character to the text around it.
"""

import re
import unicodedata
from collections.abc import Iterator

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "yi", "ps"})
FIRST_STRONG, LEFT_TO_RIGHT, END = "\u2068", "\u2066", "\u2069"
_ISOLATE = re.compile(f"([{LEFT_TO_RIGHT}{FIRST_STRONG}])([^\u2066-\u2069]*){END}")
_TURNING = str.maketrans("", "", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ALWAYS_LEFT_TO_RIGHT = frozenset({"dpo_email", "dpo_phone", "case_ref", "website", "code", "check"})
"""Fields that are read from left to right in every language, also where they hold digits alone."""


def direction(language: str) -> str:
    """Return ``rtl`` or ``ltr`` for a language such as ``ar`` or ``pt-BR``."""
    return "rtl" if language.lower().split("-")[0].split("_")[0] in RIGHT_TO_LEFT else "ltr"


def comma(language: str) -> str:
    """Return what parts the items of a line, with its space: ``, `` or the Arabic ``، ``."""
    return "، " if language[:2] in {"ar", "fa", "ur", "ps"} else ", "


def isolated(value: str, language: str, *, left_to_right: bool = False) -> str:
    """Return ``value`` so that it neither moves nor is moved by the words of ``language`` around it.

    In a text from right to left every value is isolated, since even digits, commas and dots at its ends would move; in
    one from left to right only what holds letters of the other direction. ``left_to_right`` says that the value runs so
    in any case (an address, a phone number); otherwise its first letter decides.
    """
    plain = value if value.isascii() else value.translate(_TURNING)
    moves = direction(language) == "rtl" or (
        not plain.isascii() and any(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in plain))
    if not plain or not moves:
        return plain
    return f"{LEFT_TO_RIGHT if left_to_right else FIRST_STRONG}{plain}{END}"


def pieces(line: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a line with what begins their isolate: empty for the words around isolated values."""
    at = 0
    for found in _ISOLATE.finditer(line):
        yield line[at : found.start()], ""
        yield found[2], found[1]
        at = found.end()
    yield line[at:], ""
