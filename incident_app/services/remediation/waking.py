"""Overdue actions and due reviews reach their owner, then the on-call ladder: one alert for a case and a person.

Where many of one person are new at once (after an upgrade, after a long outage), one alert tells of all of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from incident_app.domain import remediation as rules
from incident_app.domain.alerts import RUNNING
from incident_app.domain.remediation import ActionState
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.services import alerts
from incident_app.services.remediation.lists import lives
from incident_app.services.unit import writing

KIND = "actions"
NO_MORE = "Nothing of theirs is overdue in this case any more."
NONE_AT_ALL = "Nothing of what it told of is overdue any more."
ANEW = "More became overdue: they are counted anew in the alert after this one."
WHERE = "They are under Actions."
TOGETHER = 5
"""Of so many cases one person hears one by one; of more that are new at once in one alert."""
Whose = tuple[int, int]
"""A case, and who owns the actions; 0 where nobody does."""


@dataclass(frozen=True, slots=True)
class Woken:
    """One pass: how many alerts were raised, how many ended."""

    raised: int
    ended: int


@dataclass(frozen=True, slots=True)
class _Late:
    """What is late of one owner in one case, ``since`` when the first of it; ``hears``: who owns it, or else the case, or 0."""

    hears: int
    is_drill: bool
    since: datetime
    actions: int = 0
    reviews: int = 0


@dataclass(frozen=True, slots=True)
class _Told:
    """A running alert, and what it says."""

    number: int
    words: str
    at: datetime


def wake_overdue(session: Session, *, now: datetime) -> Woken:
    """Raise an alert for each case and owner with something overdue, and end those where nothing is any more."""
    try:
        late, (own, many) = _late(session, now), _running(session)
        covered: dict[int, list[_Late]] = {hears: [] for hears in many}
        new: dict[int, list[Whose]] = defaultdict(list)
        for whose, one in late.items():
            if whose in own:
                _say(session, own[whose], _words([one]))
            elif one.hears in many and one.since < many[one.hears].at and not one.is_drill:
                covered[one.hears].append(one)
            else:
                new[one.hears].append(whose)
        ended = sum(_end(session, f"{_about(whose)}/", NO_MORE, now) for whose in own if whose not in late)
        for hears, told in many.items():
            if covered[hears]:
                _say(session, told, _words(covered[hears]))
            else:
                ended += _end(session, f"{_all_of(hears)}/", NONE_AT_ALL, now)
        raised = sum(_raise(session, hears, cases, covered.get(hears, []), late, now) for hears, cases in new.items())
        return Woken(raised, ended)
    finally:
        session.rollback()


def _late(session: Session, now: datetime) -> dict[Whose, _Late]:
    """Return what is late by case and owner, what is late longest first."""
    found: dict[Whose, _Late] = {}
    overdue = (Action.state == ActionState.OPEN.value, Action.due_at < now, Action.waiting.is_(False), lives())
    for whose, hears, drill, since, count in _grouped(session, Action.due_at, *overdue):
        found[whose] = _Late(hears, drill, since, actions=count)
    for whose, hears, drill, since, count in _grouped(session, Action.review_due_at, Action.review_due_at < now):
        held = found.get(whose)
        found[whose] = _Late(hears, drill, min(held.since, since) if held else since, held.actions if held else 0, count)
    return dict(sorted(found.items(), key=lambda one: (one[1].since, one[0][0], not one[0][1], one[0][1])))


def _grouped(
    session: Session, moment: InstrumentedAttribute[Any], *which: ColumnElement[bool],
) -> Iterable[tuple[Whose, int, bool, datetime, int]]:
    question = (
        select(Action.case_id, Action.owner_id, Case.owner_id, Case.is_drill, func.min(moment), func.count(Action.id))
        .join(Case, Case.id == Action.case_id).where(*which)
        .group_by(Action.case_id, Action.owner_id, Case.owner_id, Case.is_drill)
    )
    for case_id, owner_id, of_case, drill, since, count in session.execute(question):
        yield (case_id, owner_id or 0), owner_id or of_case or 0, drill, since, count


def _running(session: Session) -> tuple[dict[Whose, _Told], dict[int, _Told]]:
    """Return the running alerts about one case and owner, and those about many cases of one owner."""
    own, many = dict[Whose, _Told](), dict[int, _Told]()
    question = select(Alert.id, Alert.case_id, Alert.owner_id, Alert.words, Alert.due_at)
    for number, case_id, owner_id, words, at in session.execute(
        question.where(Alert.kind == KIND, Alert.state.in_(RUNNING)).order_by(Alert.id)):
        if case_id is None:
            many[owner_id or 0] = _Told(number, words, at)
        else:
            own[case_id, owner_id or 0] = _Told(number, words, at)
    return own, many


def _about(whose: Whose) -> str:
    return f"{whose[0]}/{whose[1]}"


def _all_of(hears: int) -> str:
    return f"all/{hears}"


def _words(late: Iterable[_Late]) -> str:
    found = list(late)
    return rules.overdue_words(sum(one.actions for one in found), sum(one.reviews for one in found), len(found))


def _raise(
    session: Session, hears: int, new: list[Whose], covered: list[_Late], late: Mapping[Whose, _Late], now: datetime,
) -> int:
    """Tell one person what is new of theirs; drills always one by one, or nobody would know which they are."""
    together = [whose for whose in new if not late[whose].is_drill]
    if len(together) <= TOGETHER:
        return sum(_raise_one(session, whose, late[whose], now) for whose in new)
    _end(session, f"{_all_of(hears)}/", ANEW, now)
    with writing(session):
        made = alerts.raise_once(session, kind=KIND, about=_all_of(hears), now=now, owner_id=hears or None,
                                 words=_words([*covered, *(late[whose] for whose in together)]), note=WHERE)
    return (made is not None) + sum(_raise_one(session, whose, late[whose], now) for whose in new if late[whose].is_drill)


def _raise_one(session: Session, whose: Whose, one: _Late, now: datetime) -> bool:
    with writing(session):
        made = alerts.raise_once(session, kind=KIND, about=_about(whose), words=_words([one]), now=now,
                                 case_id=whose[0], owner_id=whose[1] or None)
    return made is not None


def _end(session: Session, begins: str, reason: str, now: datetime) -> int:
    with writing(session):
        return alerts.end_about(session, kind=KIND, begins=begins, reason=reason, now=now)


def _say(session: Session, told: _Told, words: str) -> None:
    """Let a running alert say how many they are now, for when it is told next."""
    if words != told.words:
        with writing(session):
            session.get_one(Alert, told.number).words = words
