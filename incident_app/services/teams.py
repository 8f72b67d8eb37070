"""Teams: make one, name it, say who is in it. Whoever leaves sees its cases no more at their next request."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from incident_app.domain import scope as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.refusals import NotFound, Refused, Stale
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.teams import Team, TeamMember
from incident_app.services import audit, owning
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One team, the ids of who is in it, and how many cases it has."""

    team: Team
    members: tuple[int, ...]
    case_count: int


def every(session: Session, *, by: Actor) -> list[TeamLine]:
    """Return the teams by name."""
    require(by, Permission.MANAGE_TEAMS)
    counts = dict(session.execute(select(Case.team_id, func.count()).group_by(Case.team_id)).all())
    return [TeamLine(team, _members(session, team.id), counts.get(team.id, 0)) for team in _by_name(session)]


def choices(session: Session, *, by: Actor) -> dict[int, str]:
    """Return the teams a breach may be filed for, by id: one's own where one works on cases, else every one."""
    own = may(by, Permission.SEE_CASES)
    return {team.id: team.name for team in _by_name(session) if not own or team.id in by.teams}


def names(session: Session) -> dict[int, str]:
    """Return what the teams are called, by id."""
    return {team.id: team.name for team in _by_name(session)}


def _by_name(session: Session) -> Sequence[Team]:
    return session.scalars(select(Team).order_by(Team.name)).all()


def _members(session: Session, team_id: int) -> tuple[int, ...]:
    question = select(TeamMember.user_id).where(TeamMember.team_id == team_id).order_by(TeamMember.user_id)
    return tuple(session.scalars(question))


def _check(session: Session, name: str, members: Set[int], *, besides: int | None = None) -> None:
    others = {one for number, one in names(session).items() if number != besides}
    problems = rules.check_team_name(name, others)
    working = set(session.scalars(select(User.id).where(User.id.in_(members), User.active.is_(True))))
    # Who has been disabled may stay on the list, and may not be put on it.
    before = set(_members(session, besides)) if besides is not None else set()
    if members - working - before:
        problems["members"] = "Choose people who work here."
    if problems:
        raise Refused("The team was not saved.", problems)


def _set_members(session: Session, team: Team, members: Set[int]) -> None:
    session.execute(delete(TeamMember).where(TeamMember.team_id == team.id))
    session.add_all(TeamMember(team_id=team.id, user_id=number) for number in sorted(members))
    session.flush()


def make(session: Session, name: str, members: Set[int], *, by: Actor, now: datetime) -> Team:
    """Make a team."""
    require(by, Permission.MANAGE_TEAMS)
    with writing(session):
        audit.lock(session)
        _check(session, name.strip(), members)
        team = Team(name=name.strip(), made_at=now)
        session.add(team)
        session.flush()
        _set_members(session, team, members)
        audit.record(session, action="team.made", by=by, now=now, subject="team", subject_id=team.id,
                     details={"name": team.name, "members": sorted(members)})
    return team


def change(
    session: Session, team_id: int, name: str, members: Set[int], *, version: int, by: Actor, now: datetime
) -> Team:
    """Name a team anew and say who is in it. A stale ``version`` raises ``Conflict`` and saves nothing.

    Cases of the team that somebody owns who leaves have no owner from then on.
    """
    require(by, Permission.MANAGE_TEAMS)
    with writing(session):
        left_behind = owning.held(session, team_id, set(_members(session, team_id)) - members)
        audit.lock(session)
        team = session.get(Team, team_id, populate_existing=True)
        if team is None:
            raise NotFound("There is no such team.")
        if team.version != version:
            raise Stale("Somebody changed this team meanwhile. Load the page again and compare.")
        _check(session, name.strip(), members, besides=team.id)
        before = set(_members(session, team.id))
        team.name = name.strip()
        team.version += 1
        _set_members(session, team, members)
        owning.let_go(session, left_behind, by=by, now=now)
        audit.record(
            session, action="team.changed", by=by, now=now, subject="team", subject_id=team.id,
            details={"name": team.name, "joined": sorted(members - before), "left": sorted(before - members)},
        )
    return team
