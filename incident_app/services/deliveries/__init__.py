"""Send an approved notice: nobody silently forgotten, nobody silently written to twice."""

from incident_app.services.deliveries.controls import cancel, pause, resolve_uncertain, resume
from incident_app.services.deliveries.finishing import proofs_of
from incident_app.services.deliveries.launching import launch
from incident_app.services.deliveries.overviewing import (
    Line,
    Progress,
    Step,
    outcomes,
    overview,
    people_page,
    story,
    under_way,
)
from incident_app.services.deliveries.receipts import Event, record_receipts
from incident_app.services.deliveries.sweeping import Swept, sweep
from incident_app.services.deliveries.working import pump, send_due

__all__ = [
    "Event",
    "Line",
    "Progress",
    "Step",
    "Swept",
    "cancel",
    "launch",
    "outcomes",
    "overview",
    "pause",
    "people_page",
    "proofs_of",
    "pump",
    "record_receipts",
    "resolve_uncertain",
    "resume",
    "send_due",
    "story",
    "sweep",
    "under_way",
]
