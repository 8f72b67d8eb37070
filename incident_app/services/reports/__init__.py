"""The register of every breach, its exports and statistics, and printed reports."""

from incident_app.services.reports.contents import case_matter, closings_said, home, printed_at
from incident_app.services.reports.counting_years import about_in, years
from incident_app.services.reports.exporting import export
from incident_app.services.reports.printing import case_pdf, write
from incident_app.services.reports.printing_register import (
    ask_register,
    forget_reports,
    make_report,
    open_report,
    printed_report,
    register_pdf,
)
from incident_app.services.reports.printing_review import controllers_words, hours_of, review_pdf, whom_of
from incident_app.services.reports.proving import proof_lines, proof_pdf
from incident_app.services.reports.registering import PAGE_SIZE, Register, case_count, register
from incident_app.services.reports.views import (
    Look,
    change_view,
    choose_columns,
    columns_of,
    every_view,
    filters_of,
    may_change,
    one_view,
    remove_view,
    save_view,
)

__all__ = [
    "PAGE_SIZE",
    "Look",
    "Register",
    "about_in",
    "ask_register",
    "case_count",
    "case_matter",
    "case_pdf",
    "change_view",
    "choose_columns",
    "closings_said",
    "columns_of",
    "controllers_words",
    "every_view",
    "export",
    "filters_of",
    "forget_reports",
    "home",
    "hours_of",
    "make_report",
    "may_change",
    "one_view",
    "open_report",
    "printed_at",
    "printed_report",
    "proof_lines",
    "proof_pdf",
    "register",
    "register_pdf",
    "remove_view",
    "review_pdf",
    "save_view",
    "whom_of",
    "write",
    "years",
]
