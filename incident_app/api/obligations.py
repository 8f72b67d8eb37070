"""Duties as JSON: what is owed and why, decided, dated, recorded as done; and what if."""

from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from incident_app.api import answers
from incident_app.api.documents import from_base64
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import MomentField, Strict, Versioned
from incident_app.api.submitting import once
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.obligations import Duty
from incident_app.extensions import db
from incident_app.models.cases import Moment
from incident_app.models.obligations import Obligation
from incident_app.services import obligations
from incident_app.services.labels import reasoned
from incident_app.services.obligations import Imagined
from incident_app.services.obligations.showing import Shown, duties_shown
from incident_app.wiring import now, ports

blp = Blueprint("api_obligations", __name__, url_prefix="/api/v1")
TERMS = tuple(name for name in Duty.__slots__ if name != "maybe")
STATES = ("id", "state", "state_reason", "receipt_reference", "discharged_how", "discharged_at", "late_by_seconds",
          "late_reason", "public_reason", "version", "raised_at", "superseded_at", "superseded_by_id")


class DecisionSchema(Versioned):
    """Owed or not, and why. ``version`` is the one that was read; without it the last word counts."""

    owed = fields.Boolean(required=True)
    reason = fields.String(required=True)
    needs_version = False


class MomentSchema(Strict):
    """When a clock of its own started: the anchor by its name, and who established it from what."""

    anchor = fields.String(required=True)
    at = MomentField(required=True)
    reason = fields.String(required=True)


class DoneSchema(Strict):
    """They were told: when, how (portal, email, phone, post, notice; people also public, with ``public_reason``: why not one
    by one), the reference, the proof as base64."""

    at = MomentField(required=True)
    how = fields.String(required=True)
    reference = fields.String(required=True)
    late_reason = fields.String(load_default="")
    public_reason = fields.String(load_default="")
    proof_name = fields.String(required=True)
    proof_type = fields.String(load_default="application/octet-stream")
    proof_base64 = fields.String(required=True)


class WhatIfSchema(Strict):
    """Another moment of awareness, another rule set; what is left out stays as it is."""

    aware_at = MomentField(load_default=None)
    proposal = fields.String(load_default="")


def plain(value: object) -> Any:
    """Return a moment as ISO 8601 in UTC, anything else as it is."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def terms_json(duty: Duty | Obligation) -> dict[str, Any]:
    """Return every term of a duty as the law had it when it arose; the reason in the words of the pages."""
    return {name: plain(getattr(duty, name)) for name in TERMS} | {"why": reasoned(duty.why)}


def obligation_json(row: Obligation) -> dict[str, Any]:
    """Return one version of a duty with its state."""
    return terms_json(row) | {name: plain(getattr(row, name)) for name in STATES}


def _shown(one: Shown) -> dict[str, Any]:
    readings = one.disputed
    return obligation_json(one.duty) | {
        "law": one.law, "leads": one.leads, "hangs_on_sector": one.hangs,
        "disputed_two_working_days": None if readings is None else {
            "touched_at": plain(readings.touched_at), "whole_at": plain(readings.whole_at)},
        "earlier_versions": [obligation_json(row) for row in one.earlier],
    }


def _moment(one: Moment) -> dict[str, Any]:
    return {name: plain(getattr(one, name)) for name in ("id", "anchor", "at", "reason", "by_id", "recorded_at")}


@blp.route("/cases/<ref>/duties", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=answers.DUTIES, success=True)
def every(ref: str) -> dict[str, Any]:
    """Read every duty with its terms and earlier versions, what is not owed and why, and the moments on record."""
    found = duties_shown(db.session(), case_or_404(ref), law=ports().law, calendar=ports().calendar)
    return {
        "duties": [_shown(one) for one in found.shown], "records": [obligation_json(row) for row in found.records],
        "no_longer_apply": [obligation_json(row) for row in found.gone],
        "not_owed": [{name: getattr(one, name) for name in one.__slots__} for one in found.not_owed],
        "moments": [_moment(one) for one in found.moments],
    }


@blp.route("/cases/<ref>/duties/<int:duty_id>/decision", methods=["POST"])
@allowed(Permission.DECIDE)
@versioned
@once
@blp.arguments(DecisionSchema)
@blp.alt_response(200, schema=answers.DUTY, success=True)
def decide(body: dict[str, Any], ref: str, duty_id: int) -> dict[str, Any]:
    """Decide one duty by itself, with a reason."""
    return obligation_json(obligations.decide_one(db.session(), case_or_404(ref).id, duty_id, by=actor(), now=now(), **body))


@blp.route("/cases/<ref>/moments", methods=["POST"])
@allowed(Permission.SET_AWARENESS)
@blp.arguments(MomentSchema)
@blp.alt_response(201, schema=answers.RECORDED_MOMENT, success=True)
def record(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Record the moment a clock started; the duties that count from it follow."""
    made = obligations.record_moment(db.session(), case_or_404(ref).id, body["anchor"], body["at"], reason=body["reason"],
                                     by=actor(), now=now(), law=ports().law, calendar=ports().calendar)
    return _moment(made), 201


@blp.route("/cases/<ref>/duties/<int:duty_id>/done", methods=["POST"])
@allowed(Permission.MARK_SUBMITTED)
@once
@blp.arguments(DoneSchema)
@blp.alt_response(200, schema=answers.DUTY, success=True)
def done(body: dict[str, Any], ref: str, duty_id: int) -> dict[str, Any]:
    """Record that they were told, with its proof; only then the clock stops."""
    proof = from_base64(body.pop("proof_base64"), "proof_base64")
    return obligation_json(obligations.mark_done(db.session(), case_or_404(ref).id, duty_id, proof_bytes=proof,
                                                 by=actor(), now=now(), vault=ports().vault, **body))


def _imagined(row: Imagined) -> dict[str, Any]:
    return {
        "now": terms_json(row.now) if row.now else None, "then": terms_json(row.then) if row.then else None,
        "moved_seconds": None if row.moved is None else int(row.moved.total_seconds()),
    }


@blp.route("/cases/<ref>/what-if", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.arguments(WhatIfSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.WHAT_IF, success=True)
def what_if(query: dict[str, Any], ref: str) -> dict[str, Any]:
    """Look at another moment of awareness or another rule set. Nothing is saved."""
    rows = obligations.what_if(db.session(), case_or_404(ref), by=actor(), now=now(), law=ports().law,
                               calendar=ports().calendar, **query)
    return {"duties": [_imagined(row) for row in rows],
            "proposals": [{"id": name, "name": words} for name, words in obligations.proposals(ports().law)]}
