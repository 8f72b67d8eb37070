"""Sending the uncertain once more: ask for it, answer as the second person."""

import uuid

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.numbers import people_words
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import accounts, deliveries, notices, proposals
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.stays import stays
from incident_app.wiring import now, wake

bp = Blueprint("resending", __name__)
AT = "/cases/<ref>/notices/<int:number>/delivery/uncertain/again"


@bp.app_context_processor
def helpers() -> dict[str, object]:
    """Let the delivery page show what waits for a second person."""

    def resend_of(notice: Notice) -> dict[str, object] | None:
        asked = deliveries.waiting_resend(db.session(), notice, now=now())
        if asked is None:
            return None
        return {"asked": asked, "why_not": proposals.why_not(asked, actor()),
                "who": accounts.names(db.session()).get(asked.asked_by_id, "")}

    return {"resend_of": resend_of}


def _found(ref: str, number: int) -> Notice:
    return notices.find(db.session(), case_or_404(ref).id, number)


@bp.post(AT)
@allowed(Permission.PROPOSE_RESEND)
@stays("deliveries.show")
def ask(ref: str, number: int) -> ResponseReturnValue:
    """Ask for the uncertain to be sent their message once more."""
    deliveries.ask_resend(db.session(), _found(ref, number).id, reason=request.form.get("reason", ""), by=actor(), now=now())
    flash("Asked. An approver who is somebody else decides.", "done")
    return redirect(url_for("deliveries.show", ref=ref, number=number))


@bp.post(AT + "/<uuid:asked>")
@allowed(Permission.RESOLVE_UNCERTAIN)
@fresh
@stays("deliveries.show")
def answer(ref: str, number: int, asked: uuid.UUID) -> ResponseReturnValue:
    """Agree, and they are queued once more; or refuse with a reason."""
    form, agreed = request.form, request.form.get("answer") == "agree"
    count = deliveries.answer_resend(db.session(), _found(ref, number).id, str(asked), agreed=agreed,
                                     reason=form.get("reason", ""), by=actor(), now=now())
    if agreed:
        wake("tasks.deliveries.pump")
    flash(f"{people_words(count)} {'is' if count == 1 else 'are'} sent it once more." if agreed else "Refused. Nobody is sent it again.", "done")
    return redirect(url_for("deliveries.show", ref=ref, number=number))
