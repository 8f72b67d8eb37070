"""The record as JSON: does it still prove itself?"""

from typing import Any

from flask_smorest import Blueprint

from incident_app.api.guard import allowed
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import audit

blp = Blueprint("api_audit", __name__, url_prefix="/api/v1")


@blp.route("/audit/verify", methods=["GET"])
@allowed(Permission.VERIFY_AUDIT)
def verify() -> dict[str, Any]:
    """Walk the whole chain; name the first entry that was changed, is missing, or was cut off."""
    verdict = audit.verify(db.session())
    return {"complete": verdict.complete, "entries": verdict.seq, "hash": verdict.hash, "broken_at": verdict.broken_at,
            "words": verdict.words}
