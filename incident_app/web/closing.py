"""Closing a case: everything that is missing with its place, closing all the same with a second person, opening it again."""

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from incident_app.domain.accounts import Permission
from incident_app.domain.closing import Gap, GapKind, hash_of
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.closing import Closing
from incident_app.services import accounts, cases, closing, proposals
from incident_app.web.answers import form_errors, whole
from incident_app.web.errors import status_of
from incident_app.web.forms.cases import CloseForm
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.overview import case_frame
from incident_app.web.stays import stays
from incident_app.wiring import now

bp = Blueprint("closing", __name__)
DUTIES = {GapKind.UNDECIDED, GapKind.OWED, GapKind.LATE}
SENDS = {GapKind.SENDING, GapKind.UNEVEN, GapKind.UNCERTAIN}
LABELS = {GapKind.RISK: "Decide", GapKind.SECTOR: "Duties", GapKind.UNPROVED: "The filing", GapKind.ACTION: "The action",
          GapKind.UNCHECKED: "Check it", GapKind.EFFECT: "Look at it",
          GapKind.REVIEW: "The review"}


def place(gap: Gap, ref: str) -> str:
    """Return the address where a gap is closed."""
    if gap.kind in DUTIES:
        return url_for("obligations.of_case", ref=ref, _anchor=f"duty-{gap.subject}")
    if gap.kind in SENDS:
        return url_for("deliveries.show", ref=ref, number=int(gap.subject))
    match gap.kind:
        case GapKind.RISK:
            return url_for("risk.assess", ref=ref)
        case GapKind.UNPROVED:
            return url_for("filings.show", ref=ref, number=int(gap.subject))
        case GapKind.ACTION | GapKind.UNCHECKED | GapKind.EFFECT:
            return url_for("remediation.of_case", ref=ref, _anchor=f"action-{gap.subject}")
        case GapKind.REVIEW:
            return url_for("review.show", ref=ref)
        case _:
            return url_for("obligations.of_case", ref=ref, _anchor="hanging-h")


def _label(gap: Gap) -> str:
    return "The duty" if gap.kind in DUTIES else "The send" if gap.kind in SENDS else LABELS[gap.kind]


def _over(case: Case) -> dict[str, Any] | None:
    """Return the request to close over gaps, as the pages show it."""
    asked = cases.asked_closing_over(db.session(), case, now=now())
    if asked is None:
        return None
    return {"asked": asked.proposal, "gaps": asked.gaps, "void": asked.void, "why_not": proposals.why_not(asked.proposal, actor()),
            "who": accounts.names(db.session()).get(asked.proposal.asked_by_id, "")}


def _kept(case: Case) -> list[dict[str, Any]]:
    """Return every closing, the newest first, as it is shown."""
    names = accounts.names(db.session())
    return [_shown(one, names) for one in closing.of_closings(db.session(), case.id)]


def _shown(one: Closing, names: dict[int, str]) -> dict[str, Any]:
    return {
        "number": one.number, "at": one.at, "by": names.get(one.by_id or 0, ""), "asked_by": names.get(one.asked_by_id or -1, ""),
        "reason": one.reason, "gaps": one.gaps or [], "reopened_at": one.reopened_at, "reopen_reason": one.reopen_reason,
        "reopened_by": names.get(one.reopened_by_id or -1, ""), "review_hash": one.review_hash,
    }


@bp.app_context_processor
def helpers() -> dict[str, object]:
    """Let every page of a case show who asks to close it over gaps, and how it was closed."""
    return {"over_of": _over, "closings_of": _kept}


def page(case: Case, form: CloseForm, status: int = 200) -> ResponseReturnValue:
    """Show what is missing, or the form that closes."""
    found = closing.gaps(db.session(), case, now()) if case.closed_at is None else ()
    frame = case_frame(db.session(), case, actor(), now())
    return render_template(
        "pages/cases/close.html", tab="overview", form=form, seen=hash_of(found),
        gaps=[(one, place(one, case.ref), _label(one)) for one in found], **frame), status


@bp.post("/cases/<ref>/close/over")
@allowed(Permission.ASK_APPROVER)
def ask(ref: str) -> ResponseReturnValue:
    """Ask a second person to close the case over what is open."""
    case, form = case_or_404(ref), CloseForm()
    try:
        cases.ask_closing_over(db.session(), case.id, form.reason.data or "", seen=form.seen.data or "",
                               version=whole(form.version.data), by=actor(), now=now())
    except Refused as refused:
        if isinstance(refused, NotFound | Forbidden):
            raise
        form_errors(form, refused)
        return page(case_or_404(ref), _anew(ref, form, refused), status_of(refused))
    flash("Asked. A second person, an approver, decides whether it is closed over what is open.", "done")
    return redirect(url_for("cases.close", ref=ref))


def _anew(ref: str, form: CloseForm, refused: Refused) -> CloseForm:
    """Give back what was typed; where somebody was faster, with the version that is read now."""
    if not isinstance(refused, Conflict):
        return form
    again = CloseForm(MultiDict({"reason": form.reason.data or "", "version": str(case_or_404(ref).version)}))
    again.reason.errors = list(form.reason.errors)
    return again


@bp.post("/cases/<ref>/close/over/<uuid:asked>")
@allowed(Permission.CLOSE_CASE)
@fresh
@stays("cases.show")
def answer(ref: str, asked: uuid.UUID) -> ResponseReturnValue:
    """Agree to close over exactly these gaps, or refuse with a reason."""
    case, agreed = case_or_404(ref), request.form.get("answer") == "agree"
    cases.answer_closing_over(db.session(), case.id, str(asked), agreed=agreed, reason=request.form.get("reason", ""), by=actor(),
                              now=now())
    flash(f"{ref} is closed. What was open stays on record, with both names." if agreed else "Refused. The case stays open.", "done")
    return redirect(url_for("cases.show", ref=ref))


@bp.post("/cases/<ref>/reopen")
@allowed(Permission.CLOSE_CASE)
@fresh
@stays("cases.show")
def reopen(ref: str) -> ResponseReturnValue:
    """Open a closed case again; its record and its former closing stay."""
    case = case_or_404(ref)
    cases.reopen(db.session(), case.id, request.form.get("reason", ""), by=actor(), now=now())
    flash(f"{ref} is open again. Its former closing stays on record.", "done")
    return redirect(url_for("cases.show", ref=ref))
