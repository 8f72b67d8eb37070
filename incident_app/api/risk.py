"""Severity and decisions as JSON."""

from decimal import Decimal, InvalidOperation
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import Strict
from incident_app.domain import risk as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.risk import Assessment, Decision
from incident_app.services import risk
from incident_app.wiring import now, ports

blp = Blueprint("api_risk", __name__, url_prefix="/api/v1")


class ClassSchema(Strict):
    """One class of data: simple, behavioural, financial or sensitive; ``adjust`` -3 to 3 with its reason."""

    data_class = fields.String(required=True, data_key="class")
    adjust = fields.Integer(strict=True, load_default=0)
    reason = fields.String(load_default="")


class AssessmentSchema(Strict):
    """ENISA's answers; figures as decimal strings. ``null`` in ``extra`` means not known yet."""

    classes = fields.List(fields.Nested(ClassSchema), required=True)
    ei = fields.String(required=True)
    confidentiality = fields.String(required=True)
    integrity = fields.String(required=True)
    availability = fields.String(required=True)
    malicious = fields.Boolean(required=True)
    reasons = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    extra = fields.Dict(keys=fields.String(), values=fields.Boolean(allow_none=True), load_default=dict)


class RiskDecisionSchema(Strict):
    """``subject``: authority or people; ``outcome``: required, not_required or need_more_facts."""

    subject = fields.String(required=True)
    outcome = fields.String(required=True)
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
        classes=tuple(rules.ClassAnswer(rules.DataClass(one["data_class"]), one["adjust"], one["reason"])
                      for one in body["classes"]),
        ei=_figure(body, "ei"), confidentiality=_figure(body, "confidentiality"), integrity=_figure(body, "integrity"),
        availability=_figure(body, "availability"), malicious=body["malicious"],
    )


def _assessment(one: Assessment) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("number", "method", "answers", "dpc", "ei", "cb", "se", "level",
                                                  "reasons", "proposal")}


def _decision(one: Decision) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("subject", "outcome", "proposed", "differs", "reason")}


@blp.route("/cases/<ref>/assessments", methods=["GET"])
@allowed(Permission.SEE_CASES)
def every(ref: str) -> dict[str, Any]:
    """Read every assessment and decision, the newest first."""
    case = case_or_404(ref)
    session = db.session()
    return {"assessments": [_assessment(one) for one in risk.history(session, case.id)],
            "decisions": [_decision(one) for one in risk.decisions(session, case.id)]}


@blp.route("/cases/<ref>/assessments", methods=["POST"])
@allowed(Permission.ASSESS)
@blp.arguments(AssessmentSchema)
def assess(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Score the severity: a new version."""
    odd = sorted(set(body["extra"]) - set(risk.Extra.__slots__))
    if odd:
        raise Refused("The severity was not scored.", {f"extra.{name}": "There is no such field." for name in odd})
    made = risk.assess(db.session(), case_or_404(ref).id, _answers(body), reasons=body["reasons"],
                       extra=risk.Extra(**body["extra"]), by=actor(), now=now(), law=ports().law)
    return _assessment(made), 201


@blp.route("/cases/<ref>/decisions", methods=["POST"])
@allowed(Permission.DECIDE)
@blp.arguments(RiskDecisionSchema)
def decide(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Decide with a reason; the duties follow."""
    made = risk.decide(db.session(), case_or_404(ref).id, body["subject"], body["outcome"], body["reason"], by=actor(),
                       now=now())
    return _decision(made), 201
