"""The review of a case: it writes itself from the record, people add judgement, two sign it, it prints."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Conflict, Forbidden, Refused, Stale
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, reports, review
from incident_app.services.review import Look
from incident_app.web import conflicts
from incident_app.web.answers import form_errors, whole
from incident_app.web.errors import status_of
from incident_app.web.filings import pdf_response
from incident_app.web.forms.review import ReviewForm
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.keeping import own
from incident_app.web.overview import case_frame
from incident_app.wiring import now, ports

bp = Blueprint("review", __name__)


def _start(form: ReviewForm, seen: Look) -> ReviewForm:
    words = seen.words
    form.version.data = str(words.number if words else 0)
    form.judgement.data, form.to_change.data = (words.judgement, words.to_change) if words else ("", "")
    return form


def _as_it_is(ref: str) -> conflicts.Record:
    """Return the words as they are now, for who was slower."""
    case = case_or_404(ref)
    seen = review.look(db.session(), case)
    form = _start(ReviewForm(formdata=None), seen)
    return conflicts.Record(
        f"Review of {ref}", url_for("review.show", ref=ref), "review", ref, case.id, seen.words.number if seen.words else 0,
        conflicts.fields_of(form), conflicts.shown_of(form))


def _page(case: Case, form: ReviewForm | None = None, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    seen = review.look(session, case)
    if form is None:
        form = _start(ReviewForm(formdata=None), seen)
        form.base.data = conflicts.remember(conflicts.fields_of(form))
    return render_template(
        "pages/review/show.html", tab="review", seen=seen, facts=shown(seen.facts), lasting=reports.hours_of(seen.facts),
        whom=reports.whom_of(seen.facts), theirs=_theirs(seen.facts), form=form, names=accounts.names(session),
        why_not=review.why_not(seen, actor()), **case_frame(session, case, actor(), now())), status


def _theirs(facts: dict[str, Any]) -> str:
    theirs = facts.get("controllers")
    return reports.controllers_words(theirs) if theirs else ""


def shown(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts that were kept as JSON with their moments as moments."""
    return {name: _moments(value) for name, value in facts.items()}


def _moments(value: Any) -> Any:
    match value:
        case list():
            return [_moments(one) for one in value]
        case dict():
            return {name: datetime.fromisoformat(one) if one and name in _MOMENTS else _moments(one) for name, one in value.items()}
        case _:
            return value


_MOMENTS = frozenset({"at", "since", "until", "due_at", "told_at"})


@bp.get("/cases/<ref>/review")
@allowed(Permission.SEE_CASES)
def show(ref: str) -> ResponseReturnValue:
    """Show the review of a case."""
    return _page(case_or_404(ref))


@bp.post("/cases/<ref>/review")
@allowed(Permission.WRITE_REVIEW)
def save(ref: str) -> ResponseReturnValue:
    """Keep a further version of the words; who was slower sees both texts."""
    case, form = case_or_404(ref), ReviewForm(conflicts.posted())
    try:
        review.save(db.session(), case.id, form.judgement.data or "", form.to_change.data or "", version=whole(form.version.data),
                    by=actor(), now=now())
    except Stale:
        return conflicts.page(_as_it_is(ref), conflicts.fields_of(form))
    except Refused as refused:
        if not refused.problems:
            raise
        form_errors(form, refused)
        return _page(case_or_404(ref), form, 422)
    flash("The words are saved. Signatures under the words before are void.", "done")
    return redirect(url_for("review.show", ref=ref))


@bp.post("/cases/<ref>/review/sign")
@allowed(Permission.SIGN_REVIEW)
@fresh
def sign(ref: str) -> ResponseReturnValue:
    """Sign exactly what the page showed."""
    case = case_or_404(ref)
    try:
        review.sign(db.session(), case.id, request.form.get("content", ""), by=actor(), now=now(), method=own().way)
    except (Conflict, Forbidden) as refused:
        flash(refused.reason, "late")
        return _page(case_or_404(ref), status=status_of(refused))
    flash("Signed.", "done")
    return redirect(url_for("review.show", ref=ref))


@bp.get("/cases/<ref>/review.pdf")
@allowed(Permission.SEE_CASES)
def pdf(ref: str) -> ResponseReturnValue:
    """Print the review."""
    case, missing = case_or_404(ref), ports().pdf.available()
    if missing:
        return render_template("pages/reports/no_pdf.html", words=missing, back=url_for("review.show", ref=ref)), 409
    return pdf_response(reports.review_pdf(db.session(), case.id, by=actor(), now=now(), pdf=ports().pdf), f"{ref}-review.pdf")
