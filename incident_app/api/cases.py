"""Cases as JSON: file, read, edit, change awareness, note, close."""

from dataclasses import fields as fields_of
from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import CountSchema, MomentField, Strict, Versioned
from incident_app.api.submitting import once
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission, may
from incident_app.domain.cases import Count
from incident_app.domain.regimes import Entity
from incident_app.extensions import db
from incident_app.models.cases import Case, newest_first
from incident_app.models.obligations import Obligation, of_case
from incident_app.services import cases, scope
from incident_app.services.cases import Facts, NewBreach, World
from incident_app.services.labels import reasoned
from incident_app.wiring import now, ports

blp = Blueprint("api_cases", __name__, url_prefix="/api/v1")


class BreachSchema(Strict):
    """A breach to be logged. Moments are ISO 8601 with an offset. ``systems``: ids of what it hit. ``team``: whose case it is, by id; left out it is one's
    only team's, or else the ``whole_organisation``'s."""

    title = fields.String(required=True)
    aware_at = MomentField(required=True)
    zone = fields.String(required=True)
    aware_source = fields.String(required=True)
    summary = fields.String()
    kind = fields.String()
    detected_at = MomentField()
    occurred_at = MomentField()
    gap_reason = fields.String()
    people_data = fields.String()
    people = fields.Nested(CountSchema)
    is_drill = fields.Boolean()
    countries = fields.List(fields.String())
    data_categories = fields.List(fields.String())
    systems = fields.List(fields.Integer(strict=True))
    team = fields.Integer(strict=True)
    whole_organisation = fields.Boolean(truthy={True}, falsy={False})
    key = fields.String()


class ControllerSchema(Strict):
    """A controller among several; ``aware_at`` where it learned at a moment of its own."""

    name = fields.String(required=True)
    aware_at = MomentField(allow_none=True, load_default=None)


class FactsSchema(Versioned):
    """The facts to change; what is left out stays. ``version`` is the one that was read."""

    title = fields.String()
    summary = fields.String()
    kind = fields.String()
    people_data = fields.String()
    people = fields.Nested(CountSchema)
    records = fields.Nested(CountSchema)
    occurred_at = MomentField(allow_none=True)
    first_signal_at = MomentField(allow_none=True)
    detected_at = MomentField(allow_none=True)
    contained_at = MomentField(allow_none=True)
    confidentiality = fields.Boolean(allow_none=True)
    integrity = fields.Boolean(allow_none=True)
    availability = fields.Boolean(allow_none=True)
    malicious = fields.Boolean(allow_none=True)
    unintelligible = fields.Boolean(allow_none=True)
    data_categories = fields.List(fields.String())
    countries = fields.List(fields.String())
    processors = fields.List(fields.String())
    role = fields.String()
    controllers = fields.List(fields.Nested(ControllerSchema))
    cause = fields.String()
    consequences = fields.String()
    measures_before = fields.String()
    measures_taken = fields.String()
    measures_planned = fields.String()


class AwarenessSchema(Versioned):
    """Another moment of awareness."""

    aware_at = MomentField(required=True)
    zone = fields.String(required=True)
    source = fields.String(required=True)
    reason = fields.String(required=True)


class NoteSchema(Strict):
    """A note for the timeline."""

    text = fields.String(required=True)
    corrects = fields.Integer(strict=True)


class CloseSchema(Versioned):
    """Why the case may be closed."""

    reason = fields.String(required=True)


def world() -> World:
    """Return what filing needs of the world around."""
    return World(law=ports().law, calendar=ports().calendar, runbooks=ports().runbooks)


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def duty_json(duty: Obligation) -> dict[str, Any]:
    """Return one duty as JSON; moments in UTC."""
    plain = ("id", "regime", "provision", "stage", "recipient_type", "recipient", "anchor", "value", "unit", "mode",
             "threshold", "why", "confidence", "state", "state_reason", "receipt_reference", "late_by_seconds",
             "late_reason")
    moments = ("anchor_at", "due_at", "legal_latest_at", "discharged_at")
    said = {name: getattr(duty, name) for name in plain} | {"why": reasoned(duty.why)}
    return said | {name: _moment(getattr(duty, name)) for name in moments}


def case_json(case: Case) -> dict[str, Any]:
    """Return a case as JSON with its duties; moments in UTC."""
    facts = cases.facts_of(case)
    plain: dict[str, Any] = {}
    for field in fields_of(Facts):
        value = getattr(facts, field.name)
        plain[field.name] = value.to_json() if isinstance(value, Count) else _moment(value) if isinstance(
            value, datetime) else value
    plain["controllers"] = [one.to_json() for one in facts.controllers]
    return plain | {
        "ref": case.ref, "state": case.state, "version": case.version, "is_drill": case.is_drill, "zone": case.zone,
        "aware_at": _moment(case.aware_at), "aware_source": case.aware_source, "aware_version": case.aware_version,
        "filed_at": _moment(case.filed_at), "closed_at": _moment(case.closed_at),
        "obligations": [duty_json(duty) for duty in db.session().scalars(of_case(case.id))],
    }


