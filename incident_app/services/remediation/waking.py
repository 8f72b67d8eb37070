"""Overdue actions reach their owner, then the on-call ladder: one alert for a case and a person, however many actions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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
AT_ONCE = 200
Whose = tuple[int, int]
"""A case, and who owns the actions; 0 where nobody does."""


@dataclass(frozen=True, slots=True)
class Woken:
    """One pass: how many alerts were raised, how many ended; ``more`` wait for the next pass."""

    raised: int
    ended: int
    more: bool = False


def wake_overdue(session: Session, *, now: datetime) -> Woken:
    """Raise an alert for each case and owner with something overdue, and end those where nothing is any more."""
    try:
        late, running = _late(session, now), _running(session)
        ended = sum(_end(session, whose, now) for whose in running if whose not in late)
        for whose, (number, words) in running.items():
            if whose in late and words != rules.overdue_words(late[whose]):
                _say(session, number, rules.overdue_words(late[whose]))
        new = [whose for whose in late if whose not in running]
        raised = sum(_raise(session, whose, late[whose], now) for whose in new[:AT_ONCE])
        return Woken(raised, ended, more=len(new) > AT_ONCE)
    finally:
        session.rollback()


def _late(session: Session, now: datetime) -> dict[Whose, int]:
    """Return how many actions are overdue by case and owner, what is longest overdue first."""
    question = (
        select(Action.case_id, Action.owner_id, func.count(Action.id)).join(Case, Case.id == Action.case_id)
        .where(Action.state == ActionState.OPEN.value, Action.due_at < now, Action.waiting.is_(False), lives())
        .group_by(Action.case_id, Action.owner_id).order_by(func.min(Action.due_at), Action.case_id, Action.owner_id.is_(None), Action.owner_id)
    )
    return {(case_id, owner_id or 0): count for case_id, owner_id, count in session.execute(question)}


def _running(session: Session) -> dict[Whose, tuple[int, str]]:
    question = select(Alert.id, Alert.case_id, Alert.owner_id, Alert.words).where(
        Alert.kind == KIND, Alert.state.in_(RUNNING), Alert.case_id.is_not(None))
    return {(case_id or 0, owner_id or 0): (number, words) for number, case_id, owner_id, words in session.execute(question)}


def _about(whose: Whose) -> str:
    return f"{whose[0]}/{whose[1]}"


def _raise(session: Session, whose: Whose, count: int, now: datetime) -> bool:
    with writing(session):
        made = alerts.raise_once(session, kind=KIND, about=_about(whose), words=rules.overdue_words(count), now=now,
                                 case_id=whose[0], owner_id=whose[1] or None)
    return made is not None


def _end(session: Session, whose: Whose, now: datetime) -> int:
    with writing(session):
        return alerts.end_about(session, kind=KIND, begins=f"{_about(whose)}/", reason=NO_MORE, now=now)


def _say(session: Session, number: int, words: str) -> None:
    """Let a running alert say how many they are now, for when it is told next."""
    with writing(session):
        session.get_one(Alert, number).words = words
