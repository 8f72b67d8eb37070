"""Controllers whose data we process: their lists, the notice to them, who said that it arrived, updates and reminders."""

from datetime import date

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DateField, TextAreaField
from wtforms.validators import Optional

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.notices import CONTROLLERS
from incident_app.domain.numbers import grouped
from incident_app.domain.recipients import CONTROLLER_COLUMNS
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.services import controllers, deliveries, notices, recipients
from incident_app.services.controllers.following import LONGEST_WAIT
from incident_app.web.answers import check_whole, form_errors
from incident_app.web.errors import status_of
from incident_app.web.forms.choices import SelectField
from incident_app.web.forms.numbers import WholeField
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.web.recipients import as_csv
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("controllers", __name__)
PAGE = 50
HOURS = 24
"""After so many hours without a word a reminder is proposed; whoever drafts one may choose otherwise."""
STATES = {
    "acknowledged": ("done", "check2-all", "Acknowledged"), "delivered": ("running", "check-lg", "Delivered"),
    "sent": ("open", "send", "Sent"), "waiting": ("waiting", "hourglass-split", "Waiting"),
    "failed": ("late", "x-lg", "Not reached"), "uncertain": ("soon", "question-lg", "Uncertain"),
    "stopped": ("late", "slash-circle", "Stopped"),
}


class ListForm(FlaskForm):
    """A list of controllers: a file, or what was copied from a table."""

    file = FileField("List of controllers (CSV or XLSX)")
    pasted = TextAreaField("Or paste it here")


class StartForm(FlaskForm):
    """To which list, and until when the next message is promised."""

    list_id = SelectField("To the list", coerce=int, validate_choice=False)
    again_on = DateField("We write again by", validators=[Optional()])


class ReminderForm(FlaskForm):
    """After how many hours without a word."""

    hours = WholeField("Hours without an answer", validators=[Optional()], least=0, most=LONGEST_WAIT)


@bp.app_context_processor
def helpers() -> dict[str, object]:
    """Let the pages of notices and deliveries speak of controllers where it is they who are told."""

    def whom(notice: Notice, count: int = 2) -> str:
        if notice.kind == CONTROLLERS:
            return "controller" if count == 1 else "controllers"
        return "person" if count == 1 else "people"

    def receipts_of(notice: Notice) -> dict[str, object] | None:
        if notice.kind != CONTROLLERS:
            return None
        session, after = db.session(), request.args.get("controller", 0, type=int)
        hours = request.args.get("hours", HOURS, type=int)
        rows = controllers.lines(session, notice, by=actor(), after=after, limit=PAGE)
        earlier = notices.get(session, notice.follows_id) if notice.follows_id else None
        return {
            "sum": controllers.summary(session, notice, hours=max(0, hours), now=now()), "rows": rows, "hours": hours, "states": STATES,
            "next": rows[-1].number if len(rows) == PAGE else None, "after": after, "earlier": earlier,
            "lists": [one for one in recipients.lists_of(session, notice.case_id) if one.kind == CONTROLLERS],
        }

    return {"whom": whom, "receipts_of": receipts_of}


def _found(ref: str, number: int) -> Notice:
    return notices.find(db.session(), case_or_404(ref).id, number)


def _page(case: Case, form: ListForm, status: int = 200, start: StartForm | None = None) -> ResponseReturnValue:
    session = db.session()
    lists = [one for one in recipients.lists_of(session, case.id) if one.kind == CONTROLLERS]
    start = start or StartForm(formdata=None)
    start.list_id.choices = [(one.id, f"List {one.number}: {one.name}, {grouped(one.people_count)} controllers") for one in lists]
    rows = [(one, deliveries.overview(session, one.id, now=now(), brief=True), controllers.summary(session, one, hours=HOURS, now=now()))
            for one in notices.of_case(session, case.id) if one.kind == CONTROLLERS]
    return render_template(
        "pages/controllers/of_case.html", tab="notices", form=form, start=start, lists=lists, rows=rows, words=rules.WORDS,
        differs=controllers.apart_of(session, lists[0]).words if lists else "",
        columns=CONTROLLER_COLUMNS, **case_frame(session, case, actor(), now())), status


