"""Breaking the glass of a restricted case: ask, agree, and see what is open at the moment."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.services import break_glass
from incident_app.web.answers import form_errors
from incident_app.web.errors import status_of
from incident_app.web.guard import actor, allowed, fresh
from incident_app.wiring import now

bp = Blueprint("break_glass", __name__)


class AskForm(FlaskForm):
    """Which case, and why."""

    ref = StringField("Number of the case")
    reason = TextAreaField("Why")


def _page(form: AskForm, status: int = 200) -> ResponseReturnValue:
    session, by = db.session(), actor()
    return render_template(
        "pages/break_glass/show.html", form=form, waiting=break_glass.requests(session, by=by, now=now()),
        opened=break_glass.opened(session, by=by, now=now()), zone=str(current_user.zone),
    ), status


@bp.get("/break-glass")
@allowed(Permission.BREAK_GLASS)
def show() -> ResponseReturnValue:
    """Show what waits, what is open, and the form to ask."""
    return _page(AskForm(formdata=None))


@bp.post("/break-glass")
@allowed(Permission.BREAK_GLASS)
@fresh
def ask() -> ResponseReturnValue:
    """Ask to read a restricted case for an hour."""
    form = AskForm()
    try:
        break_glass.ask(db.session(), form.ref.data or "", form.reason.data or "", by=actor(), now=now())
    except Refused as refused:
        form_errors(form, refused)
        return _page(form, status_of(refused))
    flash("Asked. Another approver agrees, within a day. Everybody of the case and every approver is told.", "done")
    return redirect(url_for("break_glass.show"))


@bp.post("/break-glass/<uuid:request_id>/<any(agree, refuse):answer>")
@allowed(Permission.BREAK_GLASS)
@fresh
def answer(request_id: object, answer: str) -> ResponseReturnValue:
    """Agree, and the case is open to who asked for an hour; or refuse; who asked withdraws."""
    form = AskForm()
    try:
        if answer == "agree":
            break_glass.agree(db.session(), str(request_id), by=actor(), now=now())
        else:
            break_glass.refuse(db.session(), str(request_id), form.reason.data or "", by=actor(), now=now())
    except Refused as refused:
        form_errors(form, refused)
        return _page(form, status_of(refused))
    flash("Open for one hour. Everybody of the case and every approver is told." if answer == "agree"
          else "The case stays closed to who asked.", "done")
    return redirect(url_for("break_glass.show"))
