"""The records: tables, and the questions asked of them. No decisions."""

from incident_app.models import (
    accounts,
    audit,
    cases,
    obligations,
    organisation,
    reports,
    risk,
)

__all__ = [
    "accounts",
    "audit",
    "cases",
    "obligations",
    "organisation",
    "reports",
    "risk",
]
