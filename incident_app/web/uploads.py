"""A file on its way to becoming a list: which encoding, which column is what, how far it is."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.numbers import people_words
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.uploads import Upload
from incident_app.services import recipients
from incident_app.web.conflicts import version_of
from incident_app.web.errors import status_of
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.wiring import now, ports

bp = Blueprint("uploads", __name__)
SMALL = 1024 * 1024  # read while the person waits: about a second
STATE_WORDS = {
    "open": "pages are coming in", "uploaded": "waits for you to say what is in it", "queued": "waits to be read",
    "reading": "being read", "failed": "could not be read",
}
FIELD_WORDS = {
    "name": "Name, or first name", "surname": "Surname", "email": "Email address", "telegram_id": "Telegram id", "language": "Language",
    "country": "Country", "data": "Which data of theirs", "region": "State or region",
    "address": "Postal address, whole", "street": "Street and number", "postcode": "Postcode", "city": "Town",
}


def _page(
    case: Case, upload_id: int, status: int = 200, problem: str = "", chosen: Mapping[int, str] | None = None
) -> ResponseReturnValue:
    session = db.session()
    look = recipients.look(session, case.id, upload_id, by=actor(), vault=ports().vault, sheets=ports().sheets)
    if look.upload.list_id is not None:
        return redirect(url_for("recipients.show", ref=case.ref, list_id=look.upload.list_id))
    if look.upload.state == "discarded":
        flash("This upload was thrown away. Nobody was taken over.", "done")
        return redirect(url_for("recipients.of_case", ref=case.ref))
    return render_template(
        "pages/recipients/upload.html", tab="people", look=look, upload=look.upload, fields=FIELD_WORDS,
        chosen=look.fields if chosen is None else chosen, encodings=rules.ENCODINGS, problem=problem or look.problem or look.upload.reason,
        hints=list(look.upload.problems.values()), words=STATE_WORDS, **case_frame(session, case, actor(), now()),
    ), status


@bp.get("/cases/<ref>/people/uploads/<int:upload_id>")
@allowed(Permission.UPLOAD_PEOPLE)
def show(ref: str, upload_id: int) -> ResponseReturnValue:
    """Show what the file seems to hold, or how far reading it is."""
    return _page(case_or_404(ref), upload_id)


@bp.get("/cases/<ref>/people/uploads/<int:upload_id>/encoding")
@bp.get("/cases/<ref>/people/uploads/<int:upload_id>/columns")
@allowed(Permission.UPLOAD_PEOPLE)
def again(ref: str, upload_id: int) -> ResponseReturnValue:
    """Lead whoever loads the address of a refused choice again to the page where it is made."""
    upload = recipients.find_upload(db.session(), case_or_404(ref).id, upload_id)
    return redirect(url_for("uploads.show", ref=ref, upload_id=upload.id))


@bp.post("/cases/<ref>/people/uploads/<int:upload_id>/encoding")
@allowed(Permission.UPLOAD_PEOPLE)
def encoding(ref: str, upload_id: int) -> ResponseReturnValue:
    """Take the encoding a person chose."""
    case, world = case_or_404(ref), ports()
    try:
        recipients.choose_encoding(db.session(), case.id, upload_id, request.form.get("encoding", ""),
                                   version=version_of(request.form), by=actor(), now=now())
        recipients.note_problem(db.session(), case.id, upload_id, by=actor(), now=now(), vault=world.vault, sheets=world.sheets)
    except Refused as refused:
        return _page(case, upload_id, status_of(refused), refused.reason)
    return redirect(url_for("uploads.show", ref=ref, upload_id=upload_id))


def _chosen() -> dict[int, str]:
    """Read which column is what from the form."""
    return {
        int(name.removeprefix("column-")): value for name, value in request.form.items()
        if name.startswith("column-") and name[7:].isdecimal() and value
    }


@bp.post("/cases/<ref>/people/uploads/<int:upload_id>/columns")
@allowed(Permission.UPLOAD_PEOPLE)
def columns(ref: str, upload_id: int) -> ResponseReturnValue:
    """Take the columns a person chose; a small file is read at once, a large one by a worker."""
    case, session, world = case_or_404(ref), db.session(), ports()
    try:
        upload = recipients.choose_columns(session, case.id, upload_id, _chosen(), version=version_of(request.form), by=actor(), now=now(),
                                           vault=world.vault, sheets=world.sheets)
    except Refused as refused:
        return _page(case, upload_id, status_of(refused), " ".join([refused.reason, *refused.problems.values()]), _chosen())
    if upload.size <= SMALL:
        done = recipients.read_claimed(session, upload_id, clock=world.clock, vault=world.vault, sheets=world.sheets,
                                       mode=world.mode)
        return _done(case, done or upload)
    return redirect(url_for("uploads.show", ref=ref, upload_id=upload_id))


def _done(case: Case, upload: Upload) -> ResponseReturnValue:
    if upload.list_id is None:
        return _page(case, upload.id, 422 if upload.state == "failed" else 200)
    made = recipients.find_list(db.session(), case.id, upload.list_id)
    flash(f"{people_words(made.people_count)} from {made.name}. Nothing has been sent.", "done")
    return redirect(url_for("recipients.show", ref=case.ref, list_id=made.id))


@bp.post("/cases/<ref>/people/uploads/<int:upload_id>/discard")
@allowed(Permission.UPLOAD_PEOPLE)
def discard(ref: str, upload_id: int) -> ResponseReturnValue:
    """Throw the file away; who is reading it stops."""
    case = case_or_404(ref)
    recipients.discard(db.session(), case.id, upload_id, by=actor(), now=now())
    flash("The file is thrown away. Nobody was taken over.", "done")
    return redirect(url_for("recipients.of_case", ref=ref))


@bp.get("/cases/<ref>/people/uploads/<int:upload_id>/progress.json")
@allowed(Permission.UPLOAD_PEOPLE)
def progress(ref: str, upload_id: int) -> Response:
    """Say how far it is."""
    upload = recipients.find_upload(db.session(), case_or_404(ref).id, upload_id)
    return jsonify(percent=upload.percent, lines=upload.line_count, state=upload.state,
                   finished=upload.state not in {"queued", "reading", "open"})
