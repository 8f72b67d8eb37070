"""A long list as pages of JSON lines: open an upload, put its pages in any order, close it, ask how far it is."""

from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import fields, validate

from incident_app.api import answers
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import Strict
from incident_app.api.submitting import once
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.uploads import Upload
from incident_app.services import recipients
from incident_app.wiring import now, ports

blp = Blueprint("api_uploads", __name__, url_prefix="/api/v1")
PLAIN = ("id", "name", "state", "reason", "problems", "size", "percent")


class OpenSchema(Strict):
    """What the list is called."""

    name = fields.String(required=True)


class CloseSchema(Strict):
    """How many pages were put."""

    pages = fields.Integer(required=True, strict=True, validate=validate.Range(1))


def upload_json(found: Upload) -> dict[str, Any]:
    """Return how far an upload is; ``list`` is there once ``state`` is ready."""
    return {name: getattr(found, name) for name in PLAIN} | {
        "pages": found.pieces, "lines_read": found.line_count, "list": found.list_id}


@blp.post("/cases/<ref>/uploads")
@allowed(Permission.UPLOAD_PEOPLE)
@once
@blp.arguments(OpenSchema)
@blp.response(201)
@blp.alt_response(201, schema=answers.UPLOAD, success=True)
def open_upload(body: dict[str, str], ref: str) -> dict[str, Any]:
    """Begin a list that comes in pages."""
    made = recipients.open_pages(db.session(), case_or_404(ref).id, body["name"], by=actor(), now=now(),
                                 vault=ports().vault)
    return upload_json(made)


@blp.put("/cases/<ref>/uploads/<int:upload_id>/pages/<int:number>")
@allowed(Permission.UPLOAD_PEOPLE)
@blp.alt_response(200, schema=answers.UPLOAD, success=True)
def put_page(ref: str, upload_id: int, number: int) -> dict[str, Any]:
    """Take a page (``application/x-ndjson``): one person a line, at most 20,000 lines and 8 MB.

    The same page again changes nothing, so a lost answer is no reason to worry; another content is a conflict.
    """
    found = recipients.put_page(db.session(), case_or_404(ref).id, upload_id, number, request.get_data(), by=actor(),
                                now=now(), vault=ports().vault)
    return upload_json(found)


@blp.post("/cases/<ref>/uploads/<int:upload_id>/close")
@allowed(Permission.UPLOAD_PEOPLE)
@blp.arguments(CloseSchema)
@blp.response(202)
@blp.alt_response(202, schema=answers.UPLOAD, success=True)
def close_upload(body: dict[str, int], ref: str, upload_id: int) -> dict[str, Any]:
    """Say that all pages are there; a worker reads them, all or nothing."""
    found = recipients.close_pages(db.session(), case_or_404(ref).id, upload_id, body["pages"], by=actor(), now=now())
    return upload_json(found)


@blp.get("/cases/<ref>/uploads/<int:upload_id>")
@allowed(Permission.UPLOAD_PEOPLE)
@blp.alt_response(200, schema=answers.UPLOAD, success=True)
def one_upload(ref: str, upload_id: int) -> dict[str, Any]:
    """Return how far an upload is."""
    return upload_json(recipients.find_upload(db.session(), case_or_404(ref).id, upload_id))


@blp.delete("/cases/<ref>/uploads/<int:upload_id>")
@allowed(Permission.UPLOAD_PEOPLE)
@blp.response(204)
def discard_upload(ref: str, upload_id: int) -> None:
    """Throw an upload away."""
    recipients.discard(db.session(), case_or_404(ref).id, upload_id, by=actor(), now=now())
