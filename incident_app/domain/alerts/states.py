"""Where an alert stands, where each message of it stands, and by what ways people are reached."""

from enum import StrEnum

CHANNELS = ("telegram", "email")


class AlertState(StrEnum):
    """Where one alert stands."""

    WAITING = "waiting"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class SendState(StrEnum):
    """Where one message to one person by one channel stands."""

    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


RUNNING = (AlertState.RAISED.value, AlertState.ACKNOWLEDGED.value)
PENDING = (AlertState.WAITING.value, *RUNNING)
