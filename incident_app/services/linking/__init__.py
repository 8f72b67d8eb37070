"""How on-call people are reached: the chat of each, and notes about their account."""

from incident_app.services.linking.codes import (
    by_chat,
    claim,
    confirm,
    is_code,
    latest,
    linked,
    new_code,
    refuse,
    unlink,
)
from incident_app.services.linking.dropping import drop
from incident_app.services.linking.forgetting import forget_old
from incident_app.services.linking.notes import send_notes, test, write, write_all
from incident_app.services.linking.reach import Way, ways

__all__ = [
    "Way",
    "by_chat",
    "claim",
    "confirm",
    "drop",
    "forget_old",
    "is_code",
    "latest",
    "linked",
    "new_code",
    "refuse",
    "send_notes",
    "test",
    "unlink",
    "ways",
    "write",
    "write_all",
]
