"""Read actions: those of a case, what is to be done anywhere, and what keeps a case from closing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload

from incident_app.domain import remediation as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Refused
from incident_app.domain.remediation import ActionFacts, ActionState, Hindrance
from incident_app.models import remediation as rows
from incident_app.models.cases import Case
from incident_app.models.remediation import Action, Deed
from incident_app.models.reports import Document
from incident_app.services import scope
from incident_app.services.remediation import waits
from incident_app.services.remediation.holding import within

A_PAGE = 50
MOST_COUNTED = 200
WHOSE = ("mine", "overdue", "check", "reviews", "all")
_OPEN = Action.state == ActionState.OPEN.value


@dataclass(frozen=True, slots=True)
class Sum:
    """How many actions there are: all = open + done + not needed; ``overdue`` and ``waiting`` are parts of open."""

    all: int
    open: int
    done: int
    not_needed: int
    overdue: int
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """Some actions of a list; ``after`` is the last one's id where there are more, to go on from."""

    actions: Sequence[Action]
    after: int | None


def find(session: Session, action_id: int, *, by: Actor) -> Action:
    """Return one action of a case that ``by`` may read. Raises ``NotFound``."""
    require(by, Permission.SEE_ACTIONS)
    return within(session, action_id, by)


def of_case(session: Session, case_id: int) -> Sequence[Action]:
    """Return everything to do in one case, in the order it was entered."""
    return session.scalars(rows.of_case(case_id)).all()


def deeds_of(session: Session, actions: Sequence[Action]) -> dict[int, list[Deed]]:
    """Return what was done about these actions, by action, the first first."""
    found: dict[int, list[Deed]] = {}
    ids = [one.id for one in actions]
    for one in session.scalars(select(Deed).where(Deed.action_id.in_(ids)).order_by(Deed.action_id, Deed.number)):
        found.setdefault(one.action_id, []).append(one)
    return found


def waits_of(session: Session, actions: Sequence[Action]) -> dict[int, tuple[int, ...]]:
    """Return the ids of what each of these actions waits for or waited for; one that waits for nothing is left out."""
    return waits.of(session, [one.id for one in actions])


def open_actions(session: Session, case_id: int) -> Sequence[Action]:
    """Return what is still to do in one case, soonest first."""
    return session.scalars(rows.open_of_case(case_id)).all()


def open_mandatory(session: Session, case: Case) -> Sequence[Action]:
    """Return the mandatory actions of a case that are open, or ended and not checked by a second person."""
    return session.scalars(rows.of_case(case.id).where(Action.mandatory, or_(_OPEN, Action.checked_at.is_(None)))).all()


def hindrances(session: Session, case: Case, now: datetime) -> tuple[Hindrance, ...]:
    """Return what keeps a case from closing on account of its actions (see ``what_keeps_a_case_open``)."""
    facts = [
        ActionFacts(one.id, one.title, one.state, one.mandatory, one.checked_at is not None, one.review_due_at)
        for one in of_case(session, case.id)
    ]
    return rules.what_keeps_a_case_open(facts, now)


def documents_of(session: Session, case_id: int) -> Sequence[tuple[int, str]]:
    """Return (id, name with the beginning of its hash) of the files of a case, the newest first: any may be a proof."""
    question = select(Document.id, Document.name, Document.sha256).where(Document.case_id == case_id)
    return [(number, f"{name} ({digest[:12]}…)") for number, name, digest in session.execute(question.order_by(Document.id.desc()))]


def counts(actions: Sequence[Action], now: datetime) -> Sum:
    """Add up a list of actions."""
    states = [item.state for item in actions]
    return Sum(
        all=len(states), open=states.count(ActionState.OPEN.value), done=states.count(ActionState.DONE.value),
        not_needed=states.count(ActionState.NOT_NEEDED.value),
        overdue=sum(rules.is_overdue(item.state, item.due_at, now) and not item.waiting for item in actions),
        waiting=sum(item.waiting for item in actions),
    )


