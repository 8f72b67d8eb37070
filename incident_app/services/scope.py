"""Who sees which case, as one criterion of SQL: every list, count, search, feed, figure and lookup asks it here.

A criterion rests on nothing but what :class:`Actor` says of who asks; putting it together costs more than asking it, so
it is kept for the next time.
"""

from collections.abc import Callable
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from incident_app.domain.accounts import Actor
from incident_app.domain.alerts import RUNNING, SendState
from incident_app.domain.cases import CaseState
from incident_app.domain.scope import sight_of
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.cases import Case
from incident_app.models.teams import CaseReader

CaseId = InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
KEPT = 256
"""How many people's criteria are kept."""


@lru_cache(maxsize=KEPT)
def visible_to(by: Actor) -> ColumnElement[bool]:
    """Ask whether ``by`` may read a case in full."""
    sight, ways = sight_of(by), []
    if sight.works:
        listed = exists().where(CaseReader.case_id == Case.id, CaseReader.user_id == by.id)
        ways.append(or_(and_(Case.restricted, listed), and_(~Case.restricted, _of_teams(sight.worked_teams))))
    if sight.reports:
        ways.append(and_(_reported(by), _untouched(by)))
    if sight.watches:
        acked = exists().where(Alert.case_id == Case.id, Alert.acked_by_id == by.id)
        answered = or_(acked, Case.owner_id == by.id)  # who took it is its owner, also once the alert wakes others
        ways.append(and_(~Case.restricted, _of_teams(sight.watched_teams), answered))
    if sight.answers:
        ways.append(and_(~Case.restricted, Case.owner_id == by.id, _taken(by)))
    if by.opened:
        ways.append(Case.id.in_(sorted(by.opened)))
    return or_(false(), *ways)


@lru_cache(maxsize=KEPT)
def clock_visible_to(by: Actor) -> ColumnElement[bool]:
    """Ask whether ``by`` may know the number of a case and its clock; whoever may read it knows them too."""
    sight, ways = sight_of(by), [visible_to(by)]
    if sight.reports:
        ways.append(_reported(by))
    if sight.watches:
        ways.append(_of_teams(sight.watched_teams))
    if sight.answers:
        ways.append(_woken(by))
    return or_(*ways)


def _of_teams(teams: frozenset[int] | None) -> ColumnElement[bool]:
    return true() if teams is None else or_(Case.team_id.is_(None), Case.team_id.in_(sorted(teams)))


def _reported(by: Actor) -> ColumnElement[bool]:
    return and_(Case.filed_by_id == by.id, ~Case.restricted)


def _untouched(by: Actor) -> ColumnElement[bool]:
    """Ask whether nobody has begun to work on a case: who filed it may look until then."""
    unowned = or_(Case.owner_id.is_(None), Case.owner_id == by.id)
    return and_(Case.state == CaseState.LOGGED.value, Case.version == 1, unowned)


def _taken(by: Actor) -> ColumnElement[bool]:
    """Ask of a case this person owns whether they took it, perhaps from another team: then they must be able to work on it.

    Who files a case owns it too; they took it where they answered its alert. Who leaves its team owns it no more.
    """
    acked = exists().where(Alert.case_id == Case.id, Alert.acked_by_id == by.id)
    return or_(Case.filed_by_id.is_distinct_from(by.id), acked)


def _woken(by: Actor) -> ColumnElement[bool]:
    """Ask whether this person was sent an alert about a case that still runs: whom we wake must be able to answer."""
    left = (SendState.SENDING.value, SendState.ACCEPTED.value, SendState.FAILED.value)
    return exists().where(AlertSend.alert_id == Alert.id, Alert.case_id == Case.id, AlertSend.person_id == by.id,
                          AlertSend.state.in_(left), Alert.state.in_(RUNNING))


def within(case_id: CaseId, by: Actor) -> ColumnElement[bool]:
    """Ask whether a row hangs on a case that ``by`` may read in full."""
    return case_id.in_(select(Case.id).where(visible_to(by)))


def clock_within(case_id: CaseId, by: Actor) -> ColumnElement[bool]:
    """Ask whether a row hangs on a case whose number and clock ``by`` may know."""
    return case_id.in_(select(Case.id).where(clock_visible_to(by)))


@lru_cache(maxsize=KEPT)
def alerts_of(by: Actor) -> ColumnElement[bool]:
    """Ask whether ``by`` may know of an alert: one about no case, or about a case whose clock they may know."""
    return or_(Alert.case_id.is_(None), select(clock_visible_to(by)).where(Case.id == Alert.case_id).scalar_subquery())


def each(
    case_id: CaseId, by: Actor, *also: ColumnElement[bool], seen: Callable[[Actor], ColumnElement[bool]] = visible_to,
) -> ColumnElement[bool]:
    """Ask as ``within``, and ``also`` of the same case, but of each row by itself. ``seen`` may be ``clock_visible_to``.

    For lists in the order of an index that end after a page, and for counts that stop: ``within`` would have the database
    read every case before the first row.
    """
    return select(and_(seen(by), *also)).where(Case.id == case_id).scalar_subquery()


def reads(session: Session, case_id: int, *, by: Actor) -> bool:
    """Tell whether ``by`` may read one case in full."""
    return session.scalar(select(Case.id).where(Case.id == case_id, visible_to(by))) is not None


def knows(session: Session, case_id: int, *, by: Actor) -> bool:
    """Tell whether ``by`` may know the number and the clock of one case."""
    return session.scalar(select(Case.id).where(Case.id == case_id, clock_visible_to(by))) is not None
