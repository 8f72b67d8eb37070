"""The rota: who is on call when, the gaps, shifts and covers, handing over, and rotations."""

from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm

from incident_app.domain.accounts import Permission, may
from incident_app.domain.cases import FIRST_YEAR, LAST_YEAR
from incident_app.domain.refusals import Refused
from incident_app.domain.rota import LONGEST_SHIFT, warning
from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.services import people, rota
from incident_app.services.rota import OnCall
from incident_app.web.answers import form_errors
from incident_app.web.filters import moment
from incident_app.web.forms import rota as forms
from incident_app.web.forms.cases import zones
from incident_app.web.forms.rota import HandOverForm, RotationForm, ShiftForm, TimesForm
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now

bp = Blueprint("rota", __name__, url_prefix="/oncall/rota")
LOOK_AHEAD = timedelta(days=42)


def _zone() -> str:
    return cast(str, current_user.zone)


def _people() -> list[tuple[int, str]]:
    return [(user.id, user.name) for user in rota.able(db.session())]


def _warned() -> list[tuple[int, str]]:
    """Return them with what stands in the way of waking them, in words."""
    return [(user.id, f"{user.name} ({words})" if (words := _warning(user)) else user.name) for user in rota.able(db.session())]


def _warning(user: User) -> str:
    return warning(linked=bool(user.telegram_chat_id), came_in=people.came_in(db.session(), user))


def _shift_form() -> ShiftForm:
    form = ShiftForm()
    form.user_id.choices = _people()
    form.zone.choices = zones()
    form.zone.data = form.zone.data or _zone()
    return form


def _tell(form: FlaskForm, refused: Refused) -> None:
    """Put what is wrong with a form on it; somebody who may not, or came too late, gets a page of their own."""
    if type(refused) is not Refused:
        raise refused
    form_errors(form, refused)


def _asked_for() -> tuple[datetime, datetime] | None:
    """Return the gap that a link asks to be filled, at most as long as one shift."""
    try:
        start, end = (datetime.fromisoformat(request.args.get(name, "")) for name in ("from", "to"))
    except ValueError:
        return None
    if start.tzinfo is None or end.tzinfo is None or not (FIRST_YEAR < start.year <= end.year < LAST_YEAR and start < end):
        return None
    return start, min(end, start + LONGEST_SHIFT)


def _hand_over_form(current: OnCall | None) -> HandOverForm:
    form = HandOverForm(prefix="hand-")
    form.user_id.choices = [one for one in _warned() if current is None or one[0] != current.user_id]
    if current is not None and request.endpoint != "rota.hand_over":
        form.shift_id.data = str(current.shift.id)
    return form


def page(form: ShiftForm | None = None, handing: HandOverForm | None = None, status: int = 200,
         secret: str | None = None) -> ResponseReturnValue:
    """Show the rota; ``secret`` is the fresh address of a calendar, shown this once."""
    session, at = db.session(), now()
    form = form or _shift_form()
    if status == 200 and (gap := _asked_for()) is not None:
        forms.fill(form, *gap, _zone())
    current, last = rota.current_shift(session, at), rota.ends(session, at)
    end = last or at
    duties = rota.duties(session, at, end) if end > at else []
    if "all" not in request.args:
        duties = [one for one in duties if one.starts_at < at + LOOK_AHEAD]
    until = duties[-1].ends_at if duties else at
    counted = {one.shift.id for one in duties if isinstance(one, OnCall)}
    return render_template(
        "pages/rota/show.html", form=form, handing=handing or _hand_over_form(current), zone=_zone(), current=current,
        coming=rota.who_is_next(session, at), duties=duties, gaps=rota.open_gaps(session, at), last=last, until=until,
        behind=[one for one in rota.upcoming(session, at, until) if one.id not in counted] if until > at else [],
        link=rota.calendar_link(session, by=actor()), secret=secret,
        may_hand_over=current is not None and _may_cover(current.user_id),
    ), status


def _change_form() -> TimesForm:
    form = TimesForm(prefix="change-")
    form.zone.choices = zones()
    return form


def _may_cover(user_id: int) -> bool:
    mine = may(actor(), Permission.COVER_SHIFT) and user_id == actor().id
    return mine or may(actor(), Permission.MANAGE_ROTA)


@bp.get("")
@allowed(Permission.SEE_ROTA)
def show() -> ResponseReturnValue:
    """Show who is on call when, and where nobody is."""
    return page()


@bp.post("/shifts")
@allowed(Permission.MANAGE_ROTA)
def add_shift() -> ResponseReturnValue:
    """Put somebody on call."""
    form = _shift_form()
    try:
        starts, ends = forms.times(form)
        made = rota.add_shift(db.session(), form.user_id.data, starts, ends, by=actor(), now=now())
    except Refused as refused:
        _tell(form, refused)
        return page(form, status=422)
    flash(f"{made.user.name} is on the rota from {moment(made.starts_at, _zone())} to {moment(made.ends_at, _zone())}.",
          "done")
    return redirect(url_for("rota.show"))


@bp.post("/hand-over")
@allowed(Permission.COVER_SHIFT)
def hand_over() -> ResponseReturnValue:
    """Let somebody else be on call from now to the end of this shift."""
    form = _hand_over_form(None)
    try:
        if not form.validate():
            raise Refused("Nothing was handed over.")
        made = rota.hand_over(db.session(), form.user_id.data, shift_id=forms.number(form.shift_id.data), by=actor(),
                              now=now())
    except Refused as refused:
        _tell(form, refused)
        return page(handing=form, status=422)
    words = _warning(made.user)
    flash(f"{made.user.name} is on call now, until {moment(made.ends_at, _zone())}, and is told so."
          + (f" But: {words}." if words else ""), "done")
    return redirect(url_for("rota.show"))


