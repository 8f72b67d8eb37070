"""Lists of people as JSON: upload a file or rows, read where every line went, look at people masked."""

from datetime import UTC
from typing import Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from incident_app.api import answers
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import Strict
from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.recipients import RecipientList
from incident_app.services import recipients
from incident_app.wiring import now, ports

blp = Blueprint("api_recipients", __name__, url_prefix="/api/v1")
PLAIN = ("id", "number", "name", "encoding", "columns", "ignored", "digest", "people_count", "line_count", "other_count",
         "refused_count", "duplicate_count", "telegram_count", "email_count", "post_count", "languages", "countries",
         "problem_count", "problems")


class PersonRowSchema(Strict):
    """One person. At least one of ``email``, ``telegram_id`` and a postal address; ``data`` names their own kinds of data.

    ``country`` is two letters, ``region`` the part of it (ISO 3166-2, ``CA`` or ``US-CA``); it is kept only where the law of a
    part asks for more. The postal address comes as ``address`` (lines separated by ``|``), or as ``street``, ``postcode`` and ``city``.
    """

    name = fields.String()
    email = fields.String()
    telegram_id = fields.String()
    language = fields.String()
    country = fields.String()
    data = fields.String()
    region = fields.String()
    address = fields.String()
    street = fields.String()
    postcode = fields.String()
    city = fields.String()


class PersonRowsSchema(Strict):
    """A list as rows."""

    name = fields.String(required=True)
    rows = fields.List(fields.Nested(PersonRowSchema), required=True)


class CrowdSchema(Strict):
    """Why so many addresses of one mailbox are right."""

    reason = fields.String(required=True)


class PeoplePageSchema(Strict):
    """Which part of a long answer: people after this number, at most so many."""

    after = fields.Integer(load_default=0)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))


def list_json(found: RecipientList) -> dict[str, Any]:
    """Return a list without its people; ``line_count`` is the sum of the four counts below it."""
    return {name: getattr(found, name) for name in PLAIN} | {
        "at": found.at.astimezone(UTC).isoformat(), "adds_up": found.adds_up,
        "erased_at": found.erased_at.astimezone(UTC).isoformat() if found.erased_at else None}


@blp.get("/cases/<ref>/lists")
@allowed(Permission.SEE_PEOPLE)
@blp.alt_response(200, schema=answers.LISTS, success=True)
def lists(ref: str) -> dict[str, Any]:
    """Return the lists of a case."""
    found = recipients.lists_of(db.session(), case_or_404(ref).id)
    return {"lists": [list_json(one) for one in found]}


@blp.post("/cases/<ref>/lists")
@allowed(Permission.UPLOAD_PEOPLE)
@blp.response(201)
@blp.alt_response(201, schema=answers.LIST, success=True)
def upload(ref: str) -> dict[str, Any]:
    """Take over a CSV or XLSX file sent as ``multipart/form-data`` (``file``, perhaps ``encoding``), all or nothing."""
    case = case_or_404(ref)
    request.max_content_length = recipients.LARGEST_FILE
    sent = request.files.get("file")
    unknown = sorted({*request.form, *request.files} - {"file", "encoding"})
    if unknown:
        raise Refused("Unknown field.", dict.fromkeys(unknown, "This field is not known here."))
    if sent is None:
        raise Refused("There is no file.", {"file": "Send the list as multipart/form-data, in the field “file”."})
    made = recipients.import_list(
        db.session(), case.id, sent.filename or "list.csv", recipients.pieces_of(sent.stream), by=actor(), now=now(),
        vault=ports().vault, sheets=ports().sheets, encoding=request.form.get("encoding") or None, mode=ports().mode)
    return list_json(made)


