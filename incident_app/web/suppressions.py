"""Whom the mail provider would drop: asked for on the pages of a notice."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import notices, recipients
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.wiring import now

bp = Blueprint("suppressions", __name__)
PAGES = ("audience", "channels", "approval")  # each shows what the mail provider would drop


@bp.post("/cases/<ref>/notices/<int:number>/block-list")
@allowed(Permission.DRAFT_NOTICE)
def ask(ref: str, number: int) -> ResponseReturnValue:
    """Have the list of a notice compared with the mail provider's block list; a worker does it. Stay on the page."""
    case = case_or_404(ref)
    notice = notices.find(db.session(), case.id, number)
    recipients.ask_check(db.session(), case.id, notice.list_id, by=actor(), now=now())
    flash("The mail provider is asked now. Load the page again in a moment.", "done")
    step = request.form.get("step", "")
    return redirect(url_for(f"notices.{step if step in PAGES else 'channels'}", ref=ref, number=number, _anchor="block-list"))
