"""The register of Art 33(5): what is written about each breach, its columns, what is asked of it, and where a page goes on."""

from incident_app.domain.register.asking import (
    FIELDS,
    KINDS,
    PEOPLE,
    TIMINGS,
    TOLD,
    Wanted,
    check_view_name,
    wanted,
    without_nothing,
)
from incident_app.domain.register.columns import CHOICES, DEFAULT, WRITTEN_DOWN, Column, chosen
from incident_app.domain.register.entries import Entry, Judged, Notified, Sent, cells, entry_gaps
from incident_app.domain.register.places import Place, read_place, write_place
from incident_app.domain.register.plain import LEFT_OUT, without_addresses

__all__ = [
    "CHOICES", "DEFAULT", "FIELDS", "KINDS", "LEFT_OUT", "PEOPLE", "TIMINGS", "TOLD", "WRITTEN_DOWN", "Column", "Entry", "Judged",
    "Notified", "Place", "Sent", "Wanted", "cells", "check_view_name", "chosen", "entry_gaps", "read_place", "wanted", "without_addresses",
    "without_nothing", "write_place",
]
