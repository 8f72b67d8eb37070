"""A larger file by parts: announce it, put its bytes one request after the other, finish. What breaks off goes on."""

from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from incident_app.api import answers
from incident_app.api.documents import document_json
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import Strict
from incident_app.api.submitting import once
from incident_app.domain.accounts import Permission
from incident_app.domain.incoming import LARGEST_FILE
from incident_app.extensions import db
from incident_app.models.incoming import Incoming
from incident_app.services import file_parts, incoming
from incident_app.wiring import now, ports

blp = Blueprint("api_incoming", __name__, url_prefix="/api/v1")
READ_AT_ONCE = 256 * 1024


class BeginSchema(Strict):
    """What comes: its name, its length in bytes, why it is kept."""

    name = fields.String(required=True)
    size = fields.Integer(required=True, strict=True, validate=validate.Range(1, LARGEST_FILE))
    kind = fields.String(load_default="evidence")
    media_type = fields.String(load_default="")


class FromSchema(Strict):
    """How many bytes are there already."""

    start = fields.Integer(load_default=0, data_key="from", validate=validate.Range(0, LARGEST_FILE))


class FinishSchema(Strict):
    """What the sender makes of the file: where it differs, nothing is kept."""

    sha256 = fields.String(load_default="", validate=validate.Length(max=64))


def coming_json(coming: Incoming) -> dict[str, Any]:
    """Return how far a file is; ``last`` is the SHA-256 of the last part that is there."""
    return {"id": coming.public_id, "name": coming.name, "size": coming.size, "received": coming.received,
            "state": coming.state, "last": file_parts.last_digest(db.session(), coming)}


@blp.post("/cases/<ref>/documents/incoming")
@allowed(Permission.UPLOAD_EVIDENCE)
@once
@blp.arguments(BeginSchema)
@blp.alt_response(201, schema=answers.INCOMING, success=True)
def begin(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Announce a file of at most 2 GB."""
    made = incoming.begin(db.session(), case_or_404(ref).id, by=actor(), now=now(), vault=ports().vault, **body)
    return coming_json(made), 201


@blp.get("/cases/<ref>/documents/incoming/<uuid:file_id>")
@allowed(Permission.UPLOAD_EVIDENCE)
@blp.alt_response(200, schema=answers.INCOMING, success=True)
def show(ref: str, file_id: object) -> dict[str, Any]:
    """Say how far a file is: after a break, go on after ``received``."""
    return coming_json(incoming.find(db.session(), case_or_404(ref).id, str(file_id), by=actor()))


@blp.put("/cases/<ref>/documents/incoming/<uuid:file_id>")
@allowed(Permission.UPLOAD_EVIDENCE)
@blp.arguments(FromSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.INCOMING, success=True)
def put(query: dict[str, int], ref: str, file_id: object) -> dict[str, Any]:
    """Take the bytes after the first ``from`` (``application/octet-stream``, 1 to 64 MB, or all the rest).

    Whole parts of 1,048,576 bytes are kept, and the end of the file; ``received`` says how far that is.
    """
    pieces = iter(lambda: request.stream.read(READ_AT_ONCE), b"")
    return coming_json(incoming.put(db.session(), case_or_404(ref).id, str(file_id), query["start"], pieces, by=actor(),
                                    now=now(), vault=ports().vault))


@blp.post("/cases/<ref>/documents/incoming/<uuid:file_id>/finish")
@allowed(Permission.UPLOAD_EVIDENCE)
@blp.arguments(FinishSchema)
@blp.alt_response(201, schema=answers.DOCUMENT, success=True)
def finish(body: dict[str, str], ref: str, file_id: object) -> tuple[dict[str, Any], int]:
    """Keep a file that has come in whole. Once more changes nothing, so a lost answer is no reason to worry."""
    made = incoming.finish(db.session(), case_or_404(ref).id, str(file_id), by=actor(), now=now(), vault=ports().vault,
                           sha256=body["sha256"])
    return document_json(made), 201


@blp.delete("/cases/<ref>/documents/incoming/<uuid:file_id>")
@allowed(Permission.UPLOAD_EVIDENCE)
@blp.response(204)
def discard(ref: str, file_id: object) -> None:
    """Throw away what has come in so far."""
    incoming.discard(db.session(), case_or_404(ref).id, str(file_id), by=actor(), now=now())
