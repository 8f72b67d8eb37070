"""Controllers whose data we process, as JSON: their list, updates, reminders, receipts. The notice itself is one like any other."""

from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.notices import found, notice_json
from incident_app.api.schemas import Strict
from incident_app.api.submitting import once
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import controllers
from incident_app.wiring import now, ports

blp = Blueprint("api_controllers", __name__, url_prefix="/api/v1")
PAGE = 500


class ControllerSchema(Strict):
    """One controller. A number that is not known yet is left out; ``data`` are kinds of data, separated by ``|``."""

    organisation = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(load_default="")
    language = fields.String(load_default="")
    contract = fields.String(load_default="")
    people = fields.Integer(strict=True, load_default=None, allow_none=True)
    records = fields.Integer(strict=True, load_default=None, allow_none=True)
    data = fields.String(load_default="")


class ControllersSchema(Strict):
    """A list of controllers, taken over whole or not at all."""

    name = fields.String(load_default="api")
    controllers = fields.List(fields.Nested(ControllerSchema), required=True)


class UpdateSchema(Strict):
    """To the same list, or a newer one; until when the next message is promised."""

    list_id = fields.Integer(strict=True, load_default=None, allow_none=True)
    again_on = fields.Date(load_default=None, allow_none=True)


class ReminderSchema(Strict):
    """After how many hours without an answer."""

    hours = fields.Integer(strict=True, load_default=24)


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


@blp.post("/cases/<ref>/controllers")
@allowed(Permission.UPLOAD_PEOPLE)
@once
@blp.arguments(ControllersSchema)
@blp.response(201)
@blp.alt_response(201, schema=answers.CONTROLLER_LIST, success=True)
def upload(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Take a list of controllers over; a notice is then drafted to it by ``POST …/notices``.

    Says which of them the case does not name, and whom it names without a line: a duty to tell those stays owed.
    """
    rows = [{name: "" if value is None else str(value) for name, value in row.items()} for row in body["controllers"]]
    made = controllers.import_controller_rows(db.session(), case_or_404(ref).id, body["name"], rows, by=actor(), now=now(),
                                              vault=ports().vault)
    differs = controllers.apart_of(db.session(), made)
    return {"id": made.id, "number": made.number, "name": made.name, "controllers": made.people_count, "digest": made.digest,
            "not_named_in_case": list(differs.strangers), "no_line_for": list(differs.left_out)}


@blp.post("/cases/<ref>/notices/<int:number>/update")
@allowed(Permission.DRAFT_NOTICE)
@once
@blp.arguments(UpdateSchema)
@blp.response(201)
@blp.alt_response(201, schema=answers.NOTICE, success=True)
def update(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Draft an update that carries a notice to controllers on."""
    return notice_json(controllers.carry_on(db.session(), found(ref, number).id, by=actor(), now=now(), envelope=ports().envelope,
                                            **body))


@blp.post("/cases/<ref>/notices/<int:number>/reminder")
@allowed(Permission.DRAFT_NOTICE)
@once
@blp.arguments(ReminderSchema)
@blp.response(201)
@blp.alt_response(201, schema=answers.NOTICE, success=True)
def remind(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Draft a reminder to those who have not acknowledged a notice."""
    return notice_json(controllers.remind(db.session(), found(ref, number).id, body["hours"], by=actor(), now=now(),
                                          vault=ports().vault, envelope=ports().envelope))


@blp.get("/cases/<ref>/notices/<int:number>/receipts")
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.CONTROLLER_RECEIPTS, success=True)
def receipts(ref: str, number: int) -> dict[str, Any]:
    """Return who of the controllers was told and who acknowledged it; nothing for a notice to people.

    Organisations and names are left empty for who may not see people.
    """
    notice, after, rows = found(ref, number), 0, list[dict[str, Any]]()
    while page := controllers.lines(db.session(), notice, by=actor(), after=after, limit=PAGE):
        after = page[-1].number
        rows += [{
            "controller": one.label, "organisation": one.organisation, "contract": one.contract, "state": one.state,
            "reason": one.reason, "sent_at": _moment(one.sent_at), "delivered_at": _moment(one.delivered_at),
            "acknowledged_at": _moment(one.acknowledged_at), "by": one.by, "through_notice": one.through} for one in page]
    return {"receipts": rows}
