"""The evidence bundle of a case: what is in it, its seal, and handing it out."""

from flask import Blueprint, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import bundles
from incident_app.services.bundles import Tools
from incident_app.web.documents import attachment
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.overview import case_frame
from incident_app.wiring import now, ports

bp = Blueprint("bundles", __name__)


def tools() -> Tools:
    """Return what making a bundle takes."""
    here = ports()
    return Tools(here.vault, here.pdf, here.law, here.forms, url_for("dashboard.show", _external=True), here.anchor_log)


@bp.get("/cases/<ref>/bundle")
@allowed(Permission.MAKE_BUNDLE)
def show(ref: str) -> ResponseReturnValue:
    """Say what a bundle holds, how it is verified, and which were made."""
    case, session = case_or_404(ref), db.session()
    return render_template("pages/bundles/show.html", tab="evidence", made=bundles.made_before(session, case.id),
                           **case_frame(session, case, actor(), now()))


@bp.post("/cases/<ref>/bundle")
@allowed(Permission.MAKE_BUNDLE)
@fresh
def make(ref: str) -> ResponseReturnValue:
    """Make one and hand it out; its seal is in the record before its first byte leaves."""
    bundle = bundles.make(db.session(), case_or_404(ref).id, by=actor(), now=now(), tools=tools())
    return attachment(stream_with_context(bundles.zipped(bundle)), bundle.name, "application/zip")
