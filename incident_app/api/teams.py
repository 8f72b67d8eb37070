"""Teams, and who sees a case, as JSON."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, case_or_404, fresh
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.teams import Team
from incident_app.services import cases, scope, teams
from incident_app.wiring import now

blp = Blueprint("api_teams", __name__, url_prefix="/api/v1")


class TeamSchema(Strict):
    """A team: its name and the ids of who is in it."""

    name = fields.String(required=True)
    members = fields.List(fields.Integer(strict=True), required=True)


class TeamChangeSchema(TeamSchema, Versioned):
    """A team as it is to be; ``version`` is the one that was read."""


class ReadersSchema(Versioned):
    """``team``: its id, or null for the whole organisation. ``readers``: who reads a restricted case, besides oneself."""

    team = fields.Integer(strict=True, required=True, allow_none=True)
    restricted = fields.Boolean(required=True, truthy={True}, falsy={False})
    readers = fields.List(fields.Integer(strict=True), load_default=list)


def _team(team: Team, members: list[int]) -> dict[str, Any]:
    return {"id": team.id, "name": team.name, "version": team.version, "members": members}


@blp.get("/teams")
@allowed(Permission.MANAGE_TEAMS)
@blp.alt_response(200, schema=answers.TEAMS, success=True)
def every() -> dict[str, Any]:
    """List the teams by name."""
    lines = teams.every(db.session(), by=actor())
    return {"teams": [_team(one.team, list(one.members)) | {"cases": one.case_count} for one in lines]}


@blp.post("/teams")
@allowed(Permission.MANAGE_TEAMS)
@fresh
@blp.arguments(TeamSchema)
@blp.response(201)
@blp.alt_response(201, schema=answers.TEAM, success=True)
def make(body: dict[str, Any]) -> dict[str, Any]:
    """Make a team."""
    made = teams.make(db.session(), body["name"], frozenset(body["members"]), by=actor(), now=now())
    return _team(made, sorted(set(body["members"])))


@blp.put("/teams/<int:team_id>")
@allowed(Permission.MANAGE_TEAMS)
@fresh
@versioned
@blp.arguments(TeamChangeSchema)
@blp.alt_response(200, schema=answers.TEAM, success=True)
def change(body: dict[str, Any], team_id: int) -> dict[str, Any]:
    """Name a team anew, and say who is in it."""
    with both("team", team_id, None, lambda: _one(team_id)):
        made = teams.change(db.session(), team_id, body["name"], frozenset(body["members"]), version=body["version"],
                            by=actor(), now=now())
    return _team(made, sorted(set(body["members"])))


def _one(team_id: int) -> dict[str, Any]:
    return next(_team(one.team, list(one.members)) for one in teams.every(db.session(), by=actor()) if one.team.id == team_id)


def _readers(case: Case) -> dict[str, Any]:
    found = cases.audience(db.session(), case, by=actor())
    return {"team": found.team_id, "team_name": found.team or None, "restricted": found.restricted,
            "readers": [number for number, _ in found.readers], "taken_by": found.taken_by or None, "version": case.version}


@blp.get("/cases/<ref>/readers")
@allowed(Permission.SEE_CASES)
@versioned
@blp.alt_response(200, schema=answers.READERS, success=True)
def readers(ref: str) -> dict[str, Any]:
    """Read who sees a case."""
    return _readers(case_or_404(ref))


@blp.put("/cases/<ref>/readers")
@allowed(Permission.CHOOSE_READERS)
@versioned
@blp.arguments(ReadersSchema)
@blp.alt_response(200, schema=answers.READERS_CHOSEN, success=True)
def choose(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Say whose case it is, and whether only who is listed reads it."""
    case = case_or_404(ref)
    with both("case", case.ref, case.id, lambda: _readers(case_or_404(ref))):
        case = cases.choose_readers(
            db.session(), case.id, team_id=body["team"], restricted=body["restricted"],
            readers=frozenset(body["readers"]), version=body["version"], by=actor(), now=now())
    # Whoever hands a case over to another team does not read it any more.
    return _readers(case) if scope.reads(db.session(), case.id, by=actor()) else {"team": case.team_id}
