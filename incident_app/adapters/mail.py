"""What both ways of sending email ask of a message before it leaves."""

import re
import unicodedata

from incident_app.domain.ports import Message, Rejected

_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_NOT_IN_ADDRESSES = re.compile(r"[ ,;:<>\"()\[\]\\]")

SLOW = Rejected("The mail provider is slow; this message has not been tried yet.", permanent=False, retry_after=1.0)
"""What messages get that a batch had no time for: nothing left, no attempt is used."""


NOT_ONE_LINE = Rejected("The subject is not one line.", permanent=True)
NOT_ONE_ADDRESS = Rejected("This is not one email address.", permanent=True)


def one_line(text: str) -> bool:
    """Tell whether ``text`` can stand in a header: no control character or line break, so nothing can follow it there."""
    # What is printable holds none of them, and is told a hundred times faster.
    return text.isprintable() or not any(unicodedata.category(character) in _BREAKS for character in text)


def refusal(message: Message) -> Rejected | None:
    """Return why this message must not leave: a header that is not one line, or an address that is not one address.

    Of a message with marks, what stands in their place counts too.
    """
    if not one_line(message.subject) or not one_line(message.language):
        return NOT_ONE_LINE
    for mark, words in message.fill.items():
        if mark in message.subject and not one_line(words):
            return NOT_ONE_LINE
    local, _, domain = message.address.rpartition("@")
    fits = local and domain and one_line(message.address) and not _NOT_IN_ADDRESSES.search(message.address)
    return None if fits else NOT_ONE_ADDRESS
