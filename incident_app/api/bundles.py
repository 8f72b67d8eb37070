"""The evidence bundle of a case, as a ZIP."""

from flask import Response, stream_with_context, url_for
from flask_smorest import Blueprint

from incident_app.api.documents import binary
from incident_app.api.guard import actor, allowed, case_or_404, fresh
from incident_app.api.shapes import A_FILE
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import bundles
from incident_app.services.bundles import Tools
from incident_app.wiring import now, ports

blp = Blueprint("api_bundles", __name__, url_prefix="/api/v1")


@blp.route("/cases/<ref>/bundle", methods=["POST"])
@allowed(Permission.MAKE_BUNDLE)
@fresh
@blp.alt_response(200, schema=A_FILE, content_type="application/zip", success=True)
def make(ref: str) -> Response:
    """Make the evidence bundle of a case and hand it out; the header X-Bundle-Seal has its seal, which is in the record."""
    here = ports()
    tools = Tools(here.vault, here.pdf, here.law, here.forms, url_for("dashboard.show", _external=True), here.anchor_log)
    bundle = bundles.make(db.session(), case_or_404(ref).id, by=actor(), now=now(), tools=tools)
    response = binary(stream_with_context(bundles.zipped(bundle)), bundle.name, "application/zip")
    response.headers["X-Bundle-Seal"] = bundle.seal
    return response
