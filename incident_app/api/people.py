"""Who works here as JSON: everybody, invite, change, disable, enable, new approvers; and who one is oneself."""

from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, fresh, holder
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission, Role, rights
from incident_app.domain.people import roles_of
from incident_app.extensions import db
from incident_app.models.accounts import Invitation, User
from incident_app.models.proposals import Proposal
from incident_app.services import people
from incident_app.services.people import Newcomer, Person, Wanted
from incident_app.wiring import now, ports, wake

blp = Blueprint("api_people", __name__, url_prefix="/api/v1")


class PersonSchema(Strict):
    """What is said of an account; ``reason`` where it makes an approver, for the second person."""

    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    zone = fields.String(required=True)
    reason = fields.String(load_default="")


class InviteSchema(PersonSchema):
    """Who is invited."""

    email = fields.String(required=True)


class ChangeSchema(PersonSchema, Versioned):
    """The account as it is to be; ``version`` as it was read."""


class VersionSchema(Versioned):
    """``version`` as it was read; ``reason`` for the second person where an approver is enabled."""

    reason = fields.String(load_default="")


class OtherSchema(Strict):
    """The other account of the same person."""

    other = fields.Integer(strict=True, required=True)


class AnswerSchema(Strict):
    """Why not."""

    reason = fields.String(load_default="")


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def user_json(user: User) -> dict[str, Any]:
    """Return one account as JSON."""
    return {"id": user.id, "email": user.email, "name": user.name, "zone": user.zone, "active": user.active,
            "roles": sorted(user.actor.roles), "person": user.actor.person, "version": user.version}


def _person_json(person: Person) -> dict[str, Any]:
    return user_json(person.user) | {
        "state": person.state.value, "waits_for_second_person": person.asked,
        "invitation_expires_at": _moment(person.invitation.expires_at) if person.invitation else None,
        "same_person_as": [other.id for other in person.others],
        "uncovered_shifts": [{"id": shift.id, "starts_at": _moment(shift.starts_at), "ends_at": _moment(shift.ends_at)}
                             for shift in person.uncovered],
    }


def _now(user_id: int) -> dict[str, Any]:
    return _person_json(people.one(db.session(), user_id, by=actor(), now=now()))


def _link(user: User, made: Invitation) -> str | None:
    """Return the link, shown this once; nobody but its owner comes in as an approver."""
    if Role.APPROVER in user.actor.roles:
        return None
    return people.link_of(made, secret=ports().alert_secret, public_url=ports().public_url)


@blp.get("/me")
@allowed(Permission.SEE_OWN_ACCOUNT)
@blp.alt_response(200, schema=answers.ME, success=True)
def me() -> dict[str, Any]:
    """Tell whose token this is, and what it may now: never more than its owner."""
    held = holder()
    return {
        "id": held.id, "email": held.user.email, "name": held.user.name, "zone": held.user.zone,
        "roles": sorted(held.actor.roles), "may": sorted(rights(held.actor)),
        "token": {"name": held.token.name, "hint": held.token.hint, "expires_at": _moment(held.token.expires_at),
                  "last_used_at": _moment(held.token.last_used_at), "all_of_the_owner": held.token.scopes is None},
    }


@blp.get("/people")
@allowed(Permission.MANAGE_ACCOUNTS)
@blp.alt_response(200, schema=answers.PEOPLE, success=True)
def everybody() -> dict[str, Any]:
    """List every account."""
    return {"people": [_person_json(one) for one in people.everybody(db.session(), by=actor(), now=now())]}


