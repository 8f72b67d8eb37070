"""Tell an authority: draft from the case, approve by a second person, print, record the submission with its proof."""

from incident_app.services.filings.approving import approve, ask_approval, print_again, send_back
from incident_app.services.filings.choosing import Chosen, choose_form
from incident_app.services.filings.drafting import draft, save, set_phase, use
from incident_app.services.filings.looking import FieldView, FilingPage, SectionView, find, of_case, page
from incident_app.services.filings.printing import content, print_pdf
from incident_app.services.filings.records import duties_to_authorities, record_of
from incident_app.services.filings.submitting import (
    answer_submitted,
    ask_submitted,
    asked_submitted,
    mark_submitted,
)

__all__ = [
    "Chosen", "FieldView", "FilingPage", "SectionView", "answer_submitted", "approve", "ask_approval", "ask_submitted",
    "asked_submitted", "choose_form", "content", "draft",
    "duties_to_authorities", "find", "mark_submitted", "of_case", "page", "print_again", "print_pdf", "record_of",
    "save", "send_back", "set_phase", "use",
]
