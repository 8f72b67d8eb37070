"""What is to be done about a breach: runbooks and their steps, what is open and overdue, what closing waits for."""

from incident_app.domain.remediation.actions import (
    LATEST_HOURS,
    LONGEST_REVIEW,
    LONGEST_TITLE,
    REVIEW_DAYS,
    ActionKind,
    ActionState,
    Anchor,
    Works,
    check_new,
    check_plan,
    check_proof,
    due_at,
    is_link,
    is_overdue,
    review_days,
)
from incident_app.domain.remediation.keeping import ActionFacts, Hindrance, Why, what_keeps_a_case_open
from incident_app.domain.remediation.runbooks import (
    VERSION_LENGTH,
    Runbook,
    RunbookError,
    Step,
    parse_runbook,
)
from incident_app.domain.remediation.waiting import check_waits, circle, why_not_done

__all__ = [
    "LATEST_HOURS",
    "LONGEST_REVIEW",
    "LONGEST_TITLE",
    "REVIEW_DAYS",
    "VERSION_LENGTH",
    "ActionFacts",
    "ActionKind",
    "ActionState",
    "Anchor",
    "Hindrance",
    "Runbook",
    "RunbookError",
    "Step",
    "Why",
    "Works",
    "check_new",
    "check_plan",
    "check_proof",
    "check_waits",
    "circle",
    "due_at",
    "is_link",
    "is_overdue",
    "parse_runbook",
    "review_days",
    "what_keeps_a_case_open",
    "why_not_done",
]
