"""Letters on paper as JSON: ask for them, confirm as a second person, take a CSV once or the PDF, say what became of them."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, stream_with_context
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from incident_app.api.documents import binary
from incident_app.api.guard import actor, allowed, fresh
from incident_app.api.notices import found
from incident_app.api.schemas import Strict
from incident_app.api.shapes import A_FILE
from incident_app.api.submitting import once
from incident_app.domain import posting as rules
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.posting import PostExport
from incident_app.services import deliveries
from incident_app.services.deliveries import posting
from incident_app.services.deliveries.lettering import csv_lines
from incident_app.wiring import now, ports

blp = Blueprint("api_posting", __name__, url_prefix="/api/v1")
AT = "/cases/<ref>/notices/<int:number>/letters"


class PostAskSchema(Strict):
    """What the file is for; ``form`` is csv or pdf, ``side`` where the window of the envelopes is: left or right."""

    reason = fields.String(required=True)
    form = fields.String(load_default=rules.TABLE)
    side = fields.String(load_default=rules.SIDES[0])


class PostAnswerSchema(Strict):
    """Whether the second person confirms it; a reason where not."""

    confirmed = fields.Boolean(required=True)
    reason = fields.String(load_default="")


class HandedSchema(Strict):
    """On which day how many printed letters were handed over to the post; the numbers of people whose letters were not."""

    on = fields.Date(required=True)
    count = fields.Integer(required=True, strict=True)
    left_out = fields.List(fields.Integer(strict=True), load_default=list)


class DroppedSchema(Strict):
    """Why the printed letters were not posted."""

    reason = fields.String(required=True)


class CorrectedSchema(Strict):
    """What happened to letters that were not posted after all; the numbers of these people, or nobody for all of them."""

    reason = fields.String(required=True)
    people = fields.List(fields.Integer(strict=True), load_default=list)


class PostExportSchema(Schema):
    """One file of letters. As csv: asked, confirmed, taken, done, broken or refused; as pdf: asked, confirmed, making, made,
    handed, dropped, failed or refused. Moments in UTC."""

    number = fields.Integer(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True)
    answer_reason = fields.String(required=True)
    people_count = fields.Integer(required=True)
    asked_at = fields.String(required=True)
    open_until = fields.String(allow_none=True)
    taken_at = fields.String(allow_none=True)
    form = fields.String(required=True)
    side = fields.String(required=True)
    done_count = fields.Integer(required=True)
    left_count = fields.Integer(required=True)
    failure = fields.String(required=True)
    made_at = fields.String(allow_none=True)
    handed_on = fields.String(allow_none=True)


class PostingSchema(Schema):
    """How many people wait for a letter, how many's turn it is now, and the files."""

    waiting = fields.Integer(required=True)
    due = fields.Integer(required=True)
    exports = fields.List(fields.Nested(PostExportSchema), required=True)


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _json(export: PostExport) -> dict[str, Any]:
    plain = ("number", "state", "reason", "answer_reason", "people_count", "form", "side", "done_count", "left_count", "failure")
    return {name: getattr(export, name) for name in plain} | {
        name: _moment(getattr(export, name)) for name in ("asked_at", "open_until", "taken_at", "made_at")} | {
            "handed_on": export.handed_on.isoformat() if export.handed_on else None}


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
    return _json(posting.ask_post_export(db.session(), found(ref, number).id, by=actor(), now=now(), **body))


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
@blp.alt_response(200, schema=A_FILE, content_type="application/pdf", success=True)
def take(ref: str, number: int, export: int) -> Response:
    """Take the table, once; its people count as written to when it has arrived whole. Or take the printed letters: a PDF,
    or a ZIP of several; their people count when it is said that the letters were handed over to the post."""
    notice = found(ref, number)
    if posting.find_export(db.session(), notice.id, export).form == rules.PRINTED:
        name, content = deliveries.take_letters(db.session(), notice.id, export, by=actor(), now=now(), vault=ports().vault)
        return binary(stream_with_context(content), name, "application/pdf" if name.endswith(".pdf") else "application/zip")
    rows = posting.take_post_export(db.session(), notice.id, export, by=actor(), clock=ports().clock,
                                    vault=ports().vault)
    return Response(stream_with_context(csv_lines(rows)), mimetype="text/csv", headers={"Cache-Control": "no-store"})


@blp.post(AT + "/<int:export>/handed")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@blp.arguments(HandedSchema)
@blp.response(200, PostExportSchema)
def handed(body: dict[str, Any], ref: str, number: int, export: int) -> dict[str, Any]:
    """Say that the printed letters were handed over to the post; their people count as written to from now on."""
    return _json(deliveries.hand_over(db.session(), found(ref, number).id, export, by=actor(), now=now(), **body))


@blp.post(AT + "/<int:export>/dropped")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@blp.arguments(DroppedSchema)
@blp.response(200, PostExportSchema)
def dropped(body: dict[str, Any], ref: str, number: int, export: int) -> dict[str, Any]:
    """Say that the printed letters were not posted; they are thrown away here too, and these people still wait."""
    return _json(deliveries.drop_letters(db.session(), found(ref, number).id, export, by=actor(), now=now(), **body))


@blp.post(AT + "/<int:export>/corrected")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@blp.arguments(CorrectedSchema)
@blp.response(200, PostExportSchema)
def corrected(body: dict[str, Any], ref: str, number: int, export: int) -> dict[str, Any]:
    """Say that letters of a hand-over were not posted after all; these people wait for a letter again."""
    return _json(deliveries.correct_hand_over(db.session(), found(ref, number).id, export, by=actor(), now=now(), **body))
