"""The code in a message, by which anybody sees whether it is from us: short, hard to mistype, and about no person.

Seven random signs and one that checks them, in an alphabet of 23 (a prime): every wrong sign and every two signs that
changed places are found. It leaves out what looks alike (0 O, 1 I L, 5 S, 8 B, U V) and the vowels, so no word comes out.
"""

import unicodedata
from collections.abc import Callable

ALPHABET = "234679CDFGHJKMNPQRTVWXY"
LENGTH = 8
LONGEST_TYPED = 64
PATH = "/check"
LOCAL = ("127.0.0.1", "localhost", "[::1]")
_LOOK_ALIKE = str.maketrans("СКМНРТХУ", "CKMHPTXY")  # Cyrillic capitals on a keyboard that has no others
_BETWEEN = frozenset(" -\u00a0\u00ad\u2010\u2011\u2012\u2013\u2014\u2212\u200e\u200f\u202a\u202c\u2066\u2067\u2068\u2069._/")


def _check_sign(signs: str) -> str:
    """Return the sign that makes the sum over place × value divisible by 23."""
    total = sum(place * ALPHABET.index(sign) for place, sign in enumerate(signs, start=1))
    # the last place has weight 8, and 3 × 8 = 24 = 1 modulo 23
    return ALPHABET[-total * 3 % len(ALPHABET)]


def new_code(choose: Callable[[str], str]) -> str:
    """Return a fresh code; ``choose`` picks one sign of the alphabet at random."""
    signs = "".join(choose(ALPHABET) for _ in range(LENGTH - 1))
    return signs + _check_sign(signs)


def spoken(code: str) -> str:
    """Return a code as people read it: ``KMTR-4X7P``; nothing for none."""
    return f"{code[:4]}-{code[4:]}" if code else ""


def read_code(typed: str) -> str | None:
    """Return the code somebody typed, ``None`` where it cannot be one of anybody's: too short, or a wrong sign.

    Small letters, dashes and blanks, digits of other scripts and Cyrillic letters that look the same are all right.
    """
    signs = "".join(_plain(sign) for sign in unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]) if sign not in _BETWEEN)
    signs = signs.upper().translate(_LOOK_ALIKE)
    if len(signs) != LENGTH or not set(signs) <= set(ALPHABET) or _check_sign(signs[:-1]) != signs[-1]:
        return None
    return signs


def _plain(sign: str) -> str:
    return str(unicodedata.digit(sign)) if unicodedata.category(sign) == "Nd" else sign


def check_address(public_url: str, *, sends: bool) -> str:
    """Return where people check a code, written plainly (no link: phishing looks like that).

    Nothing where messages really leave (``sends``) and the address is one that only this machine knows.
    """
    plain = public_url.partition("://")[2].rstrip("/").removeprefix("www.")
    if not plain or (sends and plain.startswith(LOCAL)):
        return ""
    return f"{plain}{PATH}"
