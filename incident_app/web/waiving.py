"""Waiving a finding of the check of a text, and taking that back, from the panel beside it."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.services import notices
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.submitting import once
from incident_app.wiring import now

bp = Blueprint("waiving", __name__)


@bp.post("/cases/<ref>/notices/<int:number>/waivers")
@allowed(Permission.DRAFT_NOTICE)
@once("notices.message")
def waive(ref: str, number: int) -> ResponseReturnValue:
    """Say why a finding is right as it is; the approver reads it."""
    session, language = db.session(), request.form.get("language", "")
    notice = notices.find(session, case_or_404(ref).id, number)
    try:
        notices.waive(session, notice.id, language, request.form.get("check", ""), request.form.get("reason", ""),
                      version=request.form.get("version", 0, type=int), by=actor(), now=now())
    except Refused as refused:
        flash(" ".join([refused.reason, *refused.problems.values()]), "late")
    else:
        flash("Waived for exactly this text. Whoever approves the notice reads your reason.", "done")
    return redirect(url_for("notices.message", ref=ref, number=number, language=language, _anchor="check"))


@bp.post("/cases/<ref>/notices/<int:number>/waivers/withdrawn")
@allowed(Permission.DRAFT_NOTICE)
@once("notices.message")
def withdraw(ref: str, number: int) -> ResponseReturnValue:
    """Take a waiver back, with the reason; an approval of a text that is held again is void."""
    session, language = db.session(), request.form.get("language", "")
    notice = notices.find(session, case_or_404(ref).id, number)
    try:
        notice = notices.withdraw_waiver(
            session, notice.id, language, request.form.get("check", ""), request.form.get("reason", ""),
            version=request.form.get("version", 0, type=int), by=actor(), now=now())
    except Refused as refused:
        flash(" ".join([refused.reason, *refused.problems.values()]), "late")
    else:
        flash(f"The waiver is withdrawn. {notice.state_reason}".strip(), "done")
    return redirect(url_for("notices.message", ref=ref, number=number, language=language, _anchor="check"))
