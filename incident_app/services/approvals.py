"""What waits for an approver: shown to whoever may answer it, and told to them once, by every way they have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incident_app.domain import approvals as rules
from incident_app.domain.accounts import SYSTEM, Actor, may
from incident_app.domain.approvals import What
from incident_app.models import approvals as rows
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import Obligation, runs
from incident_app.services import accounts, audit, linking, scope
from incident_app.services.unit import writing

KIND = "approval"


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that waits. ``hands``: the persons who asked for it or had a hand in it, and do not answer it."""

    what: What
    number: int
    case_id: int
    ref: str
    drill: bool
    restricted: bool
    asked_at: datetime
    asked_by: str
    hands: frozenset[int]

    @property
    def key(self) -> str:
        """What tells this ask from every other, also from the one before about the same thing."""
        return f"{self.what.value}/{self.case_id}/{self.number}/{self.asked_at.isoformat()}"

    @property
    def thing(self) -> str:
        """What waits, in words."""
        return rules.thing(self.what, self.number)

    @property
    def waits(self) -> str:
        """That it waits for whoever reads it."""
        return rules.waits_words(self.thing)

    @property
    def path(self) -> str:
        """Where it is answered."""
        return rules.path(self.what, self.ref, self.number)

    def answers(self, by: Actor) -> bool:
        """Tell whether this person may answer it."""
        return may(by, rules.NEEDS[self.what]) and by.person not in self.hands and self.case_id not in by.opened


def waiting(session: Session, *, by: Actor, now: datetime) -> list[Ask]:
    """Return what waits for an answer of ``by``, the oldest first; who may approve nothing costs no question."""
    if not any(may(by, needed) for needed in rules.NEEDS.values()):
        return []
    return [one for one in _asks(session, now, scope.visible_to(by)) if one.answers(by)]


def of_case(session: Session, case: Case, *, now: datetime) -> list[Ask]:
    """Return what of a case waits for an approver, whoever that is."""
    return _asks(session, now, Case.id == case.id)


def _asks(session: Session, now: datetime, *which: ColumnElement[bool]) -> list[Ask]:
    found = session.execute(rows.waiting(now, *which)).all()
    ids = {number for row in found for number in (row.asked_by, row.author, row.uploader, *row.others)}
    people = {user.id: user for user in session.execute(
        select(User.id, func.coalesce(User.person_id, User.id).label("person"), User.name).where(User.id.in_(ids)))} if ids else {}
    return [_ask(row, people) for row in found]


def _ask(row: Any, people: dict[int, Any]) -> Ask:
    what = What(row.what)
    accounts_of = (row.asked_by, row.author, row.uploader, *(() if what in rules.REQUESTS else row.others))
    hands = {people[one].person for one in accounts_of if one in people} | set(row.others if what in rules.REQUESTS else ())
    asker = people.get(row.asked_by)
    return Ask(what, row.number, row.case_id, row.ref, row.is_drill, row.restricted, row.asked_at, asker.name if asker else "",
               frozenset(hands))


# --------------------------------------------------------------------------------------------------------------- telling


@dataclass(frozen=True, slots=True)
class _Due:
    """Who is to be told of what, and when the next deadline of its case is."""

    ask: Ask
    user: User
    due_at: datetime | None


def tell(session: Session, *, now: datetime, public_url: str) -> int:
    """Tell everybody who may answer what waits, each of them once for each time it was asked; return how many were told.

    Whoever sleeps is told in the morning if it waits still, or as soon as a deadline of the case is critical.
    """
    try:
        if not _due(session, now):
            return 0
        with writing(session):
            audit.lock(session)  # two at once: the second one sees the first
            due = _due(session, now)
            for one in due:
                _write(session, one, now, public_url)
        return len(due)
    finally:
        session.rollback()


def _due(session: Session, now: datetime) -> list[_Due]:
    asks = _asks(session, now)
    if not asks:
        return []
    told, next_due = _told(session, asks), _next_due(session, asks)
    return [
        _Due(ask, user, next_due.get(ask.case_id))
        for user in accounts.everybody(session) for ask in asks
        if ask.answers(user.actor) and (str(user.id), ask.key) not in told
        and not rules.is_quiet(user.zone, next_due.get(ask.case_id), now) and scope.reads(session, ask.case_id, by=user.actor)
    ]


def _told(session: Session, asks: Sequence[Ask]) -> set[tuple[str, str]]:
    """Return who was told of what already."""
    found = session.execute(
        select(Entry.subject_id, Entry.details).where(Entry.case_id.in_(_cases(asks)), Entry.action == "approval.told"))
    return {(user, details["ask"]) for user, details in found}


def _next_due(session: Session, asks: Sequence[Ask]) -> dict[int, datetime]:
    found = session.execute(
        select(Obligation.case_id, func.min(Obligation.due_at)).where(
            runs(), Obligation.case_id.in_(_cases(asks)), Obligation.due_at.is_not(None)).group_by(Obligation.case_id))
    return {case_id: due_at for case_id, due_at in found if due_at is not None}


def _cases(asks: Iterable[Ask]) -> list[int]:
    return sorted({one.case_id for one in asks})


def _write(session: Session, one: _Due, now: datetime, public_url: str) -> None:
    ask, user = one.ask, one.user
    first = rules.head(ask.ref, rules.HIDDEN if ask.restricted else ask.thing, drill=ask.drill)
    words = rules.message(first, "" if ask.restricted else ask.asked_by, ask.asked_at, one.due_at, user.zone, public_url + ask.path)
    for channel, address in {"email": user.email, "telegram": user.telegram_chat_id}.items():
        if address:
            linking.write(session, user, KIND, channel, address, words, now=now, subject=first)
    audit.record(session, action="approval.told", by=SYSTEM, now=now, case_id=ask.case_id, subject="user", subject_id=user.id,
                 details={"words": ask.thing, "ask": ask.key})
