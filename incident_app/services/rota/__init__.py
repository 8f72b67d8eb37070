"""Who is on call, and the chat each person is reached in."""

from incident_app.services.rota.linking import by_chat, link_chat, link_code, unlink
from incident_app.services.rota.shifts import (
    able,
    add_shift,
    current_shift,
    gaps,
    on_call,
    remove_shift,
    upcoming,
    who_is_next,
)

__all__ = [
    "able",
    "add_shift",
    "by_chat",
    "current_shift",
    "gaps",
    "link_chat",
    "link_code",
    "on_call",
    "remove_shift",
    "unlink",
    "upcoming",
    "who_is_next",
]
