"""File a breach, keep its facts, and close it when nothing is left open."""

from incident_app.services.cases.closing_over import (
    AskedOver,
    answer_closing_over,
    ask_closing_over,
    asked_closing_over,
)
from incident_app.services.cases.editing import MOMENTS, Facts, edit, facts_of, set_awareness
from incident_app.services.cases.ending import answer_closing, ask_closing, asked_closing, close, reopen
from incident_app.services.cases.filing import LONGEST_TITLE, NewBreach, World, file
from incident_app.services.cases.finding import find, lead_authority, organisation, timeline
from incident_app.services.cases.notes import add_note, notes_of
from incident_app.services.cases.reading import (
    Audience,
    audience,
    choose_readers,
    possible_readers,
    readers_of,
)
from incident_app.services.cases.wording import details_of

__all__ = [
    "LONGEST_TITLE", "MOMENTS", "AskedOver", "Audience", "Facts", "NewBreach", "World", "add_note", "answer_closing", "answer_closing_over",
    "ask_closing", "ask_closing_over", "asked_closing", "asked_closing_over",
    "audience", "choose_readers", "close", "details_of", "edit", "facts_of", "file", "find", "lead_authority", "notes_of",
    "organisation", "possible_readers", "readers_of",
    "reopen", "set_awareness", "timeline",
]
