"""The records: tables, and the questions asked of them. No decisions."""

from incident_app.models import (
    accounts,
    alerts,
    audit,
    cases,
    deliveries,
    filings,
    notices,
    obligations,
    organisation,
    recipients,
    remediation,
    reports,
    risk,
    staging,
    suppressions,
    uploads,
)

__all__ = [
    "accounts",
    "alerts",
    "audit",
    "cases",
    "deliveries",
    "filings",
    "notices",
    "obligations",
    "organisation",
    "recipients",
    "remediation",
    "reports",
    "risk",
    "staging",
    "suppressions",
    "uploads",
]
