"""On call: who is woken, the running alerts, one alert with its answers, the rota."""

from datetime import datetime, timedelta
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.widgets import DateTimeLocalInput

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.services import alerts, rota
from incident_app.web.answers import form_errors
from incident_app.web.forms.cases import moment, zones
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now

bp = Blueprint("alerts", __name__)
LOOK_AHEAD = timedelta(days=28)


class ShiftForm(FlaskForm):
    """Who is on call from when to when."""

    user_id = SelectField("Who", coerce=int)
    starts_at = StringField("From", widget=DateTimeLocalInput())
    ends_at = StringField("Until", widget=DateTimeLocalInput())
    zone = SelectField("Time zone")


def _zone() -> str:
    return cast(str, current_user.zone)


def _shift_form() -> ShiftForm:
    form = ShiftForm()
    form.user_id.choices = [(user.id, user.name) for user in rota.able(db.session())]
    form.zone.choices = zones()
    if request.method == "GET":
        form.zone.data = _zone()
    return form


def _page(form: ShiftForm, status: int = 200) -> ResponseReturnValue:
    session, at = db.session(), now()
    running = alerts.running(session)
    pages = [alerts.overview(session, alert.id, by=actor(), now=at) for alert in running]
    return render_template(
        "pages/alerts/oncall.html", form=form, zone=_zone(), pages=pages, over=alerts.recent(session, 8),
        shift=rota.current_shift(session, at), coming=rota.who_is_next(session, at),
        shifts=rota.upcoming(session, at, at + LOOK_AHEAD), gaps=rota.gaps(session, at, at + LOOK_AHEAD),
        steps=alerts.ladder(session, now=at), me=current_user,
    ), status


@bp.get("/oncall")
@allowed(Permission.SEE_ALERTS)
def oncall() -> ResponseReturnValue:
    """Show who is on call, the ladder, and what is running."""
    return _page(_shift_form())


@bp.post("/oncall/shifts")
@allowed(Permission.MANAGE_ROTA)
def add_shift() -> ResponseReturnValue:
    """Put somebody on call."""
    form, problems = _shift_form(), dict[str, str]()
    try:
        if not form.validate():
            raise Refused("The shift was not saved.")
        starts, ends = (_read(form, name, problems) for name in ("starts_at", "ends_at"))
        if problems or starts is None or ends is None:
            raise Refused("The shift was not saved.", problems)
        made = rota.add_shift(db.session(), form.user_id.data, starts, ends, by=actor(), now=now())
    except Refused as refused:
        form_errors(form, refused)
        return _page(form, 422)
    flash(f"{made.user.name} is on the rota.", "done")
    return redirect(url_for("alerts.oncall"))


def _read(form: ShiftForm, name: str, problems: dict[str, str]) -> datetime | None:
    at = moment(form, name, problems)
    if at is None and name not in problems:
        problems[name] = "Give date and time."
    return at


@bp.post("/oncall/shifts/<int:shift_id>/remove")
@allowed(Permission.MANAGE_ROTA)
def remove_shift(shift_id: int) -> ResponseReturnValue:
    """Take a shift off the rota."""
    rota.remove_shift(db.session(), shift_id, by=actor(), now=now())
    flash("The shift is off the rota.", "done")
    return redirect(url_for("alerts.oncall"))


@bp.post("/oncall/demo")
@allowed(Permission.ACK_ALERT)
def demo() -> ResponseReturnValue:
    """Send an alert to oneself."""
    made = alerts.send_demo(db.session(), by=actor(), now=now())
    flash("A demo alert is on its way to you, and to nobody else.", "done")
    return redirect(url_for("alerts.show", alert_id=made.id))


@bp.get("/alerts/<int:alert_id>")
@allowed(Permission.SEE_ALERTS)
def show(alert_id: int) -> ResponseReturnValue:
    """Show one alert: its facts, its three answers, who was paged and how, who is next."""
    session, at = db.session(), now()
    page = alerts.overview(session, alert_id, by=actor(), now=at)
    return render_template(
        "pages/alerts/show.html", page=page, alert=page.alert, case=page.alert.case, zone=_zone(),
        shift=rota.current_shift(session, at), coming=rota.who_is_next(session, at),
    )


@bp.post("/alerts/<int:alert_id>/acknowledge")
@allowed(Permission.ACK_ALERT)
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Stop paging for a while."""
    alerts.acknowledge(db.session(), alert_id, by=actor(), now=now())
    flash("Acknowledged.", "done")
    return redirect(url_for("alerts.show", alert_id=alert_id))


@bp.post("/alerts/<int:alert_id>/take")
@allowed(Permission.ACK_ALERT)
def take(alert_id: int) -> ResponseReturnValue:
    """Acknowledge and own the case."""
    alerts.take(db.session(), alert_id, by=actor(), now=now())
    flash("It is yours.", "done")
    return redirect(url_for("alerts.show", alert_id=alert_id))


@bp.post("/alerts/<int:alert_id>/escalate")
@allowed(Permission.ACK_ALERT)
def escalate(alert_id: int) -> ResponseReturnValue:
    """Page the next person now."""
    alerts.escalate(db.session(), alert_id, by=actor(), now=now())
    flash("The next person is being paged.", "done")
    return redirect(url_for("alerts.show", alert_id=alert_id))
