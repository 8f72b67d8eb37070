"""The evidence tab: put files in, take them out (never shown inline), check that they are unchanged."""

from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, documents
from incident_app.web.answers import form_errors
from incident_app.web.errors import status_of
from incident_app.web.forms.filings import EvidenceForm
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("documents", __name__)

OUTCOMES = {
    documents.MATCH: ("Match", "done"), documents.MISMATCH: ("Mismatch", "late"), documents.MISSING: ("Missing", "soon"),
}


def attachment(content: bytes, name: str, media_type: str = "application/octet-stream") -> Response:
    """Answer with a file that is saved, never shown: no type to guess, no script to run."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "'").replace("\\", "_")
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def uploaded(file: FileStorage | None) -> tuple[str, str, bytes]:
    """Return name, type and content of an upload; empty where nothing was chosen."""
    if file is None or not file.filename:
        return "", "", b""
    return file.filename, file.mimetype or "", file.read()


def _page(case: Case, form: EvidenceForm, status: int) -> ResponseReturnValue:
    session = db.session()
    return render_template(
        "pages/documents/of_case.html", tab="evidence", form=form, documents=documents.of_case(session, case.id),
        custody=documents.custody(session, case.id, by=actor()), names=accounts.names(session), **case_frame(session, case, actor(), now()),
    ), status


@bp.get("/cases/<ref>/evidence")
@allowed(Permission.READ_EVIDENCE)
def of_case(ref: str) -> ResponseReturnValue:
    """Show the files of a case."""
    return _page(case_or_404(ref), EvidenceForm(formdata=None), 200)


@bp.post("/cases/<ref>/evidence")
@allowed(Permission.UPLOAD_EVIDENCE)
@once("documents.of_case")
def add(ref: str) -> ResponseReturnValue:
    """Take one more file."""
    case, form = case_or_404(ref), EvidenceForm()
    if not form.validate():
        return _page(case, form, 422)
    name, media_type, content = uploaded(form.file.data)
    try:
        kept = documents.add(db.session(), case.id, kind=form.kind.data, name=name, media_type=media_type,
                             content=content, by=actor(), now=now(), vault=ports().vault)
    except Refused as refused:
        form_errors(form, refused)
        return _page(case, form, status_of(refused))
    flash(f"“{kept.name}” is kept, sealed. SHA-256 {kept.sha256[:16]}…", "done")
    return redirect(url_for("documents.of_case", ref=ref))


@bp.get("/cases/<ref>/evidence/<uuid:public_id>")
@allowed(Permission.READ_EVIDENCE)
def download(ref: str, public_id: object) -> ResponseReturnValue:
    """Hand a file out as an attachment; the reading is recorded."""
    case = case_or_404(ref)
    document, content = documents.read(db.session(), case.id, str(public_id), by=actor(), now=now(), vault=ports().vault)
    return attachment(content, document.name)


@bp.post("/cases/<ref>/evidence/<uuid:public_id>/verify")
@allowed(Permission.READ_EVIDENCE)
def verify(ref: str, public_id: object) -> ResponseReturnValue:
    """Compare a file with the hash taken when it was put in."""
    case = case_or_404(ref)
    verdict = documents.verify(db.session(), case.id, str(public_id), by=actor(), now=now(), vault=ports().vault)
    flash(f"{OUTCOMES[verdict.outcome][0]}: {verdict.words}", OUTCOMES[verdict.outcome][1])
    return redirect(url_for("documents.of_case", ref=ref))
