"""The evidence tab: put files in, take them out (never shown inline), check that they are unchanged."""

from collections.abc import Iterable
from io import SEEK_END
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from incident_app.domain import scanning
from incident_app.domain.accounts import Permission
from incident_app.domain.incoming import PART
from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.reports import Document
from incident_app.services import accounts, documents, incoming
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


def attachment(content: bytes | Iterable[bytes], name: str, media_type: str = "application/octet-stream") -> Response:
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


def scan_words(document: Document) -> str:
    """Return in words what is known of a file; where there is no scanner, that."""
    without = document.scan == scanning.ScanState.WAITING.value and ports().scanner is None
    return scanning.said(document.scan, "no scanner is set up here" if without else document.scan_words)


def size_of(file: FileStorage) -> int:
    """Return the bytes of an upload that has come in; it is read from its beginning next."""
    size = file.stream.seek(0, SEEK_END)
    file.stream.seek(0)
    return size


def pieces_of(file: FileStorage) -> Iterable[bytes]:
    """Return an upload piece by piece."""
    return iter(lambda: file.stream.read(PART), b"")


def _page(case: Case, form: EvidenceForm, status: int) -> ResponseReturnValue:
    session = db.session()
    return render_template(
        "pages/documents/of_case.html", tab="evidence", form=form, documents=documents.of_case(session, case.id),
        custody=documents.custody(session, case.id, by=actor()), names=accounts.names(session), scan_words=scan_words,
        coming=incoming.unfinished(session, case.id), password=scanning.OPENED_BY, **case_frame(session, case, actor(), now()),
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
    file = form.file.data
    try:
        if file is None:
            raise Refused("Nothing was added.", {"file": "Choose a file."})
        kept = incoming.receive(
            db.session(), case.id, kind=form.kind.data, name=file.filename or "", media_type=file.mimetype or "",
            size=size_of(file), pieces=pieces_of(file), by=actor(), now=now(), vault=ports().vault)
    except Refused as refused:
        form_errors(form, refused)
        return _page(case, form, status_of(refused))
    say_kept(kept)
    return redirect(url_for("documents.of_case", ref=ref))


def say_kept(kept: Document) -> None:
    """Tell the uploader, on the next page, what was kept: to compare with what they have."""
    flash(f"“{kept.name}” is kept, sealed: {grouped(kept.size)} bytes. Compare its SHA-256 with yours: {kept.sha256}", "done")


@bp.get("/cases/<ref>/evidence/<uuid:public_id>")
@allowed(Permission.READ_EVIDENCE)
def download(ref: str, public_id: object) -> ResponseReturnValue:
    """Hand a file out as an attachment, piece by piece; the reading is recorded."""
    opened = documents.open_file(db.session(), case_or_404(ref).id, str(public_id), by=actor(), now=now(), vault=ports().vault)
    response = attachment(stream_with_context(opened.pieces), opened.document.name)
    response.content_length = opened.document.size
    return response


@bp.get("/cases/<ref>/evidence/<uuid:public_id>/zip")
@allowed(Permission.READ_EVIDENCE)
def archive(ref: str, public_id: object) -> ResponseReturnValue:
    """Hand a file out inside an encrypted zip, so that nothing opens it by accident; the reading is recorded."""
    opened = documents.open_file(db.session(), case_or_404(ref).id, str(public_id), by=actor(), now=now(),
                                 vault=ports().vault, locked=True)
    name, at = opened.document.name, opened.document.at
    packed = ports().locked_zip.pack(name, at, opened.pieces, scanning.OPENED_BY)
    return attachment(stream_with_context(packed), f"{name}.zip", "application/zip")


@bp.post("/cases/<ref>/evidence/<uuid:public_id>/verify")
@allowed(Permission.READ_EVIDENCE)
def verify(ref: str, public_id: object) -> ResponseReturnValue:
    """Compare a file with the hash taken when it was put in."""
    case = case_or_404(ref)
    verdict = documents.verify(db.session(), case.id, str(public_id), by=actor(), now=now(), vault=ports().vault)
    flash(f"{OUTCOMES[verdict.outcome][0]}: {verdict.words}", OUTCOMES[verdict.outcome][1])
    return redirect(url_for("documents.of_case", ref=ref))
