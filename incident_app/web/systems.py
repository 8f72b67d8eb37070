"""The systems of the organisation's profile: what holds whose data, and every version of it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField, TextAreaField

from incident_app.domain.accounts import Permission, may
from incident_app.domain.organisation import lines
from incident_app.domain.refusals import Forbidden, Refused, Stale
from incident_app.domain.systems import LISTS, Facts
from incident_app.extensions import db
from incident_app.models.systems import ProfileVersion, System
from incident_app.services import accounts, cases, profile, systems
from incident_app.web import conflicts
from incident_app.web.answers import form_errors, whole
from incident_app.web.errors import status_of
from incident_app.web.forms.choices import SelectMultipleField
from incident_app.web.guard import actor, allowed
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("systems", __name__)
LABELS = {
    "name": "Name", "description": "What it is", "place": "Where it runs", "data_categories": "Kinds of data",
    "people_kinds": "Whose data", "purposes": "What the data are for", "processors": "Processors",
    "transfers": "Transfers outside", "retention": "How long data are kept", "list_source": "Where a list of the people comes from",
}


class SystemForm(FlaskForm):
    """What is known of a system."""

    version = HiddenField()
    base = HiddenField()
    name = StringField(LABELS["name"])
    description = TextAreaField(LABELS["description"])
    place = StringField(LABELS["place"])
    data_categories = SelectMultipleField(LABELS["data_categories"], validate_choice=False)
    people_kinds = SelectMultipleField(LABELS["people_kinds"], validate_choice=False)
    purposes = TextAreaField(LABELS["purposes"])
    processors = TextAreaField(LABELS["processors"])
    transfers = TextAreaField(LABELS["transfers"])
    retention = TextAreaField(LABELS["retention"])
    list_source = TextAreaField(LABELS["list_source"])


def _form(system: System | None, posted: MultiDict[str, str] | None) -> SystemForm:
    law, form = ports().law, SystemForm(posted)
    form.data_categories.choices = [(name, one.label) for name, one in law.categories.items()]
    form.people_kinds.choices = list(law.people.items())
    if posted is None and system is not None:
        for name, value in systems.facts_of(system).to_json().items():
            form[name].data = "\n".join(value) if name == "processors" else value
        form.version.data = str(system.version)
        form.base.data = conflicts.remember(conflicts.fields_of(form))
    return form


def _facts(form: SystemForm) -> Facts:
    given: dict[str, Any] = {name: form[name].data or "" for name in LABELS if name not in LISTS}
    return Facts(**given, data_categories=tuple(form.data_categories.data or ()), people_kinds=tuple(form.people_kinds.data or ()),
                 processors=lines(form.processors.data or ""))


def labels() -> dict[str, str]:
    """Return data categories and kinds of people in words, by id."""
    law = ports().law
    return {name: one.label for name, one in law.categories.items()} | dict(law.people)


def _said(name: str, value: Any) -> str:
    if name == "retired":
        return "yes" if value else "no"
    words: dict[str, str] = labels() if name in LISTS else {}
    return ", ".join(words.get(str(one), str(one)) for one in value) if isinstance(value, list) else str(value or "")


def _changes(one: ProfileVersion) -> list[tuple[str, str, str]]:
    told = {"retired": "Offered no more", **LABELS}
    return [(told[name], _said(name, before), _said(name, after)) for name, before, after in profile.differing(one)
            if name in told and (before or after)]


def _one(system: System, form: SystemForm, status: int = 200) -> ResponseReturnValue:
    session, found = db.session(), systems.facts_of(system).to_json()
    return render_template(
        "pages/systems/show.html", system=system, form=form, writes=may(actor(), Permission.MANAGE_SYSTEMS),
        facts=[(label, _said(name, found[name])) for name, label in LABELS.items() if name != "name"],
        versions=[(one, _changes(one)) for one in profile.versions(session, profile.SYSTEM, system.id)],
        names=accounts.names(session), zone=cases.organisation(session).zone,
    ), status


@bp.get("/systems")
@allowed(Permission.SEE_SYSTEMS)
def every() -> ResponseReturnValue:
    """Show the systems by name."""
    words = labels()
    rows = [(one, systems.facts_of(one)) for one in systems.every(db.session(), by=actor())]
    return render_template("pages/systems/list.html", rows=rows, words=words)


@bp.route("/systems/new", methods=["GET", "POST"])
@allowed(Permission.MANAGE_SYSTEMS)
@once("systems.every")
def add() -> ResponseReturnValue:
    """Enter a system."""
    form, status = _form(None, request.form if request.method == "POST" else None), 200
    if request.method == "POST":
        try:
            made = systems.add(db.session(), _facts(form), by=actor(), now=now(), law=ports().law)
        except Refused as refused:
            form_errors(form, refused)
            status = status_of(refused)
        else:
            flash(f"“{made.name}” can be picked in every case from now on.", "done")
            return redirect(url_for("systems.show", system_id=made.id))
    return render_template("pages/systems/new.html", form=form), status


def _as_it_is(system_id: int) -> conflicts.Record:
    """Return it as it is now, for who was slower."""
    system = systems.find(db.session(), system_id, by=actor())
    form = _form(system, None)
    return conflicts.Record(system.name, url_for("systems.show", system_id=system_id), "system", system_id, None,
                            system.version, conflicts.fields_of(form), conflicts.shown_of(form))


@bp.route("/systems/<int:system_id>", methods=["GET", "POST"])
@allowed(Permission.SEE_SYSTEMS)
def show(system_id: int) -> ResponseReturnValue:
    """Show a system with its versions, and write down what is known now."""
    system = systems.find(db.session(), system_id, by=actor())
    if request.method == "GET":
        return _one(system, _form(system, None))
    if not may(actor(), Permission.MANAGE_SYSTEMS):
        raise Forbidden("You may read this, not change it.")
    form = _form(system, conflicts.posted())
    try:
        systems.change(db.session(), system_id, _facts(form), version=whole(form.version.data), by=actor(), now=now(),
                       law=ports().law)
    except Stale:
        return conflicts.page(_as_it_is(system_id), conflicts.fields_of(form))
    except Refused as refused:
        form_errors(form, refused)
        return _one(systems.find(db.session(), system_id, by=actor()), form, status_of(refused))
    flash("Saved as a new version. Cases keep the one they were given.", "done")
    return redirect(url_for("systems.show", system_id=system_id))


@bp.post("/systems/<int:system_id>/<any(retire, use):verb>")
@allowed(Permission.MANAGE_SYSTEMS)
@once("systems.show")
def retire(system_id: int, verb: str) -> ResponseReturnValue:
    """Offer a system no more, or again."""
    systems.retire(db.session(), system_id, retired=verb == "retire", version=whole(request.form.get("version")), by=actor(),
                   now=now())
    flash("Cases that have it keep it." if verb == "retire" else "It can be picked again.", "done")
    return redirect(url_for("systems.show", system_id=system_id))
