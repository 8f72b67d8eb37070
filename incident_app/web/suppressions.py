"""Whom the mail provider would drop: asked for on the pages of a notice."""

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import notices, recipients
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.stays import with_typed
from incident_app.wiring import now

bp = Blueprint("suppressions", __name__)
PAGES = ("audience", "channels", "approval")  # each shows what the mail provider would drop
BLOCK_LIST = "block-list"


def asked_from(ref: str, notice: Notice, page: str) -> ResponseReturnValue:
    """Have the list of a notice compared with the mail provider's block list; a worker does it. Come back to the page."""
    recipients.ask_check(db.session(), notice.case_id, notice.list_id, by=actor(), now=now())
    flash("The mail provider is asked now. Load the page again in a moment.", "done")
    return redirect(url_for(f"notices.{page}", ref=ref, number=notice.number, _anchor=BLOCK_LIST))


@bp.post("/cases/<ref>/notices/<int:number>/block-list")
@allowed(Permission.DRAFT_NOTICE)
def ask(ref: str, number: int) -> ResponseReturnValue:
    """Ask from one of the pages; a reason that is being typed on the page of the approval stands there again."""
    step, at = request.form.get("step", ""), {"ref": ref, "number": number}
    answer = asked_from(ref, notices.find(db.session(), case_or_404(ref).id, number), step if step in PAGES else "channels")
    if step == "approval" and request.form.get("reason", "").strip():
        of = "accept_crowd" if request.form.get("of") == "crowd" else "send_back"
        page = str(current_app.view_functions["notices.approval"](**at))
        return with_typed(page, url_for(f"notices.{of}", ref=ref, number=number)) or answer
    return answer
