"""Controllers whose data we process: their list, the notice to them, and what each says of its arrival (GDPR Art 33(2))."""

from incident_app.services.controllers.acknowledging import Page, Stand, acknowledge, page_of
from incident_app.services.controllers.following import carry_on, open_ones, remind
from incident_app.services.controllers.importing import apart_of, import_controller_rows, import_controllers
from incident_app.services.controllers.receipts import open_receipts, receipt_counts
from incident_app.services.controllers.showing import (
    Line,
    Summary,
    answers,
    exported,
    lines,
    receipt_rows,
    summary,
)
from incident_app.services.controllers.telling import settle_duties, still_owed
from incident_app.services.controllers.waking import wake_silent

__all__ = [
    "Line",
    "Page",
    "Stand",
    "Summary",
    "acknowledge",
    "answers",
    "apart_of",
    "carry_on",
    "exported",
    "import_controller_rows",
    "import_controllers",
    "lines",
    "open_ones",
    "open_receipts",
    "page_of",
    "receipt_counts",
    "receipt_rows",
    "remind",
    "settle_duties",
    "still_owed",
    "summary",
    "wake_silent",
]
