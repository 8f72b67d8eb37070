"""What both ways of sending email ask of a message before it leaves."""

import unicodedata

from incident_app.domain.ports import Message, Rejected

_BREAKS = frozenset({"Cc", "Zl", "Zp"})

SLOW = Rejected("The mail provider is slow; this message has not been tried yet.", permanent=False, retry_after=1.0)
"""What messages get that a batch had no time for: nothing left, no attempt is used."""


def one_line(text: str) -> bool:
    """Tell whether ``text`` can stand in a header: no control character or line break, so nothing can follow it there."""
    return not any(unicodedata.category(character) in _BREAKS for character in text)


def refusal(message: Message) -> Rejected | None:
    """Return why this message must not leave: a header that is not one line, or an address that is not one address."""
    if not one_line(message.subject) or not one_line(message.language):
        return Rejected("The subject is not one line.", permanent=True)
    local, _, domain = message.address.rpartition("@")
    fits = local and domain and one_line(message.address) and not any(c in message.address for c in " ,;:<>\"()[]\\")
    return None if fits else Rejected("This is not one email address.", permanent=True)
