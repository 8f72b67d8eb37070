"""Who sees a case: chosen by an approver or its owner."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import cases, scope, teams
from incident_app.web.answers import form_errors
from incident_app.web.forms.choices import SelectField, SelectMultipleField
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.wiring import now

bp = Blueprint("readers", __name__)
WHOLE = 0


class ReadersForm(FlaskForm):
    """Whose case it is, and who reads it where it is restricted."""

    version = HiddenField()
    team = SelectField("Team", coerce=int, default=WHOLE)
    restricted = BooleanField("Restricted")
    readers = SelectMultipleField("Who reads it", coerce=int)


def _form() -> ReadersForm:
    form, session = ReadersForm(), db.session()
    form.team.choices = [(WHOLE, "The whole organisation"), *teams.names(session).items()]
    form.readers.choices = cases.possible_readers(session)
    return form


def _start(form: ReadersForm, case: Case) -> None:
    form.version.data, form.team.data, form.restricted.data = str(case.version), case.team_id or WHOLE, case.restricted
    form.readers.data = sorted(cases.readers_of(db.session(), case.id) or {actor().id})


@bp.route("/cases/<ref>/readers", methods=["GET", "POST"])
@allowed(Permission.CHOOSE_READERS)
def choose(ref: str) -> ResponseReturnValue:
    """Choose whose case it is, and whether only who is listed reads it."""
    case, session, form, status = case_or_404(ref), db.session(), _form(), 200
    if not cases.audience(session, case, by=actor()).may_change:
        raise Forbidden("Who sees a case is chosen by an approver, or by who owns it, until it is closed.")
    if request.method == "GET":
        _start(form, case)
    elif form.validate():
        version = form.version.data or ""
        try:
            cases.choose_readers(
                session, case.id, team_id=form.team.data or None, restricted=form.restricted.data,
                readers=frozenset(form.readers.data or ()), by=actor(), now=now(),
                version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
            )
        except Refused as refused:
            form_errors(form, refused)
            status = 409 if isinstance(refused, Conflict) else 422
        else:
            return _done(case)
    else:
        status = 422
    frame = case_frame(session, case, actor(), now())
    return render_template("pages/cases/readers.html", tab="overview", form=form, **frame), status


def _done(case: Case) -> ResponseReturnValue:
    flash(f"Who sees {case.ref} is saved, and recorded.", "done")
    if scope.reads(db.session(), case.id, by=actor()):
        return redirect(url_for("cases.show", ref=case.ref))
    return redirect(url_for("reports.register"))
