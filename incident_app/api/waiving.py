"""Waiving a finding of the check of a text, and taking that back, as JSON."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed
from incident_app.api.notices import found, notice_json
from incident_app.api.schemas import Versioned
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import notices
from incident_app.wiring import now

blp = Blueprint("api_waiving", __name__, url_prefix="/api/v1")


class WaiverSchema(Versioned):
    """The name of the check, the language, and why it is right as it is (15 to 500 characters)."""

    needs_version = False
    language = fields.String(required=True)
    check = fields.String(required=True)
    reason = fields.String(required=True)


@blp.post("/cases/<ref>/notices/<int:number>/waivers")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(WaiverSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def waive(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Call the findings of one name right as they are, for exactly this text; the approver reads the reason."""
    notice = found(ref, number)
    with both("notice", notice.id, notice.case_id, lambda: notice_json(found(ref, number))):
        return notice_json(notices.waive(db.session(), notice.id, by=actor(), now=now(), **body))


@blp.post("/cases/<ref>/notices/<int:number>/waivers/withdrawn")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(WaiverSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def withdraw(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Take a waiver back, with the reason; an approval of a text that is held again is void."""
    notice = found(ref, number)
    with both("notice", notice.id, notice.case_id, lambda: notice_json(found(ref, number))):
        return notice_json(notices.withdraw_waiver(db.session(), notice.id, by=actor(), now=now(), **body))
