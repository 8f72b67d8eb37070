"""The columns of the register, in the order of an export."""

from collections.abc import Iterable
from enum import StrEnum

from incident_app.domain.refusals import Refused


class Column(StrEnum):
    """One column: the value is its name in an address, ``words`` what stands above it."""

    words: str

    def __new__(cls, value: str, words: str) -> "Column":
        """Keep the heading beside the name."""
        made = str.__new__(cls, value)
        made._value_ = value
        made.words = words
        return made

    REFERENCE = "reference", "Reference"
    TITLE = "title", "Title"
    DRILL = "drill", "Drill"
    STATE = "state", "State"
    TEAM = "team", "Team"
    OWNER = "owner", "Owner"
    ROLE = "role", "Our role"
    KIND = "kind", "Kind"
    OCCURRED = "occurred", "Happened"
    SIGNAL = "signal", "First hint"
    DETECTED = "detected", "Detected"
    AWARE = "aware", "Aware"
    ZONE = "zone", "Time zone"
    SOURCE = "source", "Source of awareness"
    GAP = "gap", "Why detection was not awareness"
    LOGGED = "logged", "Logged"
    CONTAINED = "contained", "Contained"
    CLOSED = "closed", "Closed"
    CLOSING = "closing", "Closing reason"
    FACTS = "facts", "Facts"
    CAUSE = "cause", "Cause"
    SYSTEMS = "systems", "Systems"
    PROCESSORS = "processors", "Processors"
    CONFIDENTIALITY = "confidentiality", "Confidentiality"
    INTEGRITY = "integrity", "Integrity"
    AVAILABILITY = "availability", "Availability"
    PEOPLE = "people", "People"
    RECORDS = "records", "Records"
    CATEGORIES = "categories", "Data categories"
    COUNTRIES = "countries", "Countries"
    EFFECTS = "effects", "Effects"
    SEVERITY = "severity", "Severity"
    SCORE = "score", "Severity score"
    METHOD = "method", "Method"
    BEFORE = "before", "Protection before"
    TAKEN = "taken", "Measures taken"
    PLANNED = "planned", "Measures planned"
    ACTIONS = "actions", "Actions"
    AUTHORITY_DECISION = "authority_decision", "Authority: decision"
    AUTHORITY_REASON = "authority_reason", "Authority: reason"
    AUTHORITY_BY = "authority_by", "Authority: decided by"
    PEOPLE_DECISION = "people_decision", "People: decision"
    PEOPLE_REASON = "people_reason", "People: reason"
    PEOPLE_BY = "people_by", "People: decided by"
    TIMELINESS = "timeliness", "On time or late"
    SUBMISSIONS = "submissions", "Duties and submissions"
    TOLD = "told", "People told"
    GAPS = "gaps", "Gaps"
    AUTHORITY = "authority", "Authority"
    NEXT = "next", "Next due"


ON_PAGE_ONLY = frozenset({Column.AUTHORITY, Column.NEXT})
"""Where a breach stands at this minute: for a list that is worked from, not for the record."""
WRITTEN_DOWN = tuple(one for one in Column if one not in ON_PAGE_ONLY)
"""What Art 33(5) asks to be documented, in the order of an export."""
CHOICES = tuple(one for one in Column if one not in (Column.REFERENCE, Column.TITLE, Column.DRILL))
"""What may stand in the list beside the breach itself."""
DEFAULT = (Column.AWARE, Column.AUTHORITY, Column.PEOPLE, Column.SEVERITY, Column.OWNER, Column.NEXT)
"""What stands there until somebody chooses."""
_IN_LIST = {one: place for place, one in enumerate(dict.fromkeys((*DEFAULT[:-1], *Column, Column.NEXT)))}


def chosen(names: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns with these names in the order of the list: those of the usual look first, what is due last.

    Raises ``Refused`` for a name that is none.
    """
    given = set(names)
    if given - set(CHOICES):
        raise Refused("There is no such column.", {"columns": f"Choose of: {', '.join(CHOICES)}."})
    return tuple(sorted((one for one in CHOICES if one in given), key=_IN_LIST.__getitem__))
