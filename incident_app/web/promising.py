"""Setting the day by which people hear from us again, beside the text that promises it."""

from datetime import date

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.services import notices
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.wiring import now

bp = Blueprint("promising", __name__)


@bp.post("/cases/<ref>/notices/<int:number>/again-by")
@allowed(Permission.DRAFT_NOTICE)
def set_again(ref: str, number: int) -> ResponseReturnValue:
    """Set the day, or none in particular; the sentence in every language follows."""
    session, language = db.session(), request.form.get("language", "")
    notice = notices.find(session, case_or_404(ref).id, number)
    try:
        notice = notices.set_again(session, notice.id, _day(), version=request.form.get("version", 0, type=int), by=actor(),
                                   now=now())
    except Refused as refused:
        flash(" ".join([refused.reason, *refused.problems.values()]), "late")
    else:
        flash("Every text names the day now." if notice.again_by else "The texts name no day now.", "done")
    return redirect(url_for("notices.message", ref=ref, number=number, language=language, _anchor="again"))


def _day() -> date | None:
    typed = request.form.get("again_by", "").strip()
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Refused("The day was not saved.", {"again_by": "Give a day, such as 2026-11-24."}) from None