@blp.route("/cases", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=answers.CASES, success=True)
def every_case() -> dict[str, Any]:
    """List every case, the newest awareness first."""
    return {"cases": [{"ref": case.ref, "title": case.title, "state": case.state, "aware_at": _moment(case.aware_at)}
                      for case in db.session().scalars(newest_first().where(scope.visible_to(actor())))]}


@blp.route("/cases", methods=["POST"])
@allowed(Permission.FILE_BREACH)
@once
@blp.arguments(BreachSchema)
@blp.alt_response(201, schema=answers.CASE, success=True)
def file(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Log a breach and start the clock of every law that applies."""
    if "people" in body:
        body["people"] = Count.from_json(body["people"])
    for name in ("countries", "data_categories", "systems"):
        body[name] = tuple(body.get(name, ()))
    case = cases.file(db.session(), NewBreach(**body), by=actor(), now=now(), world=world())
    return case_json(case), 201


@blp.route("/cases/<ref>", methods=["GET"])
@allowed(Permission.SEE_REGISTER)
@versioned
@blp.alt_response(200, schema=answers.CASE, success=True)
def one(ref: str) -> dict[str, Any]:
    """Read one case with its duties: as a reporter one's own until somebody works on it."""
    return case_json(case_or_404(ref))


@blp.route("/cases/<ref>", methods=["PATCH"])
@allowed(Permission.EDIT_CASE)
@versioned
@blp.arguments(FactsSchema)
@blp.alt_response(200, schema=answers.CASE, success=True)
def edit(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Change facts; the duties follow them."""
    case, version = case_or_404(ref), body.pop("version")
    facts = {field.name: getattr(cases.facts_of(case), field.name) for field in fields_of(Facts)}
    for name in ("people", "records"):
        if name in body:
            body[name] = Count.from_json(body[name])
    for name in ("data_categories", "countries", "processors"):
        if name in body:
            body[name] = tuple(body[name])
    if "controllers" in body:
        body["controllers"] = tuple(Entity(**one) for one in body["controllers"])
    with both("case", case.ref, case.id, lambda: case_json(case_or_404(ref))):
        edited = cases.edit(db.session(), case.id, Facts(**(facts | body)), version=version, by=actor(), now=now(),
                            world=world())
    return case_json(edited)


@blp.route("/cases/<ref>/awareness", methods=["POST"])
@allowed(Permission.SET_AWARENESS)
@versioned
@blp.arguments(AwarenessSchema)
@blp.alt_response(200, schema=answers.CASE, success=True)
def awareness(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Change the moment of awareness: a new version, the old deadlines stay on record."""
    case = case_or_404(ref)
    with both("case", case.ref, case.id, lambda: case_json(case_or_404(ref))):
        return case_json(cases.set_awareness(db.session(), case.id, body.pop("aware_at"), by=actor(), now=now(),
                                             world=world(), **body))


@blp.route("/cases/<ref>/timeline", methods=["GET"])
@allowed(Permission.READ_AUDIT)
@blp.alt_response(200, schema=answers.TIMELINE, success=True)
def timeline(ref: str) -> dict[str, Any]:
    """Read everything that was done, by whom, when."""
    case = case_or_404(ref)
    entries = cases.timeline(db.session(), case.id)
    said = cases.details_of(db.session(), case, entries, named=may(actor(), Permission.SEE_MASKED))
    return {"entries": [
        {"seq": entry.seq, "at": _moment(entry.at), "by": entry.actor_name, "action": entry.action,
         "details": said[entry.seq], "hash": entry.hash}
        for entry in entries
    ]}


@blp.route("/cases/<ref>/notes", methods=["POST"])
@allowed(Permission.EDIT_CASE)
@once
@blp.arguments(NoteSchema)
@blp.alt_response(201, schema=answers.NOTE, success=True)
def note(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Write into the timeline."""
    made = cases.add_note(db.session(), case_or_404(ref).id, body["text"], by=actor(), now=now(),
                          corrects=body.get("corrects"))
    return {"id": made.id, "text": made.text}, 201


@blp.route("/cases/<ref>/close", methods=["POST"])
@allowed(Permission.CLOSE_CASE)
@versioned
@blp.arguments(CloseSchema)
@blp.alt_response(200, schema=answers.CASE, success=True)
def close(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Close the case, or get every gap that keeps it open: in words and, in ``gaps``, by kind and id."""
    case = case_or_404(ref)
    with both("case", case.ref, case.id, lambda: case_json(case_or_404(ref))):
        return case_json(cases.close(db.session(), case.id, body["reason"], version=body["version"], by=actor(), now=now()))
