"""Who is on call: shifts, rotations, the calendar feed."""

from incident_app.services.rota.asking import (
    Nobody,
    OnCall,
    able,
    current_shift,
    duties,
    ends,
    gaps,
    on_call,
    open_gaps,
    shift,
    upcoming,
    who_is_next,
)
from incident_app.services.rota.feed import (
    calendar_link,
    calendar_reader,
    calendar_shifts,
    make_calendar_link,
    revoke_calendar_link,
)
from incident_app.services.rota.rotations import Preview, preview_rotation, save_rotation
from incident_app.services.rota.shifts import add_shift, change_shift, cover, hand_over, remove_shift

__all__ = [
    "Nobody",
    "OnCall",
    "Preview",
    "able",
    "add_shift",
    "calendar_link",
    "calendar_reader",
    "calendar_shifts",
    "change_shift",
    "cover",
    "current_shift",
    "duties",
    "ends",
    "gaps",
    "hand_over",
    "make_calendar_link",
    "on_call",
    "open_gaps",
    "preview_rotation",
    "remove_shift",
    "revoke_calendar_link",
    "save_rotation",
    "shift",
    "upcoming",
    "who_is_next",
]
