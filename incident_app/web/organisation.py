"""The details of the organisation: what filings and letters say about it."""

from dataclasses import asdict, fields
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, StringField, TextAreaField

from incident_app.domain.accounts import Permission
from incident_app.domain.organisation import contacts_from, contacts_text, establishments_from, lines
from incident_app.domain.refusals import Refused, Stale
from incident_app.extensions import db
from incident_app.models.systems import ProfileVersion
from incident_app.services import accounts, cases, organisation, profile
from incident_app.services.organisation import Details
from incident_app.web import conflicts
from incident_app.web.answers import form_errors
from incident_app.web.forms.cases import zones
from incident_app.web.forms.choices import SelectField
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now

bp = Blueprint("organisation", __name__)


class DetailsForm(FlaskForm):
    """Who the controller is."""

    version = HiddenField()
    base = HiddenField()
    name = StringField("Name people know you by")
    legal_name = StringField("Legal name")
    service_name = StringField("Name of the service")
    address = TextAreaField("Address")
    country = StringField("Country of the main establishment")
    subdivision = StringField("Part of the country")
    zone = SelectField("Time zone", validate_choice=False)
    eu_establishment = BooleanField("There is an establishment in the EU")
    covered_entity = BooleanField("We are a covered entity under HIPAA, or work for one")
    dpo_name = StringField("Data protection officer")
    dpo_email = StringField("Email of the data protection officer")
    dpo_phone = StringField("Telephone of the data protection officer")
    website = StringField("Website")
    controllers = TextAreaField("Companies this is for, besides")
    contacts = TextAreaField("Whom to reach")
    establishments = TextAreaField("Establishments")


def _started(posted: MultiDict[str, str] | None) -> DetailsForm:
    home = cases.organisation(db.session())
    details = organisation.details_of(home)
    texts = {"controllers": "\n".join(details.controllers), "contacts": contacts_text(details.contacts),
             "establishments": "\n".join(one.words() for one in details.establishments)}
    form = DetailsForm(posted, data=asdict(details) | texts)
    form.zone.choices = zones()
    if posted is None:
        form.version.data, form.base.data = str(home.version), conflicts.remember(conflicts.fields_of(form))
    return form


def _as_it_is() -> conflicts.Record:
    """Return the details as they are now, for who was slower."""
    form, home = _started(None), cases.organisation(db.session())
    return conflicts.Record("Organisation", url_for("organisation.show"), "organisation", home.id, None, home.version,
                            conflicts.fields_of(form), conflicts.shown_of(form))


@bp.route("/organisation", methods=["GET", "POST"])
@allowed(Permission.MANAGE_SETTINGS)
def show() -> ResponseReturnValue:
    """Show the details, and keep them right."""
    session, status = db.session(), 200
    form = _started(conflicts.posted() if request.method == "POST" else None)
    if request.method == "POST":
        given: dict[str, Any] = {one.name: form[one.name].data or "" for one in fields(Details)}
        given |= {"eu_establishment": form.eu_establishment.data, "covered_entity": form.covered_entity.data,
                  "country": given["country"].upper(), "subdivision": given["subdivision"].upper(),
                  "controllers": lines(given["controllers"]), "contacts": contacts_from(given["contacts"]),
                  "establishments": establishments_from(given["establishments"])}
        try:
            organisation.change(session, Details(**given), version=conflicts.version_of({"version": form.version.data or ""}),
                                by=actor(), now=now())
        except Stale:
            return conflicts.page(_as_it_is(), conflicts.fields_of(form))
        except Refused as refused:
            form_errors(form, refused)
            status = 422
        else:
            flash("Saved. Filings and letters drafted from now on say so.", "done")
            return redirect(url_for("organisation.show"))
    found = organisation.versions(session, by=actor())
    return render_template(
        "pages/law/details.html", form=form, versions=[(one, _changes(form, one)) for one in found], names=accounts.names(session),
        zone=cases.organisation(session).zone), status


def _said(value: Any) -> str:
    """Return what a version says of one field in words."""
    if isinstance(value, list):
        return "\n".join("; ".join(filter(None, one.values())) if isinstance(one, dict) else str(one) for one in value)
    return {True: "yes", False: "no", None: ""}.get(value, str(value)) if not isinstance(value, str) else value


def _changes(form: DetailsForm, one: ProfileVersion) -> list[tuple[str, str, str]]:
    return [(form[name].label.text if name in form else "What we are", _said(before), _said(after))
            for name, before, after in profile.differing(one) if before or after]
