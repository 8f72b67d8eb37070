"""The record as JSON: what it says, and whether it still proves itself."""

from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from incident_app.api import answers
from incident_app.api.guard import actor, allowed
from incident_app.api.schemas import Strict
from incident_app.domain.accounts import Permission
from incident_app.domain.audit import parse_anchor
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.services import anchoring, deliveries, notices, record
from incident_app.services.record import Asked
from incident_app.wiring import ports

blp = Blueprint("api_audit", __name__, url_prefix="/api/v1")
LARGEST = 2**53


class VerifySchema(Strict):
    """An anchor out of an email or a PDF, as ``SEQ:HASH``."""

    anchor = fields.List(fields.String(), load_default=list)


class RecordSchema(Strict):
    """What is looked for; ``before`` is the number the page ends at. Days are of UTC, both included."""

    action = fields.String(load_default="", validate=validate.Length(max=80))
    person = fields.Integer(load_default=None, validate=validate.Range(0, LARGEST))
    case = fields.String(load_default="", validate=validate.Length(max=40))
    first = fields.Date(load_default=None)
    last = fields.Date(load_default=None)
    before = fields.Integer(load_default=None, validate=validate.Range(1, LARGEST))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))


@blp.route("/audit/verify", methods=["GET"])
@allowed(Permission.VERIFY_AUDIT)
@blp.arguments(VerifySchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.VERDICT, success=True)
def verify(given: dict[str, Any]) -> dict[str, Any]:
    """Walk the whole chain, held against every anchor; name the first entry that was changed, is missing, or was cut off."""
    try:
        by_hand = [parse_anchor(one) for one in given["anchor"]]
    except ValueError as error:
        raise Refused("Nothing was verified.", {"anchor": str(error)}) from error
    verdict = anchoring.verify(db.session(), ports().anchor_log, by_hand)
    anchor = verdict.anchor
    return {
        "complete": verdict.complete, "entries": verdict.seq, "hash": verdict.hash, "broken_at": verdict.broken_at,
        "words": verdict.words, "anchors": verdict.anchors,
        "anchor": {"entry": anchor.seq, "where": anchor.where, "at": anchor.at.isoformat() if anchor.at else None}
        if anchor else None,
    }


@blp.route("/audit/entries", methods=["GET"])
@allowed(Permission.READ_RECORD)
@blp.arguments(RecordSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.ENTRIES, success=True)
def entries(asked: dict[str, Any]) -> dict[str, Any]:
    """List entries, the newest first; ``older`` is the next ``before``. An administrator reads the security part."""
    before, limit = asked.pop("before"), asked.pop("limit")
    found = record.page(db.session(), Asked(**asked), by=actor(), before=before, limit=limit)
    return {"entries": [asdict(line) | {"at": line.at.isoformat()} for line in found.lines], "older": found.older}


@blp.route("/audit/anchors", methods=["GET"])
@allowed(Permission.VERIFY_AUDIT)
@blp.alt_response(200, schema=answers.ANCHORS, success=True)
def anchors() -> dict[str, Any]:
    """List the newest anchors: what was told to whom outside."""
    return {"anchors": [
        {"entry": row.seq, "hash": row.hash, "at": row.at.isoformat(), "place": row.place, "words": standing}
        for row, standing in anchoring.newest(db.session())
    ]}


@blp.route("/audit/deliveries/<ref>/<int:number>", methods=["GET"])
@allowed(Permission.VERIFY_AUDIT)
@blp.alt_response(200, schema=answers.LEDGER, success=True)
def ledger(ref: str, number: int) -> dict[str, Any]:
    """Take the digests of a notice's deliveries again and hold them against the record."""
    found = deliveries.verify_ledger(db.session(), notices.find_by_ref(db.session(), ref, number, by=actor()))
    return asdict(found)
