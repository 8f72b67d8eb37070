"""Whom the mail provider would drop, as JSON: numbers by reason, no address."""

from datetime import UTC
from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.domain.accounts import Permission
from incident_app.domain.recipients import summary
from incident_app.extensions import db
from incident_app.services import recipients
from incident_app.services.recipients import Preflight
from incident_app.wiring import now

blp = Blueprint("api_suppressions", __name__, url_prefix="/api/v1")
AT = "/cases/<ref>/lists/<int:list_id>/block-list"


class PreflightSchema(Schema):
    """How the check stands: ``""`` (nobody asked), queued, checking, done, failed (with the reason) or none (no list)."""

    state = fields.String(required=True)
    reason = fields.String(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), allow_none=True)
    words = fields.String(required=True)
    checked_at = fields.String(allow_none=True)


def _json(found: Preflight) -> dict[str, Any]:
    return {
        "state": found.state, "reason": found.reason, "counts": found.counts,
        "words": summary(found.counts) if found.counts is not None else "",
        "checked_at": found.checked_at.astimezone(UTC).isoformat() if found.checked_at else None,
    }


@blp.get(AT)
@allowed(Permission.SEE_PEOPLE)
@blp.response(200, PreflightSchema)
def show(ref: str, list_id: int) -> dict[str, Any]:
    """Return how many people of a list the mail provider would drop, by kind, as of the last check."""
    people = recipients.find_list(db.session(), case_or_404(ref).id, list_id)
    return _json(recipients.preflight_of(db.session(), people.id))


@blp.post(AT)
@allowed(Permission.DRAFT_NOTICE)
@blp.response(202, PreflightSchema)
def ask(ref: str, list_id: int) -> dict[str, Any]:
    """Have a list compared with the mail provider's block list; a worker does it."""
    return _json(recipients.ask_check(db.session(), case_or_404(ref).id, list_id, by=actor(), now=now()))
