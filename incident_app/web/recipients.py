"""The people of a case: upload a list, see where every line went, look at one person and leave a trace of it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import StringField

from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Permission, may
from incident_app.domain.recipients import Contact
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, notices, recipients
from incident_app.web.answers import form_errors
from incident_app.web.errors import status_of
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.web.submitting import once
from incident_app.web.uploads import STATE_WORDS
from incident_app.wiring import now, ports

bp = Blueprint("recipients", __name__)
PAGE = 50
MOST_PROBLEMS_SHOWN = 100


class UploadForm(FlaskForm):
    """A list of people. What is in it, and how it is encoded, is asked on the next page."""

    file = FileField("List of people (CSV or XLSX)")


class AskForm(FlaskForm):
    """“Did you write to this address?”"""

    address = StringField("Email address")
    telegram = StringField("Telegram id")


def _page(
    case: Case, form: UploadForm, status: int = 200, ask: AskForm | None = None,
    found: Sequence[recipients.Found] | None = None,
) -> ResponseReturnValue:
    session = db.session()
    return render_template(
        "pages/recipients/of_case.html", tab="people", form=form, ask=ask or AskForm(formdata=None), found=found,
        lists=recipients.lists_of(session, case.id), names=accounts.names(session),
        uploads=recipients.uploads_of(session, case.id), upload_words=STATE_WORDS,
        erase_at=recipients.due_at(session, case), **case_frame(session, case, actor(), now()),
    ), status


@bp.get("/cases/<ref>/people")
@allowed(Permission.SEE_PEOPLE)
def of_case(ref: str) -> ResponseReturnValue:
    """Show the lists of a case, and take a new one."""
    return _page(case_or_404(ref), UploadForm(formdata=None))


@bp.post("/cases/<ref>/people")
@allowed(Permission.UPLOAD_PEOPLE)
@once("recipients.of_case")
def upload(ref: str) -> ResponseReturnValue:
    """Take a file in, as a stream; nobody is taken over before somebody looked at its columns."""
    case, form = case_or_404(ref), UploadForm()
    sent, world = request.files.get("file"), ports()
    try:
        if sent is None or not sent.filename:
            raise Refused("Nothing was uploaded.", {"file": "Choose a file with one line per person."})
        made = recipients.receive(db.session(), case.id, sent.filename, recipients.pieces_of(sent.stream), by=actor(), now=now(),
                                  vault=world.vault)
        recipients.note_problem(db.session(), case.id, made.id, by=actor(), now=now(), vault=world.vault, sheets=world.sheets)
    except Refused as refused:
        flash(refused.reason, "late")
        form_errors(form, refused)
        return _page(case, form, status_of(refused))
    return redirect(url_for("uploads.show", ref=ref, upload_id=made.id))


@bp.post("/cases/<ref>/people/ask")
@allowed(Permission.SEE_PEOPLE)
def ask(ref: str) -> ResponseReturnValue:
    """Answer “did you write to this address?”; the address stands in no address line, and is kept nowhere."""
    case, form = case_or_404(ref), AskForm()
    try:
        found = recipients.ask(
            db.session(), case.id, address=form.address.data or "", telegram=form.telegram.data or "", by=actor(),
            now=now(), vault=ports().vault,
        )
    except Refused as refused:
        form_errors(form, refused)
        return _page(case, UploadForm(formdata=None), status_of(refused), form)
    return _page(case, UploadForm(formdata=None), ask=form, found=found)


def _list_page(ref: str, list_id: int, contact: Contact | None = None, opened: int = 0) -> ResponseReturnValue:
    case, session = case_or_404(ref), db.session()
    after = request.args.get("after", 0, type=int)
    people = recipients.masked_page(
        session, case.id, list_id, by=actor(), now=now(), vault=ports().vault, after=after, limit=PAGE,
    ) if may(actor(), Permission.SEE_MASKED) else []
    found = recipients.find_list(session, case.id, list_id)
    return render_template(
        "pages/recipients/show.html", tab="people", people=people, found=found, after=after, page=PAGE,
        problems=found.problems[:MOST_PROBLEMS_SHOWN], contact=contact, opened=opened,
        told=notices.told_otherwise(session, found), may_open=may(actor(), Permission.OPEN_CONTACT), names=accounts.names(session),
        **case_frame(session, case, actor(), now()),
    )


@bp.get("/cases/<ref>/people/<int:list_id>")
@allowed(Permission.SEE_PEOPLE)
def show(ref: str, list_id: int) -> ResponseReturnValue:
    """Show where every line of a list went, what was wrong with it, and its people, masked: to who works on it."""
    return _list_page(ref, list_id)


@bp.post("/cases/<ref>/people/<int:list_id>/open/<int:number>")
@allowed(Permission.OPEN_CONTACT)
def open_person(ref: str, list_id: int, number: int) -> ResponseReturnValue:
    """Show one person's contact in full; that is recorded. It stands in no address and in no cookie."""
    case = case_or_404(ref)
    contact = recipients.open_contact(db.session(), case.id, list_id, number, by=actor(), now=now(),
                                      vault=ports().vault)
    return _list_page(ref, list_id, contact, number)


@bp.post("/cases/<ref>/people/<int:list_id>/delete")
@allowed(Permission.UPLOAD_PEOPLE)
def delete(ref: str, list_id: int) -> ResponseReturnValue:
    """Delete a list no notice rests on."""
    case = case_or_404(ref)
    recipients.delete_list(db.session(), case.id, list_id, by=actor(), now=now())
    flash("The list and everybody in it are deleted.", "done")
    return redirect(url_for("recipients.of_case", ref=ref))


@bp.get("/cases/<ref>/people/<int:list_id>/problems.csv")
@allowed(Permission.SEE_PEOPLE)
def problems(ref: str, list_id: int) -> Response:
    """Give the problems as CSV; no personal data, and harmless for spreadsheets."""
    case = case_or_404(ref)
    found = recipients.find_list(db.session(), case.id, list_id)
    return as_csv(
        f"{ref}-list-{found.number}-problems.csv", ["line", "column", "problem", "taken over"],
        [[str(p["line"]), p["column"], p["words"], "no" if p["refused"] else "yes"] for p in found.problems],
    )


def _lines(header: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    out = io.StringIO("\ufeff")
    out.seek(1)
    writer = csv.writer(out)
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        writer.writerow([rules.neutral(cell) for cell in row])
        if number % 500 == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def as_csv(name: str, header: list[str], rows: Iterable[list[str]]) -> Response:
    """Answer with a CSV file whose cells no spreadsheet runs; rows are taken one by one."""
    return Response(
        stream_with_context(_lines(header, rows)), mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
