"""A postal address: the lines that stand below the name on an envelope."""

import re

from incident_app.domain.recipients.cells import clean_name

LONGEST_ADDRESS = 300
MOST_LINES = 8
_LINES = re.compile(r"\r\n|[\r\n|;]|,\s")


def clean_address(text: str) -> str:
    """Return the lines of an address kept in one cell: separated there by ``|``, ``;``, a comma or a line end.

    Raises ``ValueError`` in words.
    """
    if not text:
        return ""
    lines = [line for line in (clean_name(part) for part in _LINES.split(text)) if line]
    if len(lines) > MOST_LINES:
        raise ValueError(f"has more than {MOST_LINES} lines")
    whole = "\n".join(lines)
    if len(whole) > LONGEST_ADDRESS:
        raise ValueError(f"is longer than {LONGEST_ADDRESS} characters")
    return whole


def postal(address: str, street: str, postcode: str, city: str, country: str) -> str:
    """Return the lines of an address, from one cell or from its parts; empty where there is none.

    Raises ``ValueError`` for parts that do not make an address: a town alone is where somebody lives, and no letter
    finds them there.
    """
    if address:
        return address
    if not street:
        if postcode:
            raise ValueError("is missing, a postcode alone is no postal address")
        return ""
    if not city:
        raise ValueError("stands there without a town")
    lines = (*clean_address(street).split("\n"), f"{postcode} {city}".strip(), country)
    whole = "\n".join(line for line in lines if line)
    if len(whole) > LONGEST_ADDRESS:
        raise ValueError(f"makes an address longer than {LONGEST_ADDRESS} characters")
    return whole
