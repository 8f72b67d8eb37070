"""What one person asks and another one decides: who may, until when, and that it is done once."""

from datetime import datetime, timedelta
from enum import StrEnum

LIVES = timedelta(hours=24)
"""How long somebody's request waits for a second person; after that it is asked again."""

SHORTEST_REASON = 15


class ProposalState(StrEnum):
    """Where a request for a second person stands. ``agreed`` is done: agreeing and acting are one transaction.

    ``voided``: what it was about is not the same any more, so that nobody can agree to it.
    """

    WAITING = "waiting"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


def lapsed(asked_at: datetime, now: datetime) -> bool:
    """Whether nobody answered in time."""
    return now >= asked_at + LIVES


def why_not_answer(person: int, asked_by: int, involved: frozenset[int]) -> str | None:
    """Return why this person cannot be the second one, or ``None``. All three are persons, not accounts.

    ``involved``: whoever else had a hand in it and must not decide it.
    """
    if person == asked_by:
        return "You asked for this. A second person decides it."
    if person in involved:
        return "You had a hand in this. Somebody who had not decides it."
    return None