@bp.get("/cases/<ref>/controllers")
@allowed(Permission.SEE_NOTICES)
def of_case(ref: str) -> ResponseReturnValue:
    """Show the lists of controllers of a case and the notices to them, and start one."""
    return _page(case_or_404(ref), ListForm(formdata=None))


@bp.post("/cases/<ref>/controllers")
@allowed(Permission.UPLOAD_PEOPLE)
@once("controllers.of_case")
def upload(ref: str) -> ResponseReturnValue:
    """Take a list over, whole or not at all."""
    case, form = case_or_404(ref), ListForm()
    sent = request.files.get("file")
    content = sent.stream.read() if sent is not None else b""
    name = (sent.filename if sent is not None else "") or "pasted.csv"
    try:
        made = controllers.import_controllers(
            db.session(), case.id, name, content or (form.pasted.data or "").encode(), by=actor(), now=now(), vault=ports().vault,
            sheets=ports().sheets)
    except Refused as refused:
        form_errors(form, refused)
        return _page(case, form, status_of(refused))
    flash(f"Taken over: {grouped(made.people_count)} {'controller' if made.people_count == 1 else 'controllers'}.", "done")
    differs = controllers.apart_of(db.session(), made).words  # said on top of the page
    return redirect(url_for("controllers.of_case", ref=ref, _anchor=None if differs else "tell"))


def _drafted(ref: str, notice: Notice) -> ResponseReturnValue:
    flash("Drafted from the facts of the case. Read it before anybody else does.", "done")
    return redirect(url_for("notices.message", ref=ref, number=notice.number))


@bp.post("/cases/<ref>/controllers/notices")
@allowed(Permission.DRAFT_NOTICE)
@once("controllers.of_case")
def start(ref: str) -> ResponseReturnValue:
    """Draft a notice to a list of controllers."""
    case, form = case_or_404(ref), StartForm()
    day = form.again_on.data
    try:
        _check_day(day, form.again_on.raw_data)
        notice = notices.draft(db.session(), case.id, form.list_id.data or 0, again_on=day, by=actor(), now=now(),
                               envelope=ports().envelope)
    except Refused as refused:
        form_errors(form, refused)
        return _page(case, ListForm(formdata=None), status_of(refused), form)
    return _drafted(ref, notice)


def _check_day(day: date | None, typed: object) -> None:
    past = day is not None and day < now().date()
    if past or (day is None and isinstance(typed, list) and any(str(one).strip() for one in typed)):
        raise Refused("Nothing was drafted.", {"again_on": "Give a day that is still to come, such as 2026-12-24."})


@bp.post("/cases/<ref>/notices/<int:number>/update")
@allowed(Permission.DRAFT_NOTICE)
@once("deliveries.show")
def update(ref: str, number: int) -> ResponseReturnValue:
    """Draft an update that carries a notice to controllers on."""
    notice, form = _found(ref, number), StartForm()
    _check_day(form.again_on.data, form.again_on.raw_data)
    return _drafted(ref, controllers.carry_on(
        db.session(), notice.id, list_id=form.list_id.data or None, again_on=form.again_on.data, by=actor(), now=now(),
        envelope=ports().envelope))


@bp.post("/cases/<ref>/notices/<int:number>/reminder")
@allowed(Permission.DRAFT_NOTICE)
@once("deliveries.show")
def remind(ref: str, number: int) -> ResponseReturnValue:
    """Draft a reminder to those who have not acknowledged a notice."""
    notice, form = _found(ref, number), ReminderForm()
    check_whole(form)
    hours = HOURS if form.hours.data is None else form.hours.data
    try:
        made = controllers.remind(db.session(), notice.id, hours, by=actor(), now=now(), vault=ports().vault, envelope=ports().envelope)
    except Refused as refused:
        flash(" ".join((refused.reason, *refused.problems.values())), "soon")
        return redirect(url_for("deliveries.show", ref=ref, number=number, hours=max(0, hours), _anchor="receipts"))
    return _drafted(ref, made)


@bp.get("/cases/<ref>/notices/<int:number>/receipts.csv")
@allowed(Permission.SEE_MASKED)
def receipts(ref: str, number: int) -> Response:
    """Give the receipts as CSV, without addresses; the record says who took them."""
    notice = _found(ref, number)
    header, *rows = controllers.exported(db.session(), notice, by=actor(), now=now())
    return as_csv(f"{ref}-notice-{number}-receipts.csv", list(header), map(list, rows))
