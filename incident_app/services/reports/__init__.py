"""The register of every breach, its exports and statistics, and printed reports."""

from incident_app.services.reports.contents import case_matter, printed_at
from incident_app.services.reports.exporting import export
from incident_app.services.reports.printing import case_pdf, register_pdf
from incident_app.services.reports.proving import proof_lines, proof_pdf
from incident_app.services.reports.registering import Register, case_count, register, statistics, years

__all__ = [
    "Register", "case_count", "case_matter", "case_pdf", "export", "printed_at", "proof_lines", "proof_pdf", "register", "register_pdf",
    "statistics", "years",
]
