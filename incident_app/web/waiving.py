"""Waiving a finding of the check of a text, and taking that back, from the panel beside it."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import notices
from incident_app.web import notice_text
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.submitting import once
from incident_app.wiring import now

bp = Blueprint("waiving", __name__)


@bp.post("/cases/<ref>/notices/<int:number>/waivers")
@allowed(Permission.DRAFT_NOTICE)
@once("notices.message")
def waive(ref: str, number: int) -> ResponseReturnValue:
    """Say why a finding is right as it is; the approver reads it."""
    notice = notices.find(db.session(), case_or_404(ref).id, number)
    language = notice_text.language_of(notice)

    def act(saved: Notice, check: str, reason: str, version: int) -> str:
        notices.waive(db.session(), saved.id, language, check, reason, version=version, by=actor(), now=now())
        return "Waived for exactly this text. Whoever approves the notice reads your reason."

    return notice_text.take(ref, notice, notice_text.WAIVED, act)


@bp.post("/cases/<ref>/notices/<int:number>/waivers/withdrawn")
@allowed(Permission.DRAFT_NOTICE)
@once("notices.message")
def withdraw(ref: str, number: int) -> ResponseReturnValue:
    """Take a waiver back, with the reason; an approval of a text that is held again is void."""
    notice = notices.find(db.session(), case_or_404(ref).id, number)
    language = notice_text.language_of(notice)

    def act(saved: Notice, check: str, reason: str, version: int) -> str:
        done = notices.withdraw_waiver(db.session(), saved.id, language, check, reason, version=version, by=actor(), now=now())
        return f"The waiver is withdrawn. {done.state_reason}".strip()

    return notice_text.take(ref, notice, notice_text.WAIVED, act)
