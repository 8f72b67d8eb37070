"""The review of a case as JSON: read it, add words, sign it, print it."""

from datetime import UTC, datetime
from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.documents import binary
from incident_app.api.guard import actor, allowed, case_or_404, fresh
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.shapes import A_FILE
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.review import ReviewSignature
from incident_app.services import reports, review
from incident_app.wiring import now, ports

blp = Blueprint("api_review", __name__, url_prefix="/api/v1")


class WordsSchema(Versioned):
    """How it is judged, and what should change. ``version`` is the one that was read, 0 where there is none yet."""

    judgement = fields.String(required=True)
    to_change = fields.String(required=True)


class SignSchema(Strict):
    """What was read, by its hash."""

    hash = fields.String(required=True)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _signature(one: ReviewSignature, void: str | None) -> dict[str, Any]:
    return {"by": one.by_id, "at": _moment(one.at), "hash": one.content_hash, "words": one.words_number, "approver": one.decides,
            "void": void}


def review_json(ref: str) -> dict[str, Any]:
    """Return a review as JSON; moments in UTC."""
    seen = review.look(db.session(), case_or_404(ref))
    words = seen.words
    return {
        "version": words.number if words else 0, "facts": seen.facts, "hash": seen.content_hash, "complete": seen.complete,
        "judgement": words.judgement if words else "", "to_change": words.to_change if words else "",
        "signatures": [*(_signature(one, None) for one in seen.standing),
                       *(_signature(one, one.voided_why or "The facts changed.") for one in seen.void)],
        "versions": [{"number": one.number, "at": _moment(one.at), "by": one.by_id, "judgement": one.judgement,
                      "to_change": one.to_change} for one in seen.versions],
    }


@blp.route("/cases/<ref>/review", methods=["GET"])
@allowed(Permission.SEE_CASES)
@versioned
@blp.alt_response(200, schema=answers.REVIEW, success=True)
def show(ref: str) -> dict[str, Any]:
    """Read the review of a case; of a closed one as it was signed."""
    return review_json(ref)


@blp.route("/cases/<ref>/review", methods=["PUT"])
@allowed(Permission.WRITE_REVIEW)
@versioned
@blp.arguments(WordsSchema)
@blp.alt_response(200, schema=answers.REVIEW, success=True)
def save(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Add a further version of the words; signatures under the words before are void."""
    case = case_or_404(ref)
    with both("review", case.ref, case.id, lambda: review_json(ref)):
        review.save(db.session(), case.id, body["judgement"], body["to_change"], version=body["version"], by=actor(), now=now())
    return review_json(ref)


@blp.route("/cases/<ref>/review/sign", methods=["POST"])
@allowed(Permission.SIGN_REVIEW)
@fresh
@blp.arguments(SignSchema)
@blp.alt_response(200, schema=answers.REVIEW, success=True)
def sign(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Sign exactly what was read. Two different people sign, one of them an approver."""
    review.sign(db.session(), case_or_404(ref).id, body["hash"], by=actor(), now=now(), method="token")
    return review_json(ref)


@blp.route("/cases/<ref>/review.pdf", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=A_FILE, content_type="application/pdf", success=True)
def pdf(ref: str) -> Response:
    """Print the review."""
    content = reports.review_pdf(db.session(), case_or_404(ref).id, by=actor(), now=now(), pdf=ports().pdf)
    return binary(content, f"{ref}-review.pdf", "application/pdf")
