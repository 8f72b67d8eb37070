"""Trial mode: see whether it is on, ask to end it, agree as the second administrator, turn it on again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import TextAreaField

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.domain.trials import PAGE
from incident_app.extensions import db
from incident_app.services import trials
from incident_app.web.answers import form_errors
from incident_app.web.errors import status_of
from incident_app.web.guard import actor, allowed, fresh
from incident_app.wiring import now, ports, wake

bp = Blueprint("trial_mode", __name__)


class ReasonForm(FlaskForm):
    """Why, or why not."""

    reason = TextAreaField("Why")


def _page(form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    zone = str(current_user.zone)
    standing = trials.look(db.session(), ports().mode, by=actor(), now=now(), zone=zone)
    if standing.asked is not None:
        form.reason.label.text = "Why not"
    return render_template("pages/trials/show.html", form=form, standing=standing, zone=zone), status


def _refused(form: ReasonForm, refused: Refused) -> ResponseReturnValue:
    """Show the page again with what was typed; who may not, or came too late, gets a page of their own."""
    if type(refused) is not Refused:
        raise refused
    form_errors(form, refused)
    return _page(form, status_of(refused))


@bp.get(PAGE)
@allowed(Permission.SEE_HEALTH)
def show() -> ResponseReturnValue:
    """Show how this installation sends, and what waits for a second administrator."""
    return _page(ReasonForm(formdata=None))


@bp.post(PAGE)
@allowed(Permission.MANAGE_SETTINGS)
@fresh
def ask() -> ResponseReturnValue:
    """Ask a second administrator to end trial mode."""
    form = ReasonForm()
    try:
        trials.ask(db.session(), form.reason.data or "", set_to=ports().mode, public_url=ports().public_url, by=actor(), now=now())
    except Refused as refused:
        return _refused(form, refused)
    wake("tasks.bot.notes")
    flash("Asked. Trial mode stays on until another administrator agrees, within a day. They are told.", "soon")
    return redirect(url_for("trial_mode.show"))


@bp.post(f"{PAGE}/<uuid:request_id>/<any(agree, refuse):answer>")
@allowed(Permission.MANAGE_SETTINGS)
@fresh
def answer(request_id: object, answer: str) -> ResponseReturnValue:
    """Agree, and messages go out to everybody; or refuse; who asked withdraws."""
    form, session, where = ReasonForm(), db.session(), ports().public_url
    try:
        if answer == "agree":
            trials.agree(session, str(request_id), set_to=ports().mode, public_url=where, by=actor(), now=now())
        else:
            trials.refuse(session, str(request_id), form.reason.data or "", public_url=where, by=actor(), now=now())
    except Refused as refused:
        return _refused(form, refused)
    wake("tasks.bot.notes")
    flash("Trial mode is over. Notices go out to everybody they are for, from now on." if answer == "agree"
          else "Refused or withdrawn: trial mode stays on.", "done")
    return redirect(url_for("trial_mode.show"))


@bp.post(f"{PAGE}/on")
@allowed(Permission.MANAGE_SETTINGS)
def turn_on() -> ResponseReturnValue:
    """Turn trial mode on again: the safe way takes one administrator, and no proof first."""
    trials.turn_on(db.session(), set_to=ports().mode, public_url=ports().public_url, by=actor(), now=now())
    wake("tasks.bot.notes")
    flash("Trial mode is on. From now on messages go to people who have an account here, and nobody else.", "done")
    return redirect(url_for("trial_mode.show"))
