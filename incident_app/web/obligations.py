"""Duties to whoever takes no filing: record that they were told, with the proof."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.cases import local_moment
from incident_app.domain.refusals import NotFound, Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, Obligation, of_case
from incident_app.services import discharging
from incident_app.web.answers import form_errors
from incident_app.web.clocks import tile
from incident_app.web.documents import uploaded
from incident_app.web.errors import status_of
from incident_app.web.forms.filings import HOW_WORDS, LOCAL, SubmittedForm
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.wiring import now, ports

bp = Blueprint("obligations", __name__)
WAYS = [*((how.value, words) for how, words in HOW_WORDS.items()), (discharging.PUBLIC, "In public (Art. 34(3)(c))")]


def _duty(case: Case, duty_id: int) -> Obligation:
    by_hand = (duty for duty in db.session().scalars(of_case(case.id)) if duty.recipient_type not in {"register", "authority"})
    found = next((duty for duty in by_hand if duty.id == duty_id), None)
    if found is None:
        raise NotFound("There is no such duty to record by hand in this case.")
    return found


def _told_at(form: SubmittedForm, case: Case) -> datetime:
    fold = form.fold.data
    return local_moment((form.submitted_at.data or "").strip(), case.zone, int(fold) if fold in {"0", "1"} else None,
                        field="submitted_at")


def _form(duty: Obligation) -> SubmittedForm:
    form = SubmittedForm()
    form.submitted_at.label.text, form.reference.label.text = "When were they told?", "Reference or receipt"
    form.how.choices = WAYS if duty.recipient_type == "data_subjects" else WAYS[:-1]
    return form


def _page(case: Case, duty: Obligation, form: SubmittedForm, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "pages/obligations/told.html", case=case, duty=duty, form=form, clock=tile(duty, now()),
        done=duty.state == DISCHARGED, late=duty.due_at is not None and now() > duty.due_at,
    ), status


@bp.get("/cases/<ref>/duties/<int:duty_id>/told")
@allowed(Permission.SEE_CASES)
def told(ref: str, duty_id: int) -> ResponseReturnValue:
    """Show what is asked to record that they were told; who may not record it reads who may."""
    case = case_or_404(ref)
    duty = _duty(case, duty_id)
    form = _form(duty)
    form.submitted_at.data = now().astimezone(ZoneInfo(case.zone)).strftime(LOCAL)
    return _page(case, duty, form)


@bp.post("/cases/<ref>/duties/<int:duty_id>/told")
@allowed(Permission.MARK_SUBMITTED)
def record(ref: str, duty_id: int) -> ResponseReturnValue:
    """Record when and how they were told, with reference and proof; only then the clock stops."""
    case = case_or_404(ref)
    duty = _duty(case, duty_id)
    form = _form(duty)
    name, _, content = uploaded(form.proof.data)
    try:
        discharging.told(
            db.session(), case.id, duty.id, told_at=_told_at(form, case), how=form.how.data or "",
            reference=form.reference.data or "", proof_name=name, proof_bytes=content,
            late_reason=form.late_reason.data or "", by=actor(), now=now(), vault=ports().vault,
        )
    except Refused as refused:
        form_errors(form, refused)
        return _page(case, duty, form, status_of(refused))
    flash(f"On record: {duty.recipient} was told. The clock has stopped.", "done")
    return redirect(url_for("cases.show", ref=ref))
