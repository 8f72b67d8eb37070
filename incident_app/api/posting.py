"""Letters on paper as JSON: ask for the file, confirm it as a second person, take it once as CSV."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, stream_with_context
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from incident_app.api.guard import actor, allowed, fresh
from incident_app.api.notices import found
from incident_app.api.schemas import Strict
from incident_app.api.submitting import once
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.posting import PostExport
from incident_app.services.deliveries import posting
from incident_app.services.deliveries.lettering import csv_lines
from incident_app.wiring import now, ports

blp = Blueprint("api_posting", __name__, url_prefix="/api/v1")
AT = "/cases/<ref>/notices/<int:number>/letters"


class PostAskSchema(Strict):
    """What the file is for."""

    reason = fields.String(required=True)


class PostAnswerSchema(Strict):
    """Whether the second person confirms it; a reason where not."""

    confirmed = fields.Boolean(required=True)
    reason = fields.String(load_default="")


class PostExportSchema(Schema):
    """One file of letters: asked, confirmed, taken, done, broken or refused. Moments in UTC."""

    number = fields.Integer(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True)
    answer_reason = fields.String(required=True)
    people_count = fields.Integer(required=True)
    asked_at = fields.String(required=True)
    open_until = fields.String(allow_none=True)
    taken_at = fields.String(allow_none=True)


class PostingSchema(Schema):
    """How many people wait for a letter, how many's turn it is now, and the files."""

    waiting = fields.Integer(required=True)
    due = fields.Integer(required=True)
    exports = fields.List(fields.Nested(PostExportSchema), required=True)


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _json(export: PostExport) -> dict[str, Any]:
    plain = ("number", "state", "reason", "answer_reason", "people_count")
    return {name: getattr(export, name) for name in plain} | {
        name: _moment(getattr(export, name)) for name in ("asked_at", "open_until", "taken_at")}


@blp.get(AT)
@allowed(Permission.SEE_NOTICES)
@blp.response(200, PostingSchema)
def show(ref: str, number: int) -> dict[str, Any]:
    """Return how the letters of a notice stand."""
    stand = posting.posting_of(db.session(), found(ref, number), now=now())
    return {"waiting": stand.waiting, "due": stand.due, "exports": [_json(one) for one in stand.exports]}


@blp.post(AT)
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@once
@blp.arguments(PostAskSchema)
@blp.response(201, PostExportSchema)
def ask(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Ask for the file of everybody whose turn is a letter; another approver has to confirm it."""
    return _json(posting.ask_post_export(db.session(), found(ref, number).id, body["reason"], by=actor(), now=now()))


@blp.post(AT + "/<int:export>/answer")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@blp.arguments(PostAnswerSchema)
@blp.response(200, PostExportSchema)
def answer(body: dict[str, Any], ref: str, number: int, export: int) -> dict[str, Any]:
    """Confirm a file as its second person, or send it back; it can then be taken for 15 minutes."""
    return _json(posting.answer_post_export(db.session(), found(ref, number).id, export, by=actor(), now=now(), **body))


@blp.post(AT + "/<int:export>/file")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@blp.response(200, {"type": "string"}, content_type="text/csv", description="person, name, address, language, subject, letter")
def take(ref: str, number: int, export: int) -> Response:
    """Take the file, once, as CSV; its people count as written to when it has arrived whole."""
    rows = posting.take_post_export(db.session(), found(ref, number).id, export, by=actor(), clock=ports().clock,
                                    vault=ports().vault)
    return Response(stream_with_context(csv_lines(rows)), mimetype="text/csv", headers={"Cache-Control": "no-store"})
