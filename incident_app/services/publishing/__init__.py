"""Notices to everybody: drafted from the case, approved by a second person, shown on their days, and proof that they were."""

from incident_app.services.publishing.approving import approve, send_back, why_not
from incident_app.services.publishing.counting import count, open_duties, stands_for
from incident_app.services.publishing.looking import (
    PATH,
    Shown,
    address_of,
    approved,
    find,
    hash_of,
    live,
    of_case,
    problems_of,
    read_by_all,
    rendered,
    shown,
    snapshot_of,
    texts_of,
    today,
)
from incident_app.services.publishing.writing import ask, draft, drop_correction, edit, set_days, withdraw

__all__ = [
    "PATH", "Shown", "address_of", "approve", "approved", "ask", "count", "draft", "drop_correction", "edit", "find", "hash_of", "live", "of_case",
    "open_duties", "problems_of", "read_by_all", "rendered", "send_back", "set_days", "shown", "snapshot_of", "stands_for", "texts_of", "today",
    "why_not", "withdraw",
]