@blp.post("/cases/<ref>/lists/rows")
@allowed(Permission.UPLOAD_PEOPLE)
@blp.arguments(PersonRowsSchema)
@blp.response(201)
@blp.alt_response(201, schema=answers.LIST, success=True)
def upload_rows(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Take over people sent as JSON rows, all or nothing."""
    made = recipients.import_rows(db.session(), case_or_404(ref).id, body["name"], body["rows"], by=actor(), now=now(),
                                  vault=ports().vault, mode=ports().mode)
    return list_json(made)


@blp.get("/lists/encodings")
@allowed(Permission.SEE_PEOPLE)
@blp.alt_response(200, schema=answers.ENCODINGS, success=True)
def encodings() -> dict[str, Any]:
    """Return the encodings a list may be read in."""
    return {"encodings": rules.ENCODINGS}


@blp.get("/cases/<ref>/lists/<int:list_id>")
@allowed(Permission.SEE_PEOPLE)
@blp.alt_response(200, schema=answers.LIST, success=True)
def one_list(ref: str, list_id: int) -> dict[str, Any]:
    """Return where every line of a list went."""
    return list_json(recipients.find_list(db.session(), case_or_404(ref).id, list_id))


@blp.delete("/cases/<ref>/lists/<int:list_id>")
@allowed(Permission.UPLOAD_PEOPLE)
@blp.response(204)
def delete(ref: str, list_id: int) -> None:
    """Delete a list no notice rests on."""
    recipients.delete_list(db.session(), case_or_404(ref).id, list_id, by=actor(), now=now())


@blp.post("/cases/<ref>/lists/<int:list_id>/crowd")
@allowed(Permission.DRAFT_NOTICE)
@blp.arguments(CrowdSchema)
@blp.alt_response(200, schema=answers.LIST, success=True)
def accept_crowd(body: dict[str, str], ref: str, list_id: int) -> dict[str, Any]:
    """Say why it is right that many addresses of the list end in one mailbox; whoever approves reads it."""
    case = case_or_404(ref)
    return list_json(recipients.accept_crowd(db.session(), case.id, list_id, body["reason"], by=actor(), now=now()))


@blp.get("/cases/<ref>/lists/<int:list_id>/people")
@allowed(Permission.SEE_MASKED)
@blp.arguments(PeoplePageSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.MASKED, success=True)
def people(page: dict[str, int], ref: str, list_id: int) -> dict[str, Any]:
    """Return people, masked."""
    found = recipients.masked_page(db.session(), case_or_404(ref).id, list_id, by=actor(), now=now(), vault=ports().vault,
                                   **page)
    names = ("number", "label", "name", "email", "telegram", "language", "country", "line", "post")
    return {"people": [{name: getattr(one, name) for name in names} for one in found]}


@blp.post("/cases/<ref>/lists/<int:list_id>/people/<int:number>/open")
@allowed(Permission.OPEN_CONTACT)
@blp.alt_response(200, schema=answers.CONTACT, success=True)
def open_person(ref: str, list_id: int, number: int) -> dict[str, Any]:
    """Return one person's contact in full; that is recorded."""
    contact = recipients.open_contact(db.session(), case_or_404(ref).id, list_id, number, by=actor(), now=now(),
                                      vault=ports().vault)
    return {"name": contact.name, "email": contact.email, "telegram_id": contact.telegram, "data": list(contact.data),
            "postal": contact.postal}


class AskSchema(Strict):
    """Whose messages? At least one of the two."""

    address = fields.String(load_default="")
    telegram_id = fields.String(load_default="")


@blp.post("/cases/<ref>/lists/ask")
@allowed(Permission.SEE_PEOPLE)
@blp.arguments(AskSchema)
@blp.alt_response(200, schema=answers.ASKED_FOR, success=True)
def ask(body: dict[str, str], ref: str) -> dict[str, Any]:
    """Answer “did you write to this address?”, also after the contacts were erased; that it was asked is recorded."""
    found = recipients.ask(db.session(), case_or_404(ref).id, address=body["address"], telegram=body["telegram_id"],
                           by=actor(), now=now(), vault=ports().vault)
    return {"found": [
        {"list": one.list_id, "person": one.label, "told": [
            {"notice": told.notice, "channel": told.channel, "state": told.state,
             "at": told.at.astimezone(UTC).isoformat() if told.at else None} for told in one.told]}
        for one in found]}
