"""Score a breach by ENISA's method, and decide: the score proposes, a named human decides with a reason."""

from incident_app.domain.risk import NEED_MORE_FACTS, NOT_REQUIRED, OUTCOMES, REQUIRED
from incident_app.services.risk.assessing import assess
from incident_app.services.risk.deciding import SUBJECTS, answer, decide
from incident_app.services.risk.facts import Extra
from incident_app.services.risk.looking import (
    Considered,
    considered,
    decided,
    decisions,
    history,
    latest,
    newest_decisions,
    said_by_categories,
)

__all__ = [
    "NEED_MORE_FACTS", "NOT_REQUIRED", "OUTCOMES", "REQUIRED", "SUBJECTS", "Considered", "Extra", "answer", "assess",
    "considered", "decide", "decided", "decisions", "history", "latest", "newest_decisions",
    "said_by_categories",
]
