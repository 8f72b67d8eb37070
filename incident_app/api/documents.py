"""Files of a case as JSON; their content as an attachment."""

import base64
import binascii
from collections.abc import Iterable
from io import SEEK_END
from typing import Any

from flask import Response, stream_with_context
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import RAISE, fields

from incident_app.api import answers
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import Strict
from incident_app.api.shapes import A_FILE
from incident_app.domain import scanning
from incident_app.domain.accounts import Permission
from incident_app.domain.incoming import PART
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.reports import Document
from incident_app.services import documents, incoming
from incident_app.wiring import now, ports

blp = Blueprint("api_documents", __name__, url_prefix="/api/v1")


class DocumentFileSchema(Strict):
    """The file itself."""

    file = Upload(required=True)


class DocumentKindSchema(Strict):
    """Why it is kept: evidence or proof."""

    kind = fields.String(load_default="evidence")


def document_json(document: Document) -> dict[str, Any]:
    """Return what is known of a file, without its content."""
    return {
        "id": document.public_id, "kind": document.kind, "name": document.name, "media_type": document.media_type,
        "size": document.size, "sha256": document.sha256, "at": document.at.isoformat(),
        "erased_at": document.erased_at.isoformat() if document.erased_at else None,
        "scan": document.scan, "scan_words": scanning.said(document.scan, document.scan_words),
    }


def from_base64(text: str, field: str) -> bytes:
    """Return the bytes of a file sent inside JSON. Raises ``Refused`` on ``field``."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("The proof was not understood.", {field: "Give the file as base64."}) from None


def binary(content: bytes | Iterable[bytes], name: str, media_type: str) -> Response:
    """Answer with a file to be saved."""
    response = Response(content, mimetype=media_type)
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "'")
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blp.route("/cases/<ref>/documents", methods=["GET"])
@allowed(Permission.READ_EVIDENCE)
@blp.alt_response(200, schema=answers.DOCUMENTS, success=True)
def every(ref: str) -> dict[str, Any]:
    """List the files of a case, the newest first."""
    found = documents.of_case(db.session(), case_or_404(ref).id)
    return {"documents": [document_json(document) for document in found]}


@blp.route("/cases/<ref>/documents", methods=["POST"])
@allowed(Permission.UPLOAD_EVIDENCE)
@blp.arguments(DocumentKindSchema, location="query", unknown=RAISE)
@blp.arguments(DocumentFileSchema, location="files")
@blp.alt_response(201, schema=answers.DOCUMENT, success=True)
def add(query: dict[str, Any], files: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Put a file (multipart field ``file``, as large as one request may be) into a case. Larger ones come by parts."""
    file = files["file"]
    size = file.stream.seek(0, SEEK_END)
    file.stream.seek(0)
    document = incoming.receive(
        db.session(), case_or_404(ref).id, kind=query["kind"], name=file.filename or "", media_type=file.mimetype or "",
        size=size, pieces=iter(lambda: file.stream.read(PART), b""), by=actor(), now=now(), vault=ports().vault,
    )
    return document_json(document), 201


@blp.route("/cases/<ref>/documents/<uuid:public_id>/content", methods=["GET"])
@allowed(Permission.READ_EVIDENCE)
@blp.alt_response(200, schema=A_FILE, content_type="application/octet-stream", success=True)
def content(ref: str, public_id: object) -> Response:
    """Read a file, piece by piece; the reading is recorded. One found harmful is a conflict: ask for the zip."""
    opened = documents.open_file(db.session(), case_or_404(ref).id, str(public_id), by=actor(), now=now(), vault=ports().vault)
    response = binary(stream_with_context(opened.pieces), opened.document.name, "application/octet-stream")
    response.content_length = opened.document.size
    return response


@blp.route("/cases/<ref>/documents/<uuid:public_id>/zip", methods=["GET"])
@allowed(Permission.READ_EVIDENCE)
@blp.alt_response(200, schema=A_FILE, content_type="application/zip", success=True)
def archive(ref: str, public_id: object) -> Response:
    """Read a file inside an encrypted zip (AES-256, password ``infected``); the reading is recorded."""
    opened = documents.open_file(db.session(), case_or_404(ref).id, str(public_id), by=actor(), now=now(),
                                 vault=ports().vault, locked=True)
    name, at = opened.document.name, opened.document.at
    packed = ports().locked_zip.pack(name, at, opened.pieces, scanning.OPENED_BY)
    return binary(stream_with_context(packed), f"{name}.zip", "application/zip")


@blp.route("/cases/<ref>/documents/<uuid:public_id>/verify", methods=["POST"])
@allowed(Permission.READ_EVIDENCE)
@blp.alt_response(200, schema=answers.VERIFIED, success=True)
def verify(ref: str, public_id: object) -> dict[str, Any]:
    """Compare a file with the hash taken when it was put in."""
    verdict = documents.verify(db.session(), case_or_404(ref).id, str(public_id), by=actor(), now=now(),
                               vault=ports().vault)
    return {"matches": verdict.matches, "outcome": verdict.outcome, "words": verdict.words}
