"""How somebody looks at the register: columns they choose, views they save."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Forbidden, NotFound, Refused
from incident_app.domain.register import FIELDS
from incident_app.domain.reports import Filter
from incident_app.extensions import db
from incident_app.services import reports
from incident_app.services.reports import Look
from incident_app.web import reports as pages
from incident_app.web.conflicts import version_of
from incident_app.web.guard import actor, allowed
from incident_app.web.submitting import once
from incident_app.wiring import now

bp = Blueprint("register", __name__)


def _look() -> Look:
    """Return the view a form describes: the page it was sent from, and what it is to be called."""
    form = request.form
    given = {name: form.get(name, "") for name in FIELDS}
    return Look(name=form.get("name", ""), pill=form.get("filter") or Filter.ALL.value, given=given,
                columns=form.getlist("columns"), shared=form.get("shared") == "y")


@bp.post("/register/columns")
@allowed(Permission.SEE_CASES)
@once("reports.register")
def columns() -> ResponseReturnValue:
    """Remember the columns somebody wants to see; in a view they are shown, and kept once the view is saved."""
    asks: dict[str, Any] = {name: text for name in (*FIELDS, "filter", "view") if (text := request.form.get(name))}
    try:
        kept = reports.choose_columns(db.session(), request.form.getlist("columns"), by=actor(), now=now())
    except Refused as refused:
        return pages.page(request.args, refused)
    shown = [one.value for one in kept] if "view" in asks else None
    return redirect(url_for("reports.register", **asks, columns=shown))


@bp.post("/register/views")
@allowed(Permission.SEE_CASES)
@once("reports.register")
def save() -> ResponseReturnValue:
    """Save what is shown as a view."""
    try:
        view = reports.save_view(db.session(), _look(), by=actor(), now=now())
    except Refused as refused:
        return pages.page(request.form, refused)
    flash(f"The view “{view.name}” is saved.", "done")
    return redirect(url_for("reports.register", view=view.public_id))


@bp.post("/register/views/<view_id>")
@allowed(Permission.SEE_CASES)
@once("reports.register")
def change(view_id: str) -> ResponseReturnValue:
    """Change a view to what is shown, or what it is called."""
    try:
        view = reports.change_view(db.session(), view_id, _look(), version=version_of(request.form) or 0, by=actor(), now=now())
    except Refused as refused:
        if isinstance(refused, NotFound | Forbidden):
            raise
        return pages.page(request.form, refused)
    flash(f"The view “{view.name}” is changed.", "done")
    return redirect(url_for("reports.register", view=view.public_id))


@bp.post("/register/views/<view_id>/remove")
@allowed(Permission.SEE_CASES)
@once("reports.register")
def remove(view_id: str) -> ResponseReturnValue:
    """Remove a view of one's own."""
    reports.remove_view(db.session(), view_id, version=version_of(request.form) or 0, by=actor(), now=now())
    flash("The view is removed. No breach was.", "done")
    return redirect(url_for("reports.register"))
