"""Step 5 of a notice: what will be frozen, who asks for it, who approves it or sends it back."""

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField

from incident_app.domain.accounts import Permission
from incident_app.domain.recipients import at_domain, crowd_words
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList
from incident_app.services import accounts, cases, notices, recipients
from incident_app.web import notices as wizard
from incident_app.web.answers import form_errors
from incident_app.web.errors import status_of
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.keeping import own
from incident_app.web.notice_text import to, version_in
from incident_app.web.stays import stays, with_typed
from incident_app.web.submitting import once
from incident_app.web.wizard import frame, said_first
from incident_app.wiring import now, ports


class ReasonForm(FlaskForm):
    """Why something is done."""

    version = HiddenField()
    reason = TextAreaField("What should be different?")


def _approval_page(ref: str, notice: Notice, form: ReasonForm) -> str:
    session = db.session()
    form.version.data = str(notice.version)
    return render_template(
        "pages/notices/approval.html", form=form, checks=notices.check(session, notice.id),
        why_not=notices.why_not(session, notice, actor()), content=notices.bound_hash(notice, ports().envelope),
        labels={code: notices.wording(code).label for code in notice.texts}, names=accounts.names(session),
        read=notices.read_by_all(session, notice), seen=notices.reach(session, notice),
        crowd=_crowd(session.get_one(RecipientList, notice.list_id)),
        **said_first(notice, case_or_404(ref)), **frame(notice, case_or_404(ref), "approval"),
    )


def _crowd(people: RecipientList) -> dict[str, object]:
    return {"words": crowd_words(people.crowded) if people.crowded else "",
            "own": at_domain(people.domains, cases.organisation(db.session()).dpo_email)}


@wizard.bp.post("/cases/<ref>/notices/<int:number>/approval/crowd")
@allowed(Permission.DRAFT_NOTICE)
@stays("notices.approval")
def accept_crowd(ref: str, number: int) -> ResponseReturnValue:
    """Say why so many addresses of the list end in one mailbox."""
    notice = wizard.found(ref, number)
    recipients.accept_crowd(db.session(), notice.case_id, notice.list_id, request.form.get("reason", ""), by=actor(), now=now())
    flash("Kept. Whoever approves it reads your reason.", "done")
    return to("approval", notice, ref)


@wizard.bp.get("/cases/<ref>/notices/<int:number>/approval")
@allowed(Permission.SEE_NOTICES)
def approval(ref: str, number: int) -> ResponseReturnValue:
    """Step 5: what will be frozen, and who may approve it."""
    return _approval_page(ref, wizard.found(ref, number), ReasonForm(formdata=None))


@wizard.bp.post("/cases/<ref>/notices/<int:number>/approval/ask")
@allowed(Permission.DRAFT_NOTICE)
def ask(ref: str, number: int) -> ResponseReturnValue:
    """Put the draft up for approval."""
    notice, form = wizard.found(ref, number), ReasonForm()
    try:
        notices.ask_approval(db.session(), notice.id, version=version_in(form), by=actor(), now=now(),
                             envelope=ports().envelope)
    except Refused as refused:
        flash(" ".join([refused.reason, *refused.problems.values()]), "late")
        page = _approval_page(ref, wizard.found(ref, number), ReasonForm(formdata=None))
        return with_typed(page, url_for("notices.accept_crowd", ref=ref, number=number)) or page, status_of(refused)
    flash("Waiting for a second person to approve it.", "done")
    return to("approval", notice, ref)


@wizard.bp.post("/cases/<ref>/notices/<int:number>/approval/give")
@allowed(Permission.APPROVE_NOTICE)
@fresh
@once("notices.sending")
@stays("notices.approval")
def approve(ref: str, number: int) -> ResponseReturnValue:
    """Approve exactly what the page showed."""
    notice, form = wizard.found(ref, number), ReasonForm()
    notices.approve(db.session(), notice.id, version=version_in(form), by=actor(), now=now(),
                    envelope=ports().envelope, method=own().way)
    flash("Approved. Any edit takes the approval back.", "done")
    return to("sending", notice, ref)


@wizard.bp.post("/cases/<ref>/notices/<int:number>/approval/refuse")
@allowed(Permission.APPROVE_NOTICE)
def send_back(ref: str, number: int) -> ResponseReturnValue:
    """Give it back to its writers, with the reason."""
    notice, form = wizard.found(ref, number), ReasonForm()
    try:
        notices.send_back(db.session(), notice.id, form.reason.data or "", version=version_in(form), by=actor(),
                          now=now())
    except Refused as refused:
        form_errors(form, refused)
        return _approval_page(ref, wizard.found(ref, number), form), status_of(refused)
    flash("Sent back, with your reason.", "done")
    return to("message", notice, ref)
