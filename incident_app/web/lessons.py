"""Why a breach happened and what was learnt: read, written down version by version."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField, TextAreaField

from incident_app.domain.accounts import Permission, may
from incident_app.domain.cases import CaseState
from incident_app.domain.lessons import LONGEST_WHY, MOST_WHYS, Lessons
from incident_app.domain.refusals import Forbidden, Refused, Stale
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, lessons
from incident_app.web import conflicts
from incident_app.web.answers import form_errors, whole
from incident_app.web.errors import status_of
from incident_app.web.forms.choices import SelectField, SelectMultipleField
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("lessons", __name__)
WHYS = [f"why_{number}" for number in range(1, MOST_WHYS + 1)]
PLAIN = ("cause", "cause_words", "went_well", "differently")


class LessonsForm(FlaskForm):
    """Cause, what let it happen, the chain of whys, and what was learnt."""

    version = HiddenField()
    base = HiddenField()
    cause = SelectField("Root cause", validate_choice=False)
    factors = SelectMultipleField("What let it happen, or made it worse", validate_choice=False)
    cause_words = TextAreaField("The cause in words")
    why_1 = StringField("Why did it happen?")
    why_2 = StringField("Why was that so?")
    why_3 = StringField("And why that?")
    why_4 = StringField("Why? (4)")
    why_5 = StringField("Why? (5)")
    why_6 = StringField("Why? (6)")
    why_7 = StringField("Why? (7)")
    went_well = TextAreaField("What went well")
    differently = TextAreaField("What we would do differently")


def _form(case: Case, posted: MultiDict[str, str] | None) -> LessonsForm:
    """Return the form with what counts now in it, or with what was posted."""
    row = lessons.latest(db.session(), case.id)
    said, words, form = lessons.plain(row), ports().law.words, LessonsForm(posted)
    families = {family: [(one.id, one.label) for one in causes] for family, causes in words.families().items()}
    gone = [(said.cause, said.cause)] if said.cause and said.cause not in words.causes else []
    form.cause.choices = {"": [("", "Not known yet"), *gone], **families}
    form.factors.choices = [*words.factors.items(), *((one, one) for one in said.factors if one not in words.factors)]
    if posted is None:
        for name in PLAIN:
            form[name].data = getattr(said, name)
        if row is None:
            form.cause_words.data = case.cause
        form.factors.data = list(said.factors)
        for name, why in zip(WHYS, said.whys, strict=False):
            form[name].data = why
        form.version.data = str(row.number if row else 0)
        form.base.data = conflicts.remember(conflicts.fields_of(form))
    return form


def _said(form: LessonsForm) -> Lessons:
    texts = {name: form[name].data or "" for name in PLAIN}
    return Lessons(factors=tuple(form.factors.data or ()), whys=tuple(form[name].data or "" for name in WHYS), **texts)


def _as_it_is(ref: str) -> conflicts.Record:
    """Return what counts now, for who was slower."""
    case = case_or_404(ref)
    form = _form(case, None)
    return conflicts.Record(f"Cause and lessons of {ref}", url_for("lessons.of_case", ref=ref), "lessons", ref, case.id,
                            whole(form.version.data), conflicts.fields_of(form), conflicts.shown_of(form))


def _page(case: Case, form: LessonsForm, status: int = 200) -> ResponseReturnValue:
    session, by = db.session(), actor()
    found = lessons.versions(session, case.id)
    writes = may(by, Permission.EDIT_CASE) and case.state != CaseState.CLOSED.value and case.id not in by.opened
    return render_template(
        "pages/lessons/of_case.html", tab="lessons", form=form, writes=writes, versions=found, whys=[form[name] for name in WHYS],
        longest=LONGEST_WHY, said=lessons.plain(found[0]) if found else None, plain=lessons.plain, words=ports().law.words,
        names=accounts.names(session), **case_frame(session, case, by, now()),
    ), status


@bp.route("/cases/<ref>/lessons", methods=["GET", "POST"])
@allowed(Permission.SEE_CASES)
@once("lessons.of_case")
def of_case(ref: str) -> ResponseReturnValue:
    """Show why it happened and what was learnt, and write a new version."""
    case = case_or_404(ref)
    if request.method == "GET":
        return _page(case, _form(case, None))
    if not may(actor(), Permission.EDIT_CASE):
        raise Forbidden("You may read this, not write it.")
    form = _form(case, conflicts.posted())
    try:
        lessons.save(db.session(), case.id, _said(form), version=whole(form.version.data), by=actor(), now=now(),
                     words=ports().law.words)
    except Stale:
        return conflicts.page(_as_it_is(ref), conflicts.fields_of(form))
    except Refused as refused:
        problems = {"why_1" if name == "whys" else name: words for name, words in refused.problems.items()}
        form_errors(form, Refused(refused.reason, problems))
        return _page(case_or_404(ref), form, status_of(refused))
    flash("Cause and lessons are written down.", "done")
    return redirect(url_for("lessons.of_case", ref=ref))
