"""Whom to reach in the organisation, and where it is established: as people write it, one a line, and as it is kept."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from incident_app.domain.territories import is_country, read_place

MOST = 60
LONGEST = 200
_WEBSITE = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[^\W\d_][\w-]+(?::\d{1,5})?(?:/[^\s<>\"']*)?", re.IGNORECASE)
_PHONE = re.compile(r"\+?[\d(][\d ()./-]{3,}(?: ?(?:ext\.?|x) ?\d{1,6})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody of the organisation to reach: what for, who, and how."""

    role: str
    name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Establishment:
    """A place of business. ``country`` is ISO 3166-1."""

    country: str
    name: str = ""

    def words(self) -> str:
        """Return it in one line."""
        return f"{self.country} {self.name}".strip()


def lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text that say something, each once."""
    return tuple(dict.fromkeys(one.strip() for one in text.splitlines() if one.strip()))


def contacts_from(text: str) -> tuple[Contact, ...]:
    """Read “role; name; email; telephone”, one a line; what is left out is empty."""
    return tuple(Contact(*[part.strip() for part in [*one.split(";", 3), "", "", ""]][:4]) for one in lines(text))


def reaching_problems(website: str, phone: str) -> dict[str, str]:
    """Return field → what is wrong with where people are told to look and to call; both may be empty."""
    found = {}
    if website.strip() and _WEBSITE.fullmatch(website.strip()) is None:
        found["website"] = "Give a web address, such as https://example.org: people are told to type it."
    if phone.strip() and _PHONE.fullmatch(phone.strip()) is None:
        found["dpo_phone"] = "Give a telephone number in digits, such as +34 910 000 000."
    return found


def contacts_text(contacts: Iterable[Contact]) -> str:
    """Return contacts as they are typed."""
    return "\n".join("; ".join(asdict(one).values()).rstrip("; ") for one in contacts)


def establishments_from(text: str) -> tuple[Establishment, ...]:
    """Read “ES Madrid, head office”, one a line."""
    parted = [one.partition(" ") for one in lines(text)]
    return tuple(Establishment(read_place(country.upper()), name.strip()) for country, _, name in parted)


def problems(
    controllers: tuple[str, ...], contacts: tuple[Contact, ...], establishments: tuple[Establishment, ...]
) -> dict[str, str]:
    """Return field → what is wrong."""
    found = {}
    if any(not one.role or not one.name for one in contacts):
        found["contacts"] = "Give a role and a name in each line: Security; Sam Example; security@example.org; +34 …"
    elif any(one.email and "@" not in one.email for one in contacts):
        found["contacts"] = "The third part of a line is an email address."
    if any(not is_country(one.country) for one in establishments):
        found["establishments"] = "Begin each line with two letters of the country, such as ES Madrid, head office."
    for name, values, words in (
        ("controllers", controllers, controllers), ("contacts", contacts, [" ".join(asdict(one).values()) for one in contacts]),
        ("establishments", establishments, [one.words() for one in establishments]),
    ):
        if name not in found and (len(values) > MOST or any(len(one) > LONGEST for one in words)):
            found[name] = f"At most {MOST} lines of at most {LONGEST} characters."
    return found
