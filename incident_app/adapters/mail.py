"""What both ways of sending email ask of a message before it leaves."""

import re
import unicodedata
from functools import lru_cache

from incident_app.domain.ports import Message, Rejected

_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_USUAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")  # most addresses: no need to look closer
_NOT_IN_ADDRESSES = re.compile(r"[ ,;:<>\"()\[\]\\]")

SLOW = Rejected("The mail provider is slow; this message has not been tried yet.", permanent=False, retry_after=1.0)
"""What messages get that a batch had no time for: nothing left, no attempt is used."""


NOT_ONE_LINE = Rejected("The subject is not one line.", permanent=True)
NOT_ONE_ADDRESS = Rejected("This is not one email address.", permanent=True)


def one_line(text: str) -> bool:
    """Tell whether ``text`` can stand in a header: no control character or line break, so nothing can follow it there."""
    # What is printable holds none of them, and is told a hundred times faster.
    return text.isprintable() or not any(unicodedata.category(character) in _BREAKS for character in text)


@lru_cache(maxsize=8)
def _fit(subject: str, language: str) -> bool:
    """Tell whether both can stand in a header; thousands in a row have the same."""
    return one_line(subject) and one_line(language)


def refusal(message: Message) -> Rejected | None:
    """Return why this message must not leave: a header that is not one line, or an address that is not one address.

    Of a message with marks, what stands in their place counts too.
    """
    subject, address = message.subject, message.address
    if not _fit(subject, message.language):
        return NOT_ONE_LINE
    for mark, words in message.fill.items():
        if mark in subject and not one_line(words):
            return NOT_ONE_LINE
    if _USUAL.fullmatch(address):
        return None
    local, _, domain = address.rpartition("@")
    fits = local and domain and one_line(address) and not _NOT_IN_ADDRESSES.search(address)
    return None if fits else NOT_ONE_ADDRESS
