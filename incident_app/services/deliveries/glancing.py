"""How far a send is, for who looks every second: one question that also says whether all they were let in by still stands."""

from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, cast, func, select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import BUCKETS, Sum
from incident_app.models.accounts import RoleRow, User
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.sessions import UserSession
from incident_app.models.teams import TeamMember


class Glance(NamedTuple):
    """``stamp`` differs as soon as anything changed that decides about who sees a case: account, roles, teams, case."""

    stamp: tuple[object, ...]
    state: str
    sum: Sum
    twice: int


_NAMES = tuple(f"{name}_count" for name in BUCKETS)
_ROLES: Any = (
    select(func.aggregate_strings(cast(RoleRow.id, String), ",")).where(RoleRow.id.in_(
        select(User.roles.property.secondary.c.role_id).where(User.roles.property.secondary.c.user_id == UserSession.user_id)
        .correlate(UserSession))).correlate(UserSession).scalar_subquery())
_TEAMS: Any = (
    select(func.aggregate_strings(cast(TeamMember.team_id, String), ",")).where(TeamMember.user_id == UserSession.user_id)
    .correlate(UserSession).scalar_subquery())
_QUESTION: Any = (
    select(UserSession.id, User.version, Case.id, Case.version, Case.restricted, Case.team_id, _ROLES, _TEAMS,
           Notice.state, Notice.resent_count, Notice.list_count, *(getattr(Notice, name) for name in _NAMES))
    .join_from(UserSession, User, User.id == UserSession.user_id)
    .join(Notice, Notice.id == bindparam("notice_id")).join(Case, Case.id == Notice.case_id)
    .where(UserSession.digest == bindparam("digest"), UserSession.ended_at.is_(None), ~UserSession.is_half,
           User.active.is_(True)))


def glance(session: Session, digest: str, notice_id: int) -> Glance | None:
    """Return how far a send is, for the session with this digest; ``None`` where it ended, or its account is shut."""
    with session.get_bind().engine.connect() as connection:  # the session itself would double what this costs
        row = connection.execute(_QUESTION, {"digest": digest, "notice_id": notice_id}).first()
    if row is None:
        return None
    return Glance(tuple(row[:8]), row[8], Sum(row[10] or 0, **dict(zip(BUCKETS, row[11:], strict=True))), row[9])
