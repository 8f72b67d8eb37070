"""The law as loaded as JSON, the organisation's own clocks, and questions to the law without a case."""

from dataclasses import fields as fields_of
from datetime import UTC, date, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import INCLUDE, RAISE, fields

from incident_app.api import answers
from incident_app.api.guard import actor, allowed
from incident_app.api.saying import Said
from incident_app.api.schemas import Strict
from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import NotFound
from incident_app.domain.regimes import Authority, Regime, Rule
from incident_app.extensions import db
from incident_app.models.obligations import HouseClock
from incident_app.services import asking, law_book, obligations
from incident_app.services.obligations import NewClock
from incident_app.wiring import now, ports

blp = Blueprint("api_law", __name__, url_prefix="/api/v1")


class LawSearchSchema(Strict):
    """Words to look for; all of them must be there."""

    q = fields.String(load_default="")


class LawClockSchema(Strict):
    """A clock of a contract or an insurer: anchor aware or detected; unit hours, calendar_days or business_days."""

    name = fields.String(required=True)
    recipient = fields.String(required=True)
    anchor = fields.String(required=True)
    value = fields.Integer(strict=True, required=True)
    unit = fields.String(required=True)
    source = fields.String(required=True)
    note = fields.String(load_default="")


class LawQuestionSchema(Said):
    """One question, as one line of ``incident-app law …``: its fields are judged by the same rules."""

    class Meta:
        """The question is read as it is."""

        unknown = INCLUDE


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule as it stands in its file, and whether it is law now."""
    return {field.name: _plain(getattr(rule, field.name)) for field in fields_of(rule)} | {
        "is_law_now": rule.is_law_on(now().date())}


def regime_json(regime: Regime) -> dict[str, Any]:
    """Return a regime with its rules."""
    plain = {field.name: _plain(getattr(regime, field.name)) for field in fields_of(regime) if field.name != "rules"}
    return plain | {"rules": [rule_json(rule) for rule in regime.rules]}


def authority_json(authority: Authority) -> dict[str, Any]:
    """Return an entry of the directory."""
    return {field.name: _plain(getattr(authority, field.name)) for field in fields_of(authority)}


def clock_json(clock: HouseClock) -> dict[str, Any]:
    """Return a clock of the organisation's own."""
    names = ("id", "name", "recipient", "anchor", "value", "unit", "source", "note", "made_at", "made_by_id", "ended_at",
             "ended_by_id")
    return {name: _plain(getattr(clock, name)) for name in names}


@blp.route("/law/regimes", methods=["GET"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@blp.arguments(LawSearchSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.REGIMES, success=True)
def regimes(query: dict[str, Any]) -> dict[str, Any]:
    """Read the law as loaded; a proposal is there too, and never counts as law."""
    found = law_book.regimes_found(ports().law, query["q"])
    return {"version": ports().law.version, "regimes": [regime_json(one) for one in found]}


@blp.route("/law/regimes/<regime_id>", methods=["GET"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@blp.alt_response(200, schema=answers.REGIME, success=True)
def regime(regime_id: str) -> dict[str, Any]:
    """Read one regime with its rules."""
    found = ports().law.regime(regime_id)
    if found is None:
        raise NotFound("There is no such law here.")
    return regime_json(found)


@blp.route("/law/authorities", methods=["GET"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@blp.arguments(LawSearchSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.AUTHORITIES, success=True)
def authorities(query: dict[str, Any]) -> dict[str, Any]:
    """Read the directory of authorities."""
    return {"authorities": [authority_json(one) for one in law_book.authorities_found(ports().law, query["q"])]}


@blp.route("/law/clocks", methods=["GET"])
@allowed(Permission.MANAGE_CLOCKS)
@blp.alt_response(200, schema=answers.CLOCKS, success=True)
def clocks() -> dict[str, Any]:
    """Read the organisation's own clocks, ended ones too."""
    return {"clocks": [clock_json(one) for one in obligations.clocks_of_house(db.session(), all_versions=True)]}


@blp.route("/law/clocks", methods=["POST"])
@allowed(Permission.MANAGE_CLOCKS)
@blp.arguments(LawClockSchema)
@blp.alt_response(201, schema=answers.CLOCK, success=True)
def add_clock(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Add a clock of a contract or an insurer; open cases follow it."""
    return clock_json(obligations.add_clock(db.session(), NewClock(**body), by=actor(), now=now())), 201


@blp.route("/law/clocks/<int:clock_id>/end", methods=["POST"])
@allowed(Permission.MANAGE_CLOCKS)
@blp.alt_response(200, schema=answers.CLOCK, success=True)
def end_clock(clock_id: int) -> dict[str, Any]:
    """End a clock; what arose before stays on record."""
    return clock_json(obligations.end_clock(db.session(), clock_id, by=actor(), now=now()))


@blp.route("/law/deadlines", methods=["POST"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@blp.arguments(LawQuestionSchema)
@blp.alt_response(200, schema=answers.DEADLINES, success=True)
def deadlines(question: dict[str, Any]) -> dict[str, Any]:
    """Ask who must be told by when, under one regime."""
    return asking.answered(question, lambda line: asking.deadlines_of(line, ports().law, ports().calendar))


@blp.route("/law/severity", methods=["POST"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@blp.arguments(LawQuestionSchema)
@blp.alt_response(200, schema=answers.SEVERITY, success=True)
def severity(question: dict[str, Any]) -> dict[str, Any]:
    """Ask for ENISA's severity, with a line of reasoning per step."""
    return asking.answered(question, asking.severity_of)


@blp.route("/law/assess", methods=["POST"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@blp.arguments(LawQuestionSchema)
@blp.alt_response(200, schema=answers.OUTCOME, success=True)
def assess(question: dict[str, Any]) -> dict[str, Any]:
    """Ask for the proposed outcome: record, notify the authority, tell the people."""
    return asking.answered(question, lambda line: asking.outcome_of(line, ports().law))
