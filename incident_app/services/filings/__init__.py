"""Tell an authority: draft from the case, approve by a second person, print, record the submission with its proof."""

from incident_app.services.filings.approving import approve, ask_approval, send_back
from incident_app.services.filings.choosing import Chosen, choose_form
from incident_app.services.filings.drafting import draft, save, set_phase, use
from incident_app.services.filings.looking import FieldView, FilingPage, SectionView, find, of_case, page
from incident_app.services.filings.papers import (
    ask_paper,
    by_public_id,
    forget_papers,
    linked,
    make_paper,
    open_paper,
    paper_of,
    plain,
)
from incident_app.services.filings.printing import content, document
from incident_app.services.filings.records import duties_to_authorities, record_of
from incident_app.services.filings.submitting import (
    answer_submitted,
    ask_submitted,
    asked_submitted,
    mark_submitted,
)

__all__ = [
    "Chosen", "FieldView", "FilingPage", "SectionView", "answer_submitted", "approve", "ask_approval", "ask_paper",
    "ask_submitted", "asked_submitted", "by_public_id", "choose_form", "content", "document", "draft",
    "duties_to_authorities", "find", "forget_papers", "linked", "make_paper", "mark_submitted", "of_case", "open_paper",
    "page", "paper_of", "plain", "record_of", "save", "send_back", "set_phase", "use",
]
