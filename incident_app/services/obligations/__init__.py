"""Duties as they arise, change with the facts, and are discharged with proof or excused with a ground."""

from incident_app.services.obligations.arising import Followed, arise, follow_law, judged
from incident_app.services.obligations.deciding import decide, decide_one, find_duty
from incident_app.services.obligations.discharging import (
    by_our_message,
    discharge,
    how_words,
    mark_done,
    supplemented,
)
from incident_app.services.obligations.facts import controllers_of, facts_of, moments_of
from incident_app.services.obligations.house import (
    NewClock,
    add_clock,
    clocks_of_house,
    end_clock,
    with_house,
)
from incident_app.services.obligations.imagining import Imagined, proposals, what_if
from incident_app.services.obligations.recording import record_moment

__all__ = [
    "Followed", "Imagined", "NewClock", "add_clock", "arise", "by_our_message", "clocks_of_house", "controllers_of", "decide", "decide_one", "discharge", "end_clock", "facts_of",
    "find_duty", "follow_law", "how_words", "judged", "mark_done", "moments_of", "proposals", "record_moment", "supplemented",
    "what_if", "with_house",
]
