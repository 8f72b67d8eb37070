"""What keeps a case open, closing it all the same with a second person, and opening it again, as JSON."""

import uuid
from datetime import UTC, datetime
from typing import Any

from flask import url_for
from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.cases import case_json
from incident_app.api.guard import actor, allowed, case_or_404, fresh
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.closing import Gap, GapKind, hash_of
from incident_app.extensions import db
from incident_app.models.closing import Closing
from incident_app.models.proposals import Proposal
from incident_app.services import cases, closing
from incident_app.wiring import now

blp = Blueprint("api_closing", __name__, url_prefix="/api/v1")
SENDS = {GapKind.SENDING, GapKind.UNEVEN, GapKind.UNCERTAIN}
LINKS = {GapKind.RISK: "api_risk.every", GapKind.REVIEW: "api_review.show"} | dict.fromkeys(
    (GapKind.ACTION, GapKind.UNCHECKED, GapKind.EFFECT), "api_remediation.of_case")


class OverSchema(Versioned):
    """Why a case is closed although something is open; ``hash`` is of the gaps that were read."""

    reason = fields.String(required=True)
    hash = fields.String(required=True)


class AnswerSchema(Strict):
    """Whether one agrees; whoever refuses says why."""

    agree = fields.Boolean(required=True, truthy={True}, falsy={False})
    reason = fields.String(load_default="")


class ReopenSchema(Strict):
    """Why a case is opened again."""

    reason = fields.String(required=True)


def _link(gap: Gap, ref: str) -> str:
    if gap.kind in SENDS:
        return url_for("api_deliveries.progress", ref=ref, number=int(gap.subject))
    if gap.kind is GapKind.UNPROVED:
        return url_for("api_filings.one", ref=ref, number=int(gap.subject))
    return url_for(LINKS.get(gap.kind, "api_obligations.every"), ref=ref)


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at is not None else None


def _asked(one: Proposal) -> dict[str, Any]:
    return {"id": one.public_id, "asked_by": one.asked_by_id, "asked_at": _moment(one.asked_at), "reason": one.reason,
            "hash": one.facts["hash"], "gaps": one.facts["gaps"]}


def closing_json(one: Closing) -> dict[str, Any]:
    """Return one closing as JSON; moments in UTC."""
    return {
        "number": one.number, "at": _moment(one.at), "by": one.by_id, "asked_by": one.asked_by_id, "reason": one.reason,
        "gaps": one.gaps or [], "gaps_hash": one.gaps_hash, "review_hash": one.review_hash, "reopened_at": _moment(one.reopened_at),
        "reopened_by": one.reopened_by_id, "reopen_reason": one.reopen_reason,
    }


@blp.route("/cases/<ref>/gaps", methods=["GET"])
@allowed(Permission.SEE_CASES)
@versioned
@blp.alt_response(200, schema=answers.CLOSING_GAPS, success=True)
def gaps(ref: str) -> dict[str, Any]:
    """Read everything that keeps a case open, each with where it is found; ``hash`` is what a second person agrees to."""
    case = case_or_404(ref)
    found = closing.gaps(db.session(), case, now()) if case.closed_at is None else ()
    return {"version": case.version, "may_be_closed": case.closed_at is None and not found, "hash": hash_of(found),
            "gaps": [one.to_json() | {"link": _link(one, ref)} for one in found]}


@blp.route("/cases/<ref>/closings", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=answers.CLOSINGS, success=True)
def every(ref: str) -> dict[str, Any]:
    """Read every closing of a case, the newest first, and the request to close it over gaps that waits."""
    case = case_or_404(ref)
    asked = cases.asked_closing_over(db.session(), case, now=now()) if case.closed_at is None else None
    return {"asked": _asked(asked.proposal) if asked is not None and not asked.void else None,
            "closings": [closing_json(one) for one in closing.of_closings(db.session(), case.id)]}


@blp.route("/cases/<ref>/close-over", methods=["POST"])
@allowed(Permission.ASK_APPROVER)
@versioned
@blp.arguments(OverSchema)
@blp.alt_response(201, schema=answers.ASKED_OVER, success=True)
def ask(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Ask a second person to close a case over exactly the gaps that were read."""
    made = cases.ask_closing_over(db.session(), case_or_404(ref).id, body["reason"], seen=body["hash"], version=body["version"],
                                  by=actor(), now=now())
    return _asked(made), 201


@blp.route("/cases/<ref>/close-over/<uuid:asked>", methods=["POST"])
@allowed(Permission.CLOSE_CASE)
@fresh
@blp.arguments(AnswerSchema)
@blp.alt_response(200, schema=answers.CASE, success=True)
def answer(body: dict[str, Any], ref: str, asked: uuid.UUID) -> dict[str, Any]:
    """Agree, as the second person, and the case is closed; or refuse with a reason."""
    return case_json(cases.answer_closing_over(db.session(), case_or_404(ref).id, str(asked), agreed=body["agree"],
                                               reason=body["reason"], by=actor(), now=now()))


@blp.route("/cases/<ref>/reopen", methods=["POST"])
@allowed(Permission.CLOSE_CASE)
@fresh
@blp.arguments(ReopenSchema)
@blp.alt_response(200, schema=answers.CLOSING, success=True)
def reopen(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Open a closed case again; its former closing, which is the answer, stays on record."""
    return closing_json(cases.reopen(db.session(), case_or_404(ref).id, body["reason"], by=actor(), now=now()))
