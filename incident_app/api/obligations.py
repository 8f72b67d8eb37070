"""Duties as JSON: record that somebody was told, with the proof. (They are read with their case.)"""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api.cases import duty_json
from incident_app.api.documents import from_base64
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import Strict
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import discharging
from incident_app.wiring import now, ports

blp = Blueprint("api_obligations", __name__, url_prefix="/api/v1")


class ToldSchema(Strict):
    """When and how (portal, email, phone, post or public) they were told; the proof as base64."""

    told_at = fields.AwareDateTime(required=True)
    how = fields.String(required=True)
    reference = fields.String(required=True)
    proof_name = fields.String(required=True)
    proof_base64 = fields.String(required=True)
    late_reason = fields.String(load_default="")


@blp.route("/cases/<ref>/obligations/<int:duty_id>/told", methods=["POST"])
@allowed(Permission.MARK_SUBMITTED)
@blp.arguments(ToldSchema)
def told(body: dict[str, Any], ref: str, duty_id: int) -> dict[str, Any]:
    """Record that a processor's controller, another body or the people were told; an authority takes a filing."""
    proof = from_base64(body.pop("proof_base64"), "proof_base64")
    return duty_json(discharging.told(db.session(), case_or_404(ref).id, duty_id, proof_bytes=proof, by=actor(),
                                      now=now(), vault=ports().vault, **body))
