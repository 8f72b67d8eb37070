"""The ladders as JSON: read, preview, changed."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.versions import versioned
from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import alerts
from incident_app.services.alerts import LadderPage
from incident_app.wiring import now

blp = Blueprint("api_ladders", __name__, url_prefix="/api/v1")


class LadderStepSchema(Strict):
    """After how many minutes which people are woken, by what ways."""

    after_minutes = fields.Integer(strict=True, required=True)
    who = fields.String(required=True)
    ways = fields.String(required=True)


class LadderSchema(Versioned):
    """A whole ladder; ``version`` is the one it was made from (0: the default)."""

    hours_left = fields.List(fields.Integer(strict=True))
    overdue_hours = fields.Integer(strict=True)
    ack_minutes = fields.Integer(strict=True)
    next_channel_minutes = fields.Integer(strict=True)
    repeat_minutes = fields.Integer(strict=True)
    steps = fields.List(fields.Nested(LadderStepSchema))


def _json(page: LadderPage) -> dict[str, Any]:
    """Return a ladder, and whom it would wake when if it started now."""
    return {
        "kind": page.kind.value, "name": page.name, "own": page.own, "version": page.version, **rules.plain(page.ladder),
        "if_it_started_now": [{"step": step.number, "at": step.at.isoformat(), "names": list(step.names)} for step in page.steps],
    }


@blp.route("/ladders", methods=["GET"])
@allowed(Permission.SEE_LADDERS)
@blp.alt_response(200, schema=answers.LADDERS, success=True)
def every_ladder() -> dict[str, Any]:
    """List the ladder of every kind of clock."""
    return {"ladders": [_json(page) for page in alerts.every_ladder(db.session(), by=actor(), now=now())]}


@blp.route("/ladders/<kind>", methods=["PUT"])
@allowed(Permission.MANAGE_LADDERS)
@versioned
@blp.arguments(LadderSchema)
@blp.alt_response(200, schema=answers.LADDER, success=True)
def change(body: dict[str, Any], kind: str) -> dict[str, Any]:
    """Give one kind of clock a ladder of its own; what is not said is as by default."""
    version = body.pop("version")
    with both("ladder", kind, None, lambda: _json(alerts.ladder(db.session(), kind, by=actor(), now=now()))):
        alerts.save_ladder(db.session(), kind, body, version=version, by=actor(), now=now())
    return _json(alerts.ladder(db.session(), kind, by=actor(), now=now()))
