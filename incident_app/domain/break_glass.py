"""Breaking the glass: reading a restricted case one is not listed for, with a second approver, for an hour, told to all."""

from datetime import datetime, timedelta

LASTS = timedelta(hours=1)
SUBJECT = "A restricted case"
LOOK = "Why, and what to do about it, stands in incident-app under Break glass."


def until(agreed_at: datetime) -> datetime:
    """Return when it is over by itself."""
    return agreed_at + LASTS


def asked_words(who: str, ref: str) -> str:
    """Return what everybody of the case and every approver hears when somebody asks. Neither a name nor a cause of it."""
    return f"{who} asks to read the restricted case {ref} for one hour. Another approver agrees or refuses. {LOOK}"


def opened_words(who: str, second: str, ref: str, ends_at: datetime) -> str:
    """Return what the same people hear when it was agreed to."""
    return f"{who} may read the restricted case {ref} until {ends_at.day} {ends_at:%B %Y, %H:%M} UTC. {second} agreed to it. {LOOK}"
