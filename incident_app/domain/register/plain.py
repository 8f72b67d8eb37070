"""The register copies no contact of anybody: what looks like one in a text is left out, and said so."""

import re

LEFT_OUT = "[contact left out]"
_CONTACTS = re.compile(
    r"(?<![^\s@<>(),;:\"])[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+\.[^\W\d_]{2,}"  # an email address, from the beginning of a word only:
    # looked for at every letter, a word of a million of them would take days
    r"|(?<![\w+])\+\d(?:[ ()/.-]{0,2}\d){7,14}(?!\w)"  # a telephone number with its country
    r"|(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)",  # the number of a bank account
)


def without_addresses(text: str) -> str:
    """Return a text without what looks like an email address, a telephone number or a bank account."""
    return _CONTACTS.sub(LEFT_OUT, text)