def lives() -> ColumnElement[bool]:
    """Ask whether the case is not closed, or the action was reopened afterwards; the question joins the case."""
    return or_(Case.state != CaseState.CLOSED.value, Action.reopened_at >= Case.closed_at)


def _living(by: Actor) -> ColumnElement[bool]:
    return scope.each(Action.case_id, by, lives())


def _which(whose: str, by: Actor, now: datetime | None) -> tuple[Any, tuple[ColumnElement[bool], ...]]:
    """Return the moment a list is ordered by, and what belongs into it."""
    match whose:
        case "mine":
            return Action.due_at, (_OPEN, Action.owner_id == by.id, _living(by))
        case "overdue":
            return Action.due_at, (_OPEN, Action.due_at < now, Action.waiting.is_(False), _living(by))
        case "check":
            return Action.check_due_at, (Action.check_due_at <= now, _living(by))
        case "reviews":
            return Action.review_due_at, (Action.review_due_at <= now, scope.each(Action.case_id, by))
        case "all":
            return Action.due_at, (_OPEN, _living(by))
        case _:
            raise Refused("Choose one of the lists.", {"whose": f"Choose one of {', '.join(WHOSE)}."})


def overview(
    session: Session, *, whose: str, by: Actor, now: datetime, limit: int = A_PAGE, after: int | None = None,
) -> Listed:
    """Return what is to be done anywhere, soonest first, what has no date last; at most ``limit``, on from ``after``.

    ``whose`` is one of ``WHOSE``: mine, overdue, what a second person has to check, reviews that are due, all that is open.
    Closed cases are left out but for reviews, and for what one of those reopened.
    """
    require(by, Permission.SEE_ACTIONS)
    moment, belongs = _which(whose, by, now)
    question = select(Action).options(selectinload(Action.case), selectinload(Action.owner)).where(*belongs)
    last = session.get(Action, after) if after is not None else None
    at = getattr(last, moment.key) if last is not None else None
    found: list[Action] = []
    if last is None or at is not None:
        dated = question.where(moment.is_not(None)).order_by(moment, Action.id)
        if last is not None:
            dated = dated.where(tuple_(moment, Action.id) > tuple_(literal(at, moment.type), literal(last.id)))
        found += session.scalars(dated.limit(limit + 1))
    if len(found) <= limit:
        rest = question.where(moment.is_(None)).order_by(Action.id)
        if last is not None and at is None:
            rest = rest.where(Action.id > last.id)
        found += session.scalars(rest.limit(limit + 1 - len(found)))
    return Listed(found[:limit], found[limit - 1].id if len(found) > limit else None)


def tally(session: Session, *, by: Actor, now: datetime) -> dict[str, int]:
    """Return how many there are in each list; ``MOST_COUNTED`` + 1 stands for more than that."""
    return {whose: _count(session, whose, by, now) for whose in WHOSE}


def _count(session: Session, whose: str, by: Actor, now: datetime) -> int:
    return session.scalar(_counted(whose, by, now)) or 0


def _counted(whose: str, by: Actor, now: datetime | None) -> Select[int]:
    _, belongs = _which(whose, by, now)
    some = select(Action.id).where(*belongs).limit(MOST_COUNTED + 1).subquery()
    return select(func.count()).select_from(some)


@lru_cache(maxsize=scope.KEPT)
def _mine(by: Actor) -> Select[int]:
    return _counted("mine", by, None)


def due_reviews(session: Session, *, by: Actor, now: datetime, limit: int = 5) -> Listed:
    """Return the actions of which somebody has to say by now whether they work, the longest due first."""
    return overview(session, whose="reviews", by=by, now=now, limit=limit)


def open_count(session: Session, *, by: Actor) -> int:
    """Return how many open actions are this person's, in the cases they may read; none of closed ones, at most so many."""
    return session.scalar(_mine(by)) or 0
