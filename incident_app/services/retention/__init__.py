"""How long what is kept: periods, the plan of what goes when, legal holds, and erasing before the time."""

from incident_app.services.retention.clearing import clear_due
from incident_app.services.retention.early import Early, ask_erase, erase_early, refuse_erase
from incident_app.services.retention.evidence import destroy
from incident_app.services.retention.holds import (
    ask_lift,
    earlier_holds,
    hold_of,
    lift,
    refuse_lift,
    set_hold,
)
from incident_app.services.retention.periods import current, lower
from incident_app.services.retention.planning import Plan, early_of, plan, waiting

__all__ = [
    "Early",
    "Plan",
    "ask_erase",
    "ask_lift",
    "clear_due",
    "current",
    "destroy",
    "earlier_holds",
    "early_of",
    "erase_early",
    "hold_of",
    "lift",
    "lower",
    "plan",
    "refuse_erase",
    "refuse_lift",
    "set_hold",
    "waiting",
]
