"""Teams: who works on whose cases."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import NotFound, Refused
from incident_app.extensions import db
from incident_app.services import accounts, teams
from incident_app.web.answers import form_errors
from incident_app.web.errors import status_of
from incident_app.web.forms.choices import SelectMultipleField
from incident_app.web.guard import actor, allowed, fresh
from incident_app.wiring import now

bp = Blueprint("teams", __name__)


class TeamForm(FlaskForm):
    """What a team is called, and who is in it."""

    version = HiddenField()
    name = StringField("Name")
    members = SelectMultipleField("Members", coerce=int)


def _form(*, empty: bool = False) -> TeamForm:
    form = TeamForm(formdata=None) if empty else TeamForm()
    form.members.choices = [(user.id, user.name or user.email) for user in accounts.everybody(db.session())]
    return form


def _list(form: TeamForm, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    lines, people = teams.every(session, by=actor()), accounts.names(session)
    return render_template("pages/teams/list.html", lines=lines, names=people, form=form), status


@bp.get("/teams")
@allowed(Permission.MANAGE_TEAMS)
def every() -> ResponseReturnValue:
    """Show the teams, and make one."""
    return _list(_form(empty=True))


@bp.post("/teams")
@allowed(Permission.MANAGE_TEAMS)
@fresh
def make() -> ResponseReturnValue:
    """Make a team."""
    form = _form()
    try:
        if not form.validate():
            return _list(form, 422)
        made = teams.make(db.session(), form.name.data or "", frozenset(form.members.data or ()), by=actor(), now=now())
    except Refused as refused:
        form_errors(form, refused)
        return _list(form, status_of(refused))
    flash(f"The team “{made.name}” is made.", "done")
    return redirect(url_for("teams.every"))


def _one(team_id: int, form: TeamForm, status: int = 200) -> ResponseReturnValue:
    line = next((one for one in teams.every(db.session(), by=actor()) if one.team.id == team_id), None)
    if line is None:
        raise NotFound("There is no such team.")
    if request.method == "GET":
        form.version.data, form.name.data, form.members.data = str(line.team.version), line.team.name, list(line.members)
    return render_template("pages/teams/show.html", line=line, form=form), status


@bp.get("/teams/<int:team_id>")
@allowed(Permission.MANAGE_TEAMS)
def show(team_id: int) -> ResponseReturnValue:
    """Show one team."""
    return _one(team_id, _form(empty=True))


@bp.post("/teams/<int:team_id>")
@allowed(Permission.MANAGE_TEAMS)
@fresh
def change(team_id: int) -> ResponseReturnValue:
    """Name a team anew, and say who is in it."""
    form = _form()
    version = form.version.data or ""
    try:
        if not form.validate():
            return _one(team_id, form, 422)
        teams.change(
            db.session(), team_id, form.name.data or "", frozenset(form.members.data or ()), by=actor(), now=now(),
            version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
        )
    except NotFound:
        raise
    except Refused as refused:
        form_errors(form, refused)
        return _one(team_id, form, status_of(refused))
    flash("The team is saved. Who left it sees its cases no more, and owns none of them.", "done")
    return redirect(url_for("teams.every"))
