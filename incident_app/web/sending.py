"""How this installation sends, for what pages say of it; asked once for each answer."""

from flask import g

from incident_app.domain.trials import ON
from incident_app.extensions import db
from incident_app.services import trials
from incident_app.wiring import ports


def mode() -> str:
    """Return ``simulate``, ``trial`` or ``live``, as it is now."""
    if "mode" not in g:
        g.mode = trials.mode_now(db.session(), ports().mode)
    return str(g.mode)


def mode_if_known() -> str:
    """Return the same without asking the database; empty where only that knows."""
    return str(g.get("mode", "" if ports().mode == ON else ports().mode))