def _shift_page(shift_id: int, covering: ShiftForm | None = None, changing: TimesForm | None = None,
                status: int = 200) -> ResponseReturnValue:
    shift, at = rota.shift(db.session(), shift_id), now()
    begins = max(shift.starts_at, at)
    if covering is None:
        covering = _shift_form()
        forms.fill(covering, begins, shift.ends_at, _zone())
        covering.version.data = str(shift.version)
    if changing is None:
        changing = _change_form()
        forms.fill(changing, shift.starts_at, shift.ends_at, _zone())
        changing.version.data = str(shift.version)
    covering.user_id.choices = [one for one in _warned() if one[0] != shift.user_id]
    return render_template(
        "pages/rota/shift.html", shift=shift, covering=covering, changing=changing, zone=_zone(),
        over=shift.ends_at <= at, may_cover=_may_cover(shift.user_id),
        counts=[one for one in rota.duties(db.session(), shift.starts_at, shift.ends_at)
                if isinstance(one, OnCall) and one.shift.id == shift.id],
    ), status


@bp.get("/shifts/<int:shift_id>")
@allowed(Permission.SEE_ROTA)
def shift(shift_id: int) -> ResponseReturnValue:
    """Show one shift, with what can be done about it."""
    return _shift_page(shift_id)


@bp.post("/shifts/<int:shift_id>/cover")
@allowed(Permission.COVER_SHIFT)
def cover(shift_id: int) -> ResponseReturnValue:
    """Let somebody stand in for a stretch of a shift."""
    form = _shift_form()
    try:
        starts, ends = forms.times(form)
        made = rota.cover(db.session(), shift_id, form.user_id.data, starts, ends, by=actor(), now=now(),
                          version=forms.number(form.version.data))
    except Refused as refused:
        _tell(form, refused)
        return _shift_page(shift_id, covering=form, status=422)
    words = f"for {made.covers.name} " if made.covers else ""
    flash(f"{made.user.name} is on call {words}from {moment(made.starts_at, _zone())} to {moment(made.ends_at, _zone())}.",
          "done")
    return redirect(url_for("rota.show"))


@bp.post("/shifts/<int:shift_id>/change")
@allowed(Permission.MANAGE_ROTA)
def change_shift(shift_id: int) -> ResponseReturnValue:
    """Give a shift other times."""
    form = _change_form()
    try:
        starts, ends = forms.times(form)
        made = rota.change_shift(db.session(), shift_id, starts, ends, by=actor(), now=now(),
                                 version=forms.number(form.version.data))
    except Refused as refused:
        _tell(form, refused)
        return _shift_page(shift_id, changing=form, status=422)
    flash(f"The shift lasts from {moment(made.starts_at, _zone())} to {moment(made.ends_at, _zone())}.", "done")
    return redirect(url_for("rota.show"))


@bp.post("/shifts/<int:shift_id>/remove")
@allowed(Permission.MANAGE_ROTA)
def remove_shift(shift_id: int) -> ResponseReturnValue:
    """Take a shift off the rota."""
    try:
        rota.remove_shift(db.session(), shift_id, by=actor(), now=now(), version=forms.number(request.form.get("version")))
    except Refused as refused:
        if type(refused) is not Refused:
            raise
        flash(refused.reason, "late")
        return _shift_page(shift_id, status=422)
    flash("The shift is off the rota.", "done")
    return redirect(url_for("rota.show"))


def _rotation_form() -> RotationForm:
    form = RotationForm()
    form.zone.choices = zones()
    for one in range(1, forms.MOST_PEOPLE + 1):
        form[f"person_{one}"].choices = [(0, "–"), *_people()]
    if request.method == "GET":
        last = rota.ends(db.session(), now())
        form.zone.data = _zone()
        form.first.data = f"{(last or now()).astimezone(ZoneInfo(_zone())):%Y-%m-%d}"
    return form


@bp.route("/rotation", methods=["GET", "POST"])
@allowed(Permission.MANAGE_ROTA)
def rotation() -> ResponseReturnValue:
    """Ask who takes turns; show the turns before anything is saved."""
    form, shown, status = _rotation_form(), None, 200
    if request.method == "POST":
        try:
            shown = rota.preview_rotation(db.session(), forms.plan(form), by=actor(), now=now())
            form.seen.data = shown.seen
        except Refused as refused:
            _tell(form, refused)
            status = 422
    return render_template("pages/rota/rotation.html", form=form, shown=shown, zone=_zone(), people=forms.MOST_PEOPLE), status


@bp.post("/rotation/save")
@allowed(Permission.MANAGE_ROTA)
def save_rotation() -> ResponseReturnValue:
    """Save the turns that were shown."""
    form = _rotation_form()
    try:
        made = rota.save_rotation(db.session(), forms.plan(form), seen=form.seen.data or "", by=actor(), now=now())
    except Refused as refused:
        _tell(form, refused)
        return render_template("pages/rota/rotation.html", form=form, shown=None, zone=_zone(), people=forms.MOST_PEOPLE), 422
    flash(f"{len(made)} turns are on the rota, until {moment(made[-1].ends_at, _zone())}.", "done")
    return redirect(url_for("rota.show"))
