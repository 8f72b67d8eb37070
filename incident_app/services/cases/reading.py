"""Who sees a case: its team, whether it is restricted, and to whom."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incident_app.domain import scope as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.teams import CaseReader
from incident_app.services import accounts, audit, owning, scope, teams
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees a case as its page says it; ``may_change``: whoever looks may choose.

    ``taken_by``: who reads it though they are not of its team, as they took it; empty where nobody does.
    """

    team_id: int | None
    team: str
    restricted: bool
    readers: tuple[tuple[int, str], ...]
    may_change: bool
    taken_by: str = ""


def audience(session: Session, case: Case, *, by: Actor) -> Audience:
    """Return who sees a case."""
    people, listed = accounts.names(session), readers_of(session, case.id)
    return Audience(
        team_id=case.team_id, team=teams.names(session).get(case.team_id or 0, ""), restricted=case.restricted,
        readers=tuple((number, people.get(number, "")) for number in sorted(listed)),
        may_change=case.closed_at is None and rules.may_choose_readers(by, case.owner_id),
        taken_by=people[case.owner_id] if case.owner_id is not None and _taken(session, case) else "",
    )


def _taken(session: Session, case: Case) -> bool:
    """Tell whether the owner of a case reads it though they are not of its team."""
    if case.restricted or not owning.is_stranger(session, case):
        return False
    owner = session.get_one(User, case.owner_id)
    return owner.active and scope.reads(session, case.id, by=owner.actor)


def readers_of(session: Session, case_id: int) -> frozenset[int]:
    """Return who is listed to read a restricted case."""
    return frozenset(session.scalars(select(CaseReader.user_id).where(CaseReader.case_id == case_id)))


def possible_readers(session: Session) -> list[tuple[int, str]]:
    """Return (id, name) of everybody who can be listed."""
    return [(user.id, user.name) for user in accounts.everybody(session) if may(user.actor, Permission.SEE_CASES)]


def choose_readers(
    session: Session, case_id: int, *, team_id: int | None, restricted: bool, readers: Set[int], version: int, by: Actor,
    now: datetime,
) -> Case:
    """Say whose case it is, and whether only who is listed reads it. Whoever restricts it is listed with the others.

    Where it goes to a team that its owner is not in, it has no owner from then on. Raises ``Forbidden`` for who is neither an
    approver nor the owner, ``Refused`` by field, ``Conflict`` when stale.
    """
    require(by, Permission.CHOOSE_READERS)
    with writing(session):
        case = locked_case(session, case_id, version)
        if not rules.may_choose_readers(by, case.owner_id):
            raise Forbidden("Who sees a case is chosen by an approver, or by who owns it.")
        if team_id is not None and team_id not in teams.names(session):
            raise Refused("Nothing was changed.", {"team": "Choose one of the teams in the list."})
        listed = readers | {by.id} if restricted else frozenset[int]()
        _check(session, listed)
        before, moved = readers_of(session, case.id), team_id != case.team_id
        case.team_id, case.restricted = team_id, restricted
        case.version += 1
        session.execute(delete(CaseReader).where(CaseReader.case_id == case.id))
        session.add_all(CaseReader(case_id=case.id, user_id=number) for number in sorted(listed))
        audit.record(
            session, action="case.readers_chosen", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
            details={"team": team_id, "restricted": restricted, "joined": sorted(listed - before),
                     "left": sorted(before - listed)},
        )
        if moved and owning.is_stranger(session, case):
            owning.let_go(session, [case], by=by, now=now)
    return case


def _check(session: Session, listed: Set[int]) -> None:
    working = session.scalars(select(User).where(User.id.in_(listed), User.active.is_(True)))
    problems = rules.check_readers({user.id: user.actor for user in working}, listed) if listed else {}
    if problems:
        raise Refused("Nothing was changed.", problems)
