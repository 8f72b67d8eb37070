"""Things to do about a breach: from the checklist or added, done with proof, checked, looked at later, owners woken."""

from incident_app.services.remediation.ending import complete, not_needed
from incident_app.services.remediation.lists import (
    MOST_COUNTED,
    WHOSE,
    Listed,
    Sum,
    counts,
    deeds_of,
    documents_of,
    due_reviews,
    find,
    hindrances,
    of_case,
    open_actions,
    open_count,
    open_mandatory,
    overview,
    tally,
    waits_of,
)
from incident_app.services.remediation.looking import check, review, why_not_check, why_not_review
from incident_app.services.remediation.planning import NewAction, Plan, add, change, follow_anchors, load_into
from incident_app.services.remediation.waking import wake_overdue

__all__ = [
    "MOST_COUNTED",
    "WHOSE",
    "Listed",
    "NewAction",
    "Plan",
    "Sum",
    "add",
    "change",
    "check",
    "complete",
    "counts",
    "deeds_of",
    "documents_of",
    "due_reviews",
    "find",
    "follow_anchors",
    "hindrances",
    "load_into",
    "not_needed",
    "of_case",
    "open_actions",
    "open_count",
    "open_mandatory",
    "overview",
    "review",
    "tally",
    "waits_of",
    "wake_overdue",
    "why_not_check",
    "why_not_review",
]