@blp.post("/people")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
@blp.arguments(InviteSchema)
@blp.alt_response(201, schema=answers.INVITED, success=True)
@blp.alt_response(202, schema=answers.INVITED, success=True)
def invite(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Invite somebody. ``link`` is shown this once; null where a second person has to agree first (202)."""
    who = Newcomer(body["email"], body["name"], frozenset(roles_of(body["roles"])), body["zone"], body["reason"])
    user, made = people.invite(db.session(), who, secret=ports().alert_secret, by=actor(), now=now())
    if isinstance(made, Proposal):
        return user_json(user) | {"link": None, "request": made.public_id}, 202
    wake("tasks.bot.notes")
    return user_json(user) | {"link": _link(user, made), "request": None}, 201


@blp.get("/people/<int:user_id>")
@allowed(Permission.MANAGE_ACCOUNTS)
@versioned
@blp.alt_response(200, schema=answers.PERSON, success=True)
def one(user_id: int) -> dict[str, Any]:
    """Read one account."""
    return _now(user_id)


@blp.patch("/people/<int:user_id>")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
@versioned
@blp.arguments(ChangeSchema)
@blp.alt_response(200, schema=answers.USER_CHANGED, success=True)
def change(body: dict[str, Any], user_id: int) -> dict[str, Any]:
    """Change name, zone and roles; ``request`` is what waits for a second person."""
    wanted = Wanted(body["name"], body["zone"], frozenset(roles_of(body["roles"])), body["reason"])
    with both("user", user_id, None, lambda: _now(user_id)):
        done = people.change(db.session(), user_id, wanted, version=body["version"], by=actor(), now=now())
    return user_json(done.user) | {"request": done.asked.public_id if done.asked else None}


@blp.post("/people/<int:user_id>/disable")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
@versioned
@blp.arguments(VersionSchema)
@blp.alt_response(200, schema=answers.PERSON, success=True)
def disable(body: dict[str, Any], user_id: int) -> dict[str, Any]:
    """Let an account do nothing any more; its shifts that have nobody now are named."""
    with both("user", user_id, None, lambda: _now(user_id)):
        people.disable(db.session(), user_id, version=body["version"], by=actor(), now=now())
    return _now(user_id)


@blp.post("/people/<int:user_id>/enable")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
@versioned
@blp.arguments(VersionSchema)
@blp.alt_response(200, schema=answers.USER_CHANGED, success=True)
def enable(body: dict[str, Any], user_id: int) -> dict[str, Any]:
    """Let a disabled account in again; of an approver once a second person has agreed."""
    with both("user", user_id, None, lambda: _now(user_id)):
        done = people.enable(db.session(), user_id, version=body["version"], by=actor(), now=now(), reason=body["reason"])
    return user_json(done.user) | {"request": done.asked.public_id if done.asked else None}


@blp.post("/people/<int:user_id>/invitation")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
@blp.alt_response(200, schema=answers.INVITED_AGAIN, success=True)
def resend(user_id: int) -> dict[str, Any]:
    """Invite again; the link before stops working."""
    user, made = people.resend(db.session(), user_id, secret=ports().alert_secret, by=actor(), now=now())
    wake("tasks.bot.notes")
    return user_json(user) | {"link": _link(user, made)}


@blp.post("/people/<int:user_id>/same-person")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
@blp.arguments(OtherSchema)
@blp.alt_response(200, schema=answers.USER, success=True)
def same_person(body: dict[str, Any], user_id: int) -> dict[str, Any]:
    """Say that another account belongs to the same person."""
    return user_json(people.same_person(db.session(), user_id, body["other"], by=actor(), now=now()))


@blp.post("/people/<int:user_id>/part")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
@blp.arguments(AnswerSchema)
@blp.alt_response(200, schema=answers.ANSWERED, success=True)
def part(body: dict[str, Any], user_id: int) -> dict[str, Any]:
    """Ask a second person to count this account as a person of its own again."""
    made = people.ask_part(db.session(), user_id, body["reason"], by=actor(), now=now())
    return {"id": made.public_id, "state": made.state}


@blp.get("/people/requests")
@allowed(Permission.AGREE_APPROVER)
@blp.alt_response(200, schema=answers.REQUESTS, success=True)
def requests() -> dict[str, Any]:
    """List who is to become approver."""
    return {"requests": [
        {"id": one.proposal.public_id, "account": user_json(one.user), "roles": one.proposal.facts["roles"],
         "then": one.proposal.facts["then"], "reason": one.proposal.reason, "asked_by": one.asked_by.name,
         "asked_at": _moment(one.proposal.asked_at), "why_not": one.why_not}
        for one in people.requests(db.session(), by=actor(), now=now())
    ]}


@blp.post("/people/requests/<public_id>/agree")
@allowed(Permission.AGREE_APPROVER)
@fresh
@blp.alt_response(200, schema=answers.USER, success=True)
def agree(public_id: str) -> dict[str, Any]:
    """Agree as the second person."""
    user = people.agree(db.session(), public_id, secret=ports().alert_secret, by=actor(), now=now())
    wake("tasks.bot.notes")
    return user_json(user)


@blp.post("/people/requests/<public_id>/refuse")
@allowed(Permission.AGREE_APPROVER)
@fresh
@blp.arguments(AnswerSchema)
@blp.alt_response(200, schema=answers.ANSWERED, success=True)
def refuse(body: dict[str, Any], public_id: str) -> dict[str, Any]:
    """Refuse with a reason; who asked withdraws it."""
    done = people.refuse(db.session(), public_id, body["reason"], by=actor(), now=now())
    return {"id": done.public_id, "state": done.state}
