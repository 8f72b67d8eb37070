"""Retention as JSON: the dry run, legal holds, erasing early."""

from datetime import datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields, validate

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, case_or_404, fresh
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.retention import Periods
from incident_app.extensions import db
from incident_app.models.proposals import Proposal
from incident_app.models.retention import Hold
from incident_app.services import retention
from incident_app.wiring import now, ports

blp = Blueprint("api_retention", __name__, url_prefix="/api/v1")
MOST = 100_000


class ReasonSchema(Strict):
    """Why."""

    reason = fields.String(required=True)


class PeriodsSchema(Versioned):
    """All periods, and the version they were made from; exports in hours, the rest in days."""

    people = fields.Integer(strict=True, required=True, validate=validate.Range(0, MOST))
    people_most = fields.Integer(strict=True, required=True, validate=validate.Range(0, MOST))
    events = fields.Integer(strict=True, required=True, validate=validate.Range(0, MOST))
    evidence = fields.Integer(strict=True, required=True, validate=validate.Range(0, MOST))
    exports = fields.Integer(strict=True, required=True, validate=validate.Range(0, MOST))
    reason = fields.String(required=True)


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _hold(hold: Hold) -> dict[str, Any]:
    return {"reason": hold.reason, "set_at": _moment(hold.set_at), "lifted_at": _moment(hold.lifted_at)}


def _request(one: Proposal) -> dict[str, Any]:
    return {"id": one.public_id, "reason": one.reason, "asked_at": _moment(one.asked_at), "state": one.state,
            "facts": one.facts}


@blp.route("/retention", methods=["GET"])
@allowed(Permission.SEE_RETENTION)
@versioned
@blp.alt_response(200, schema=answers.RETENTION, success=True)
def plan() -> dict[str, Any]:
    """Say what goes when, and why; ``going`` is null for who sees no cases."""
    found = retention.plan(db.session(), by=actor(), now=now())
    going = None if found.going is None else [
        {"case": one.ref, "what": one.kind.value, "count": one.count, "at": _moment(one.at), "why": one.why,
         "held": one.held, "due": one.due(now())} for one in found.going]
    return {"version": found.version, "periods": found.periods.plain(), "going": going}


def _periods() -> dict[str, Any]:
    found = retention.plan(db.session(), by=actor(), now=now())
    return {"version": found.version, **found.periods.plain()}


@blp.route("/retention", methods=["PUT"])
@allowed(Permission.LOWER_RETENTION)
@fresh
@versioned
@blp.arguments(PeriodsSchema)
@blp.alt_response(200, schema=answers.PERIODS, success=True)
def lower(body: dict[str, Any]) -> dict[str, Any]:
    """Shorten periods."""
    version, reason = body.pop("version"), body.pop("reason")
    with both("retention", version + 1, None, _periods):
        made, periods = retention.lower(db.session(), Periods.of(body), reason, version=version, by=actor(), now=now())
    return {"version": made, "periods": periods.plain()}


@blp.route("/cases/<ref>/hold", methods=["POST"])
@allowed(Permission.HOLD_CASE)
@fresh
@blp.arguments(ReasonSchema)
@blp.alt_response(200, schema=answers.HOLD, success=True)
def hold(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Set a legal hold at once."""
    return _hold(retention.set_hold(db.session(), case_or_404(ref).id, body["reason"], by=actor(), now=now()))


@blp.route("/cases/<ref>/hold/lift", methods=["POST"])
@allowed(Permission.HOLD_CASE)
@fresh
@blp.arguments(ReasonSchema)
@blp.alt_response(200, schema=answers.PROPOSAL, success=True)
def ask_lift(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Ask a second person to lift it."""
    return _request(retention.ask_lift(db.session(), case_or_404(ref).id, body["reason"], by=actor(), now=now()))


@blp.route("/cases/<ref>/hold/lift/<uuid:request_id>/agree", methods=["POST"])
@allowed(Permission.HOLD_CASE)
@fresh
@blp.alt_response(200, schema=answers.HOLD, success=True)
def lift(ref: str, request_id: object) -> dict[str, Any]:
    """Lift it as the second person."""
    return _hold(retention.lift(db.session(), case_or_404(ref).id, str(request_id), by=actor(), now=now()))


@blp.route("/cases/<ref>/hold/lift/<uuid:request_id>/refuse", methods=["POST"])
@allowed(Permission.HOLD_CASE)
@fresh
@blp.arguments(ReasonSchema)
@blp.alt_response(200, schema=answers.PROPOSAL, success=True)
def refuse_lift(body: dict[str, Any], ref: str, request_id: object) -> dict[str, Any]:
    """Refuse to lift it, or withdraw."""
    return _request(retention.refuse_lift(db.session(), case_or_404(ref).id, str(request_id), body["reason"], by=actor(),
                                          now=now()))


@blp.route("/cases/<ref>/erase", methods=["POST"])
@allowed(Permission.ERASE_EARLY)
@fresh
@blp.arguments(ReasonSchema)
@blp.alt_response(200, schema=answers.PROPOSAL, success=True)
def ask_erase(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Ask a second person to erase the contacts now."""
    return _request(retention.ask_erase(db.session(), case_or_404(ref).id, body["reason"], by=actor(), now=now()))


@blp.route("/cases/<ref>/erase/<uuid:request_id>/agree", methods=["POST"])
@allowed(Permission.ERASE_EARLY)
@fresh
@blp.alt_response(200, schema=answers.ERASED, success=True)
def erase(ref: str, request_id: object) -> dict[str, Any]:
    """Agree as the second person: the contacts are erased at once."""
    lists, people = retention.erase_early(db.session(), case_or_404(ref).id, str(request_id), by=actor(), now=now(),
                                          vault=ports().vault)
    return {"lists": lists, "people": people}


@blp.route("/cases/<ref>/erase/<uuid:request_id>/refuse", methods=["POST"])
@allowed(Permission.ERASE_EARLY)
@fresh
@blp.arguments(ReasonSchema)
@blp.alt_response(200, schema=answers.PROPOSAL, success=True)
def refuse_erase(body: dict[str, Any], ref: str, request_id: object) -> dict[str, Any]:
    """Refuse, or withdraw."""
    return _request(retention.refuse_erase(db.session(), case_or_404(ref).id, str(request_id), body["reason"], by=actor(),
                                           now=now()))
