"""Send an approved notice: nobody silently forgotten, nobody silently written to twice."""

from incident_app.services.deliveries.checking import check
from incident_app.services.deliveries.controls import cancel, judge_text, pause, resolve_uncertain, resume
from incident_app.services.deliveries.finishing import outcome_lines, proofs_of
from incident_app.services.deliveries.glancing import Glance, glance
from incident_app.services.deliveries.handing_over import (
    correct_hand_over,
    corrections_of,
    drop_letters,
    hand_over,
)
from incident_app.services.deliveries.keeping_in import in_team
from incident_app.services.deliveries.launching import launch
from incident_app.services.deliveries.overviewing import Progress, overview, under_way
from incident_app.services.deliveries.owing import owe_again
from incident_app.services.deliveries.people import Line, Step, outcomes, people_page, story
from incident_app.services.deliveries.printing_letters import forget_letters, print_letters, take_letters
from incident_app.services.deliveries.reaching import still_owed, would_stay
from incident_app.services.deliveries.recalling import Copy, Recalled, recall
from incident_app.services.deliveries.receipts import (
    Event,
    apply_posted,
    apply_receipts,
    apply_single,
    record_receipts,
)
from incident_app.services.deliveries.resending import answer_resend, ask_resend, waiting_resend
from incident_app.services.deliveries.retrying import retry_failed
from incident_app.services.deliveries.sweeping import Swept, sweep
from incident_app.services.deliveries.verifying import Ledger
from incident_app.services.deliveries.verifying import verify as verify_ledger
from incident_app.services.deliveries.working import pump, send_due

__all__ = [
    "Copy",
    "Event",
    "Glance",
    "Ledger",
    "Line",
    "Progress",
    "Recalled",
    "Step",
    "Swept",
    "answer_resend",
    "apply_posted",
    "apply_receipts",
    "apply_single",
    "ask_resend",
    "cancel",
    "check",
    "correct_hand_over",
    "corrections_of",
    "drop_letters",
    "forget_letters",
    "glance",
    "hand_over",
    "in_team",
    "judge_text",
    "launch",
    "outcome_lines",
    "outcomes",
    "overview",
    "owe_again",
    "pause",
    "people_page",
    "print_letters",
    "proofs_of",
    "pump",
    "recall",
    "record_receipts",
    "resolve_uncertain",
    "resume",
    "retry_failed",
    "send_due",
    "still_owed",
    "story",
    "sweep",
    "take_letters",
    "under_way",
    "verify_ledger",
    "waiting_resend",
    "would_stay",
]
