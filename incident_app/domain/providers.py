"""What providers say about a message, without what names a person."""

import re
from dataclasses import replace

from incident_app.domain.ports import Outcome, Sent

LONGEST_REASON = 300
ADDRESS = "(address)"
_ADDRESS = re.compile(r"(?<![^\s<>@])[^\s<>@]++@[^\s<>@]+")  # from the beginning of a word alone: a long one is read once
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL takes no NUL, and no database half a character


def writable(words: str) -> str:
    """Return words of outsiders as every database can hold them."""
    return words if words.isascii() and "\0" not in words else _UNWRITABLE.sub("", words)


def scrubbed(reason: str, *known: str) -> str:
    """Return a provider's words without addresses: they name people. ``known`` are taken out however they are written."""
    said = " ".join(writable(reason).split())
    for one in filter(None, known):
        said = re.sub(re.escape(one), ADDRESS, said, flags=re.IGNORECASE)
    return _ADDRESS.sub(ADDRESS, said)[:LONGEST_REASON]


def without_address(outcome: Outcome, address: str) -> Outcome:
    """Return an answer to a message to ``address`` whose words do not say where it went."""
    return outcome if isinstance(outcome, Sent) else replace(outcome, reason=scrubbed(outcome.reason, address))
