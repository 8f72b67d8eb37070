"""The ladders as pages: sentence-like rows, and whom each would wake when if it started now."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.alerts import KIND_WORDS, Ladder
from incident_app.domain.refusals import Conflict, Refused
from incident_app.extensions import db
from incident_app.services import alerts
from incident_app.web.answers import form_errors, whole
from incident_app.web.forms.ladders import LadderForm
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now

bp = Blueprint("ladders", __name__)
NEXT_STEP_MINUTES = 10


def _readable(body: dict[str, Any]) -> Ladder | None:
    try:
        return rules.read(body)
    except Refused:
        return None


def _page(kind: str, form: LadderForm, status: int = 200) -> ResponseReturnValue:
    session, at = db.session(), now()
    page = alerts.ladder(session, kind, by=actor(), now=at)
    written = _readable(form.body())
    return render_template(
        "pages/alerts/ladder.html", page=page, form=form, kinds=KIND_WORDS, most=rules.MOST_STEPS,
        steps=alerts.preview_ladder(session, written, now=at) if written else (), zone=_zone(),
    ), status


def _zone() -> str:
    return str(current_user.zone)


@bp.get("/oncall/ladders/<kind>")
@allowed(Permission.SEE_LADDERS)
def show(kind: str) -> ResponseReturnValue:
    """Show one ladder."""
    page = alerts.ladder(db.session(), kind, by=actor(), now=now())
    return _page(kind, LadderForm.of(rules.plain(page.ladder), page.version))


@bp.post("/oncall/ladders/<kind>")
@allowed(Permission.MANAGE_LADDERS)
def save(kind: str) -> ResponseReturnValue:
    """Add or drop a step without keeping anything yet, go back to the default, or keep the ladder as it is written."""
    form = LadderForm()
    body, version = form.body(), _version(form)
    if "add" in request.form or "drop" in request.form:
        return _page(kind, LadderForm.of({**body, "steps": _other_steps(body["steps"])}, version))
    if "look" in request.form:
        return _page(kind, form)
    try:
        if "reset" in request.form:
            alerts.reset_ladder(db.session(), kind, version=version, by=actor(), now=now())
        else:
            alerts.save_ladder(db.session(), kind, body, version=version, by=actor(), now=now())
    except Conflict as refused:
        form_errors(form, refused)
        return _page(kind, form, 409)
    except Refused as refused:
        form_errors(form, refused)
        return _page(kind, form, 422)
    flash("The ladder is saved. Open deadlines follow it; alerts that run go on as they began.", "done")
    return redirect(url_for("ladders.show", kind=kind))


def _version(form: LadderForm) -> int:
    written = (form.version.data or "").strip()
    return 0 if written == "0" else whole(written) or -1


def _other_steps(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps without the one to be dropped, or with one more at the end."""
    drop = request.form.get("drop", "")
    if drop.isascii() and drop.isdecimal():
        return [step for number, step in enumerate(steps) if str(number) != drop]
    last = max((step["after_minutes"] or 0 for step in steps), default=-NEXT_STEP_MINUTES)
    return [*steps, {"after_minutes": last + NEXT_STEP_MINUTES, "who": "everyone", "ways": "both"}]
