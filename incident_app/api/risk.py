"""Severity and decisions as JSON."""

from datetime import UTC
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields
from marshmallow.validate import OneOf

from incident_app.api import answers
from incident_app.api.guard import actor, allowed, case_or_404, fresh
from incident_app.api.schemas import Strict
from incident_app.api.submitting import once
from incident_app.domain import risk as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.risk import Assessment, Decision
from incident_app.services import risk
from incident_app.wiring import now, ports

blp = Blueprint("api_risk", __name__, url_prefix="/api/v1")


class ClassSchema(Strict):
    """One class of data: simple, behavioural, financial or sensitive; ``adjust`` -3 to 3 with its reason.
    ``credentials``: passwords or tokens that open data of this class."""

    data_class = fields.String(required=True, data_key="class")
    adjust = fields.Integer(strict=True, load_default=0)
    reason = fields.String(load_default="")
    credentials = fields.Boolean(truthy={True}, falsy={False}, load_default=False)


def _field(name: str, words: str) -> fields.Field[Any]:
    more: dict[str, Any] = {"allow_none": True, "metadata": {"description": words}}
    if name == rules.RESTORED.name:
        return fields.Integer(strict=True, **more)
    if name == "effect_on_people":
        return fields.String(validate=OneOf([one.value for one in rules.Effect]), **more)
    return fields.Boolean(truthy={True}, falsy={False}, **more)


DecidingFactsSchema = Strict.from_dict(
    {one.name: _field(one.name, f"{one.words} {one.why}") for one in (*rules.QUESTIONS, rules.RESTORED)
     if one.name in risk.Extra.__slots__}, name="DecidingFacts")


class AssessmentSchema(Strict):
    """ENISA's answers; figures as decimal strings. ``reasons`` by factor. ``null`` in ``extra``: not known yet."""

    classes = fields.List(fields.Nested(ClassSchema), required=True)
    ei = fields.String(required=True)
    confidentiality = fields.String(required=True)
    integrity = fields.String(required=True)
    availability = fields.String(required=True)
    malicious = fields.Boolean(required=True)
    reasons = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    extra = fields.Nested(DecidingFactsSchema, load_default=dict)


class RiskDecisionSchema(Strict):
    """``subject``: authority or people; ``outcome``: required, not_required or need_more_facts.

    ``exemption``: a ground of Art 34(3) for not telling the people (unintelligible, risk_removed or public_notice), with
    its ``proof`` in words and perhaps ``document``, the public id of a file of the case.
    """

    subject = fields.String(required=True)
    outcome = fields.String(required=True)
    reason = fields.String(required=True)
    exemption = fields.String(load_default="")
    proof = fields.String(load_default="")
    document = fields.String(load_default="")


class ConfirmSchema(Strict):
    """Why the second person agrees; may be empty."""

    reason = fields.String(load_default="")


class SendBackSchema(Strict):
    """Why the second person does not agree."""

    reason = fields.String(required=True)


def _figure(body: dict[str, Any], name: str) -> Decimal:
    try:
        return Decimal(body[name])
    except InvalidOperation as error:
        raise Refused("The severity was not scored.", {name: "Give a decimal number such as 0.25."}) from error


def _answers(body: dict[str, Any]) -> rules.Answers:
    known = {one.value for one in rules.DataClass}
    odd = [one["data_class"] for one in body["classes"] if one["data_class"] not in known]
    if odd:
        raise Refused("The severity was not scored.", {"classes": f"Not a class of data: {', '.join(odd)}."})
    return rules.Answers(
        classes=tuple(rules.ClassAnswer(rules.DataClass(one["data_class"]), one["adjust"], one["reason"],
                                        one["credentials"])
                      for one in body["classes"]),
        ei=_figure(body, "ei"), confidentiality=_figure(body, "confidentiality"), integrity=_figure(body, "integrity"),
        availability=_figure(body, "availability"), malicious=body["malicious"],
    )


def _assessment(one: Assessment) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("number", "method", "answers", "dpc", "ei", "cb", "se", "level",
                                                   "reasons", "proposal")}
    return plain | {"by": one.by_id, "at": one.at.astimezone(UTC).isoformat()}


def _decision(one: Decision) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("id", "subject", "outcome", "proposed", "differs", "reason",
                                                   "needs_second", "waits", "counts", "standing", "exemption", "proof")}
    second = one.confirmation
    return plain | {
        "by": one.by_id, "at": one.at.astimezone(UTC).isoformat(),
        "document": one.proof_document.public_id if one.proof_document else None,
        "second": None if second is None else {
            "by": second.by_id, "at": second.at.astimezone(UTC).isoformat(), "confirmed": second.confirmed,
            "reason": second.reason},
    }


@blp.route("/cases/<ref>/assessments", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=answers.RISK, success=True)
def every(ref: str) -> dict[str, Any]:
    """Read every assessment and decision, the newest first, and which single answer would move the proposal."""
    case = case_or_404(ref)
    session = db.session()
    found = risk.considered(session, case, ports().law)
    return {"moves": [{"words": one.words, "notify_authority": one.notify_authority, "tell_people": one.tell_people}
                      for one in (found.moves if found else ())],
            "stale": found.stale if found else False,
            "assessments": [_assessment(one) for one in risk.history(session, case.id)],
            "decisions": [_decision(one) for one in risk.decisions(session, case.id)]}


@blp.route("/cases/<ref>/assessments", methods=["POST"])
@allowed(Permission.ASSESS)
@blp.arguments(AssessmentSchema)
@blp.alt_response(201, schema=answers.ASSESSMENT, success=True)
def assess(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Score the severity: a new version."""
    made = risk.assess(db.session(), case_or_404(ref).id, _answers(body), reasons=body["reasons"],
                       extra=risk.Extra.from_plain(body["extra"]), by=actor(), now=now(), law=ports().law)
    return _assessment(made), 201


@blp.route("/cases/<ref>/decisions", methods=["POST"])
@allowed(Permission.DECIDE)
@once
@blp.arguments(RiskDecisionSchema)
@blp.alt_response(201, schema=answers.DECISION, success=True)
def decide(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Decide with a reason; the duties follow. Not telling waits for a second person (``waits``)."""
    return _decision(risk.decide(db.session(), case_or_404(ref).id, by=actor(), now=now(), **body)), 201


@blp.route("/cases/<ref>/decisions/<int:number>/confirm", methods=["POST"])
@allowed(Permission.DECIDE)
@fresh
@blp.arguments(ConfirmSchema)
@blp.alt_response(200, schema=answers.DECISION, success=True)
def confirm(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Confirm, as the second person, that somebody is not told; the duties follow."""
    return _decision(risk.answer(db.session(), case_or_404(ref).id, number, confirmed=True, by=actor(), now=now(), **body))


@blp.route("/cases/<ref>/decisions/<int:number>/send-back", methods=["POST"])
@allowed(Permission.DECIDE)
@fresh
@blp.arguments(SendBackSchema)
@blp.alt_response(200, schema=answers.DECISION, success=True)
def send_back(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Send a decision not to tell back with a reason; nothing changes."""
    return _decision(risk.answer(db.session(), case_or_404(ref).id, number, confirmed=False, by=actor(), now=now(), **body))
