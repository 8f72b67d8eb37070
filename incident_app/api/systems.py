"""The organisation's profile as JSON: its details, its systems, every version of both, and the systems of a case."""

from dataclasses import asdict
from datetime import UTC
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.submitting import once
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.organisation import Contact, Establishment
from incident_app.domain.systems import LISTS, Facts
from incident_app.extensions import db
from incident_app.models.systems import ProfileVersion, System
from incident_app.services import cases, organisation, picking, profile, similar, systems
from incident_app.services.organisation import Details
from incident_app.services.picking import Picked
from incident_app.wiring import now, ports

blp = Blueprint("api_systems", __name__, url_prefix="/api/v1")


class SystemSchema(Strict):
    """What is known of a system; what is left out is empty. Kinds of data and of people are ids of the law files."""

    name = fields.String(required=True)
    description = fields.String(load_default="")
    place = fields.String(load_default="")
    data_categories = fields.List(fields.String(), load_default=list)
    people_kinds = fields.List(fields.String(), load_default=list)
    purposes = fields.String(load_default="")
    processors = fields.List(fields.String(), load_default=list)
    transfers = fields.String(load_default="")
    retention = fields.String(load_default="")
    list_source = fields.String(load_default="")


class SystemChangeSchema(SystemSchema, Versioned):
    """A system as it is to be; ``version`` is the one that was read."""


class RetireSchema(Versioned):
    """``retired``: offered no more, or again."""

    retired = fields.Boolean(required=True, truthy={True}, falsy={False})


class PickSchema(Strict):
    """The id of the system that was hit."""

    system = fields.Integer(strict=True, required=True)


class ContactSchema(Strict):
    """Somebody of the organisation to reach."""

    role = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(load_default="")
    phone = fields.String(load_default="")


class EstablishmentSchema(Strict):
    """A place of business; ``country`` is two letters."""

    country = fields.String(required=True)
    name = fields.String(load_default="")


class OrganisationSchema(Versioned):
    """The details to change; what is left out stays. ``version`` is the one that was read."""

    name = fields.String()
    legal_name = fields.String()
    service_name = fields.String()
    address = fields.String()
    country = fields.String()
    subdivision = fields.String()
    zone = fields.String()
    eu_establishment = fields.Boolean(truthy={True}, falsy={False})
    covered_entity = fields.Boolean(truthy={True}, falsy={False})
    dpo_name = fields.String()
    dpo_email = fields.String()
    dpo_phone = fields.String()
    website = fields.String()
    controllers = fields.List(fields.String())
    contacts = fields.List(fields.Nested(ContactSchema))
    establishments = fields.List(fields.Nested(EstablishmentSchema))


def _facts(body: dict[str, Any]) -> Facts:
    facts: dict[str, Any] = {name: tuple(value) if name in LISTS else value for name, value in body.items()}
    return Facts(**facts)


def _system(one: System) -> dict[str, Any]:
    return systems.facts_of(one).to_json() | {"id": one.id, "version": one.version, "retired": one.retired_at is not None}


def _version(one: ProfileVersion) -> dict[str, Any]:
    return {"version": one.number, "by": one.by_id, "at": one.at.astimezone(UTC).isoformat(), "before": one.before,
            "after": one.after}


def _home() -> dict[str, Any]:
    home = cases.organisation(db.session())
    return asdict(organisation.details_of(home)) | {"version": home.version}


@blp.get("/organisation")
@allowed(Permission.MANAGE_SETTINGS)
@versioned
@blp.alt_response(200, schema=answers.ORGANISATION, success=True)
def home() -> dict[str, Any]:
    """Read the details of the organisation."""
    return _home()


@blp.patch("/organisation")
@allowed(Permission.MANAGE_SETTINGS)
@versioned
@blp.arguments(OrganisationSchema)
@blp.alt_response(200, schema=answers.ORGANISATION, success=True)
def change_home(body: dict[str, Any]) -> dict[str, Any]:
    """Change details: a new version."""
    session, version = db.session(), body.pop("version")
    found = cases.organisation(session)
    kinds = {"contacts": Contact, "establishments": Establishment}
    given = {name: tuple(kinds[name](**one) if name in kinds else one for one in value) if isinstance(value, list) else value
             for name, value in body.items()}
    kept = organisation.details_of(found)
    details = Details(**{name: given.get(name, getattr(kept, name)) for name in Details.__slots__})
    with both("organisation", found.id, None, _home):
        organisation.change(session, details, version=version, by=actor(), now=now())
    return _home()


@blp.get("/organisation/versions")
@allowed(Permission.MANAGE_SETTINGS)
@blp.alt_response(200, schema=answers.PROFILE_VERSIONS, success=True)
def home_versions() -> dict[str, Any]:
    """Read every change of the organisation, the newest first."""
    return {"versions": [_version(one) for one in organisation.versions(db.session(), by=actor())]}


@blp.get("/systems")
@allowed(Permission.SEE_SYSTEMS)
@blp.alt_response(200, schema=answers.SYSTEMS, success=True)
def every() -> dict[str, Any]:
    """List the systems by name, those that are offered no more last."""
    return {"systems": [_system(one) for one in systems.every(db.session(), by=actor())]}


