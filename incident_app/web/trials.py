"""A test of a notice to oneself, from the page that shows what people get."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import notices
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.submitting import once
from incident_app.wiring import now, ports, wake

bp = Blueprint("trials", __name__)


@bp.post("/cases/<ref>/notices/<int:number>/test")
@allowed(Permission.DRAFT_NOTICE)
@once("notices.check")
def send(ref: str, number: int) -> ResponseReturnValue:
    """Send it to the address of one's own account, in the language that was shown."""
    session = db.session()
    notice = notices.find(session, case_or_404(ref).id, number)
    notices.send_test(session, notice.id, request.form.get("language", ""), by=actor(), now=now(), letters=ports().letters)
    wake("tasks.bot.notes")
    flash(f"A test is on its way to {current_user.email}, and to nobody else.", "open")
    return redirect(url_for("notices.check", ref=ref, number=number, person=request.form.get("person", 1, type=int)))
