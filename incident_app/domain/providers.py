"""What providers say about a message, without what names a person."""

import re
from dataclasses import replace

from incident_app.domain.ports import Outcome, Sent

LONGEST_REASON = 300
ADDRESS = "(address)"
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


def scrubbed(reason: str, *known: str) -> str:
    """Return a provider's words without addresses: they name people. ``known`` are taken out however they are written."""
    said = " ".join(reason.split())
    for one in filter(None, known):
        said = re.sub(re.escape(one), ADDRESS, said, flags=re.IGNORECASE)
    return _ADDRESS.sub(ADDRESS, said)[:LONGEST_REASON]


def without_address(outcome: Outcome, address: str) -> Outcome:
    """Return an answer to a message to ``address`` whose words do not say where it went."""
    return outcome if isinstance(outcome, Sent) else replace(outcome, reason=scrubbed(outcome.reason, address))