@blp.post("/systems")
@allowed(Permission.MANAGE_SYSTEMS)
@once
@blp.arguments(SystemSchema)
@blp.alt_response(201, schema=answers.SYSTEM, success=True)
def add(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Enter a system."""
    return _system(systems.add(db.session(), _facts(body), by=actor(), now=now(), law=ports().law)), 201


@blp.get("/systems/<int:system_id>")
@allowed(Permission.SEE_SYSTEMS)
@versioned
@blp.alt_response(200, schema=answers.SYSTEM, success=True)
def show(system_id: int) -> dict[str, Any]:
    """Read one system."""
    return _system(systems.find(db.session(), system_id, by=actor()))


@blp.put("/systems/<int:system_id>")
@allowed(Permission.MANAGE_SYSTEMS)
@versioned
@blp.arguments(SystemChangeSchema)
@blp.alt_response(200, schema=answers.SYSTEM, success=True)
def change(body: dict[str, Any], system_id: int) -> dict[str, Any]:
    """Write down what is known now: a new version; cases keep the one they were given."""
    version = body.pop("version")
    with both("system", system_id, None, lambda: _system(systems.find(db.session(), system_id, by=actor()))):
        return _system(systems.change(db.session(), system_id, _facts(body), version=version, by=actor(), now=now(),
                                      law=ports().law))


@blp.post("/systems/<int:system_id>/retire")
@allowed(Permission.MANAGE_SYSTEMS)
@versioned
@blp.arguments(RetireSchema)
@blp.alt_response(200, schema=answers.SYSTEM, success=True)
def retire(body: dict[str, Any], system_id: int) -> dict[str, Any]:
    """Offer a system no more, or again."""
    with both("system", system_id, None, lambda: _system(systems.find(db.session(), system_id, by=actor()))):
        return _system(systems.retire(db.session(), system_id, retired=body["retired"], version=body["version"], by=actor(),
                                      now=now()))


@blp.get("/systems/<int:system_id>/versions")
@allowed(Permission.SEE_SYSTEMS)
@blp.alt_response(200, schema=answers.PROFILE_VERSIONS, success=True)
def versions(system_id: int) -> dict[str, Any]:
    """Read every change of a system, the newest first."""
    found = systems.find(db.session(), system_id, by=actor())
    return {"versions": [_version(one) for one in profile.versions(db.session(), profile.SYSTEM, found.id)]}


def _picked(one: Picked) -> dict[str, Any]:
    return {
        "system": one.system_id, "version": one.version, "newest": one.newest, "facts": one.facts.to_json(), "by": one.by_id,
        "at": one.at.astimezone(UTC).isoformat(), "filled": {name: list(values) for name, values in one.filled.items()},
        "offered": {name: list(values) for name, values in one.offered.items()},
    }


def _of_case(ref: str) -> dict[str, Any]:
    case = case_or_404(ref)
    return {"systems": [_picked(one) for one in picking.of_case(db.session(), case)],
            **{name: list(getattr(case, name)) for name in ("data_categories", "processors")}}


@blp.get("/cases/<ref>/systems")
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=answers.PICKED, success=True)
def of_case(ref: str) -> dict[str, Any]:
    """Read the systems of a case in the versions it was given, and what they filled in."""
    return _of_case(ref)


@blp.post("/cases/<ref>/systems")
@allowed(Permission.EDIT_CASE)
@once
@blp.arguments(PickSchema)
@blp.alt_response(201, schema=answers.PICKED, success=True)
def pick(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Pick a system: what nobody typed is filled in, what a person wrote stays."""
    held = ports()
    picking.pick(db.session(), case_or_404(ref).id, body["system"], by=actor(), now=now(), law=held.law, calendar=held.calendar)
    return _of_case(ref), 201


@blp.delete("/cases/<ref>/systems/<int:system_id>")
@allowed(Permission.EDIT_CASE)
@blp.alt_response(200, schema=answers.PICKED, success=True)
def drop(ref: str, system_id: int) -> dict[str, Any]:
    """Take a system away, with what it alone had filled in."""
    held = ports()
    picking.drop(db.session(), case_or_404(ref).id, system_id, by=actor(), now=now(), law=held.law, calendar=held.calendar)
    return _of_case(ref)


@blp.get("/cases/<ref>/similar")
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=answers.SIMILAR, success=True)
def earlier(ref: str) -> dict[str, Any]:
    """Read earlier cases that share cause, system or processor: what was done then, and whether it worked."""
    found = similar.of_case(db.session(), case_or_404(ref), by=actor(), law=ports().law)
    return {"earlier": [{
        "ref": one.ref, "title": one.title, "state": one.state, "aware_at": one.aware_at.astimezone(UTC).isoformat(),
        "shared": [{"kind": kind, "words": words} for kind, words in one.shared], "cause": one.learnt.cause,
        "differently": one.learnt.differently, "done": [asdict(done) for done in one.done],
    } for one in found]}
