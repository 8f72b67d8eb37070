"""Who owns a case and is no longer of its team owns it no more: they would read it on, and nobody else would take it."""

from collections.abc import Sequence, Set
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.alerts import SendState
from incident_app.domain.scope import sight_of
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.teams import TeamMember
from incident_app.services import audit, scope


def held(session: Session, team_id: int, people: Set[int]) -> Sequence[Case]:
    """Return the cases of a team that some of these people own, closed ones too, held for this transaction.

    To be asked before the record is locked, as whoever works on a case does.
    """
    question = select(Case).where(Case.team_id == team_id, Case.owner_id.in_(sorted(people))).order_by(Case.id)
    return session.scalars(question.with_for_update(of=Case, key_share=True).execution_options(populate_existing=True)).all()


def let_go(session: Session, cases: Sequence[Case], *, by: Actor, now: datetime) -> None:
    """Leave these cases without an owner, on record, inside the caller's transaction: their alerts wake who is on call, and
    whoever takes one owns it."""
    for case in cases:
        was, case.owner_id = case.owner_id, None
        case.version += 1  # also: who reported it does not read it again
        audit.record(session, action="case.owner_left", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
                     details={"left": [was]})


def is_stranger(session: Session, case: Case) -> bool:
    """Tell whether the owner of a case is not of its team."""
    if case.owner_id is None or case.team_id is None:
        return False
    member = select(TeamMember.user_id).where(TeamMember.team_id == case.team_id, TeamMember.user_id == case.owner_id)
    return session.scalar(member) is None


def left_since(session: Session, case: Case, *, by: Actor) -> bool:
    """Tell whether the last message that woke ``by`` about a case is older than that they left its team, or that somebody chose
    who sees it: by that message they may still answer, and not own it, or leaving would take nothing from them."""
    sight = sight_of(by)
    outside = case.team_id is not None and case.team_id not in by.teams and not (sight.watches and sight.watched_teams is None)
    if not outside or scope.reads(session, case.id, by=by):
        return False
    woken = select(func.max(AlertSend.due_at)).join(Alert).where(
        Alert.case_id == case.id, AlertSend.person_id == by.id, AlertSend.state != SendState.PLANNED.value).scalar_subquery()
    left = and_(Entry.action == "team.changed", Entry.subject_id == str(case.team_id),
                Entry.actor_id.in_(select(User.id)))  # there is an index by who acted
    moved = and_(Entry.action == "case.readers_chosen", Entry.case_id == case.id)
    since = session.scalars(select(Entry).where(or_(left, moved), Entry.at >= woken))
    return any(one.case_id is not None or by.id in one.details["left"] for one in since)
