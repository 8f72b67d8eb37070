"""Why an email came back, in words that are the same for whatever server said it (RFC 3463, RFC 7505)."""

import re

from incident_app.domain.providers import LONGEST_REASON

SENT_BACK = "The receiving mail server sent it back"
_STATUS = re.compile(r"(?<![\d.])5\.([1-7])\.(\d{1,3})(?![\d.]*\d)")
_KNOWN = {
    ("1", "1"): "The mailbox does not exist", ("1", "0"): "The mailbox does not exist", ("1", "6"): "The mailbox has moved",
    ("1", "2"): "The mail domain does not exist", ("1", "10"): "The mail domain takes no email",
    ("2", "1"): "The mailbox is disabled", ("2", "2"): "The mailbox is full",
    ("2", "3"): "The message is too large for the mailbox", ("3", "4"): "The message is too large for the mailbox",
}
_ALIKE = {
    "4": "The receiving mail server cannot be reached", "7": "The receiving mail server refused it by its own rules",
}
_PHRASES = {
    "bounced address": "The mail provider writes to no address that bounced before",
    "invalid": "The mail provider holds the address for invalid",
}


def bounce_words(said: str) -> str:
    """Return what happened, then what the server said: what stands before the colon counts those that are alike."""
    words = said.strip()
    found = _STATUS.search(words)
    known = _KNOWN.get((found[1], found[2])) or _ALIKE.get(found[1]) if found else _PHRASES.get(words.casefold())
    return f"{known or SENT_BACK}: {words}"[:LONGEST_REASON] if words else SENT_BACK
