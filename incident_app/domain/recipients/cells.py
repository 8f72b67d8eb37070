"""What one cell may hold, and how it is shown to those who need not see it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from incident_app.domain.recipients.languages import NOT_GIVEN, is_language, read_language
from incident_app.domain.territories import is_country, read_place

LONGEST_NAME = 200
LONGEST_EMAIL = 254
LONGEST_LOCAL = 64
LONGEST_SHOWN = 48
MOST_DATA_KINDS = 30
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TELEGRAM = re.compile(r"[1-9][0-9]{0,15}")
_LARGEST_TELEGRAM = 2**52  # Telegram promises at most 52 significant bits
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})*")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_REGION = re.compile(r"(?:([A-Za-z]{2})-)?([A-Za-z0-9]{1,3})")
_DATA_SPLIT = re.compile(r"[|;,+]")
_TURNS_TEXT_ROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Controller:
    """One organisation whose data we process: what of the breached data is theirs. ``None`` is not known yet, never zero."""

    organisation: str
    contract: str = ""
    people: int | None = None
    records: int | None = None


class Contact(NamedTuple):
    """One person's own data, as it is sealed. Empty text means unknown; ``postal`` is an address, line by line.

    ``controller``: they are told for an organisation, whose are the kinds of ``data`` then.
    """

    name: str = ""
    email: str = ""
    telegram: str = ""
    data: tuple[str, ...] = ()
    postal: str = ""
    controller: Controller | None = None


def has_control(text: str) -> bool:
    """Tell whether characters hide in ``text`` that would break a line or turn it round."""
    if text.isascii() and text.isprintable():
        return False
    return any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in _TURNS_TEXT_ROUND for c in text)


def looks_like_formula(text: str) -> bool:
    """Tell whether a spreadsheet would run this cell."""
    return text[:1] in {"=", "+", "-", "@", "\t", "\r"}


def neutral(text: str) -> str:
    """Make a cell harmless for spreadsheets in everything we export."""
    return "'" + text if looks_like_formula(text) else text


def clean_name(text: str) -> str:
    """Return the name, trimmed and composed. Raises ``ValueError`` in words."""
    name = text.strip() if text.isascii() else unicodedata.normalize("NFC", text).replace("\u00a0", " ").strip()
    if has_control(name):
        raise ValueError("holds invisible control characters")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"is longer than {LONGEST_NAME} characters")
    return name


@lru_cache(maxsize=4096)  # a list of a million has a few thousand of them
def _domain(text: str) -> str:
    try:
        domain = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError("has a domain that cannot exist") from None
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise ValueError("has a domain that cannot exist")
    return domain


def clean_email(text: str) -> str:
    """Return the address with its domain in lower case, or empty. Raises ``ValueError`` in words."""
    address = unicodedata.normalize("NFC", text).strip()
    if not address:
        return ""
    if has_control(address) or " " in address:
        raise ValueError("holds a space or a control character")
    local, at, domain = address.rpartition("@")
    if not at:
        raise ValueError("is not an email address: the @ is missing")
    if "@" in local:
        raise ValueError("holds more than one address, or more than one @")
    if not _LOCAL.fullmatch(local):
        raise ValueError("has a part before the @ that mail servers do not take")
    if len(local) > LONGEST_LOCAL or len(address) > LONGEST_EMAIL:
        raise ValueError("is longer than an address can be")
    return f"{local}@{_domain(domain)}"


def clean_telegram(text: str) -> str:
    """Return a private, positive Telegram id in digits, or empty. Raises ``ValueError`` in words."""
    number = text.strip()
    if not number:
        return ""
    if number.startswith("-"):
        raise ValueError("is a group or a channel: only private Telegram ids are written to")
    if number.startswith("@") or number.isidentifier():
        raise ValueError("is a user name: a bot can only write to the numeric Telegram id")
    if not number.isascii() or not _TELEGRAM.fullmatch(number) or int(number) > _LARGEST_TELEGRAM:
        raise ValueError("is not a Telegram id: digits only (a spreadsheet may have changed it)")
    return number


@lru_cache(maxsize=512)
def clean_language(text: str) -> str:
    """Return the language in lower case, or empty: ``de`` of ``de-AT`` and of ``deu``. Raises ``ValueError`` in words."""
    if not text.strip():
        return ""
    found = _LANGUAGE.fullmatch(text.strip())
    if not found:
        raise ValueError("is not a language code such as de or es")
    own = read_language(found[1].lower())
    if own in NOT_GIVEN:
        return ""
    if not is_language(own):
        raise ValueError(f"names no language we know: {own}")
    return own


@lru_cache(maxsize=512)
def clean_country(text: str) -> str:
    """Return the two-letter country in capitals, or empty. Raises ``ValueError`` in words."""
    if not text.strip():
        return ""
    if not _COUNTRY.fullmatch(text.strip()):
        raise ValueError("is not a two-letter country code such as DE or RU")
    return _country(text.strip().upper())


def _country(code: str) -> str:
    found = read_place(code)
    if not is_country(found):
        raise ValueError(f"names no country: there is no {code}")
    return found


@lru_cache(maxsize=512)
def clean_region(text: str) -> str:
    """Return the part of a country in capitals (ISO 3166-2), with the country where the cell names it, or empty: ``CA``
    or ``US-CA``. Raises ``ValueError`` in words."""
    if not text.strip():
        return ""
    found = _REGION.fullmatch(text.strip().upper())
    if not found:
        raise ValueError("is not the code of a part of a country such as CA or US-CA")
    return f"{_country(found[1])}-{found[2]}" if found[1] else found[2]


def clean_data(text: str) -> tuple[str, ...]:
    """Return the kinds of data of this person, separated in the cell by ``|``, ``;``, ``+`` or a comma."""
    if not text:
        return ()
    kinds = tuple(dict.fromkeys(clean_name(part) for part in _DATA_SPLIT.split(text) if part.strip()))
    if len(kinds) > MOST_DATA_KINDS:
        raise ValueError(f"names more than {MOST_DATA_KINDS} kinds of data")
    return kinds


def masked_email(address: str) -> str:
    """Return ``a…@example.org``, or empty."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if domain else ""


def masked_telegram(number: str) -> str:
    """Return the last two digits only, or empty."""
    return f"…{number[-2:]}" if number else ""


def masked_name(name: str) -> str:
    """Return the first letter only, or empty."""
    return f"{name[:1]}…" if name else ""


def masked_cell(text: str) -> str:
    """Return what a cell looks like without saying whose it is: enough to tell which column it stands in."""
    cell = text.strip()
    if "@" in cell[1:]:
        address = masked_email(cell[:LONGEST_EMAIL])
        return address if len(address) <= LONGEST_SHOWN else f"{address[:LONGEST_SHOWN]}…"
    if cell[:2].strip("-").isdigit():
        return f"{'-' if cell.startswith('-') else ''}…{cell[-2:]}"
    letters = any(sign.isalpha() for sign in cell)
    code = len(cell) <= 2 and cell.isascii() and (cell.islower() or cell.isupper()) if letters else len(cell) <= 3  # de, DE, 2.5; no Bo
    return cell if code else f"{cell[:1]}…"
