"""The second evaluator's pass: evaluate, send, look at everything, wake somebody about what is not well."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import health as rules
from incident_app.domain.accounts import Role
from incident_app.domain.alerts import CHANNELS
from incident_app.domain.audit import line_of
from incident_app.domain.health import MONITOR, Check, Expected, Machine, Monitor
from incident_app.domain.ports import Channel, Clock, Message, Sent
from incident_app.services import accounts, alerts, anchoring, health, rota
from incident_app.services.alerts import Pass

NAME = "watchdog"
SUBJECT = "incident-app · the database is away"


@dataclass(frozen=True, slots=True)
class Ways:
    """How alerts leave: by which channels, where their links lead, and what signs their buttons."""

    channels: Mapping[str, Channel]
    public_url: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Watched:
    """What a pass came to. ``why_not_ping`` is "" where the monitor outside may be told that all is well."""

    done: Pass
    checks: tuple[Check, ...]
    raised: int
    why_not_ping: str


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody to be told when the database cannot be asked who is on call: kept in memory from the last good pass."""

    name: str
    zone: str
    addresses: Mapping[str, str]


def send(session: Session, ways: Ways, *, clock: Clock) -> int:
    """Send the alerts that are due, and bring the phones up to date; return how many were tried."""
    tried = alerts.send_due(session, ways.channels, clock=clock, public_url=ways.public_url, secret=ways.secret)
    alerts.refresh_messages(session, ways.channels, now=clock.now())
    return tried


def watch(
    session: Session, ways: Ways, *, clock: Clock, machine: Machine | None = None, expected: Expected | None = None
) -> Watched:
    """Do one whole pass. The time is the clock port's, asked anew at each step: in production the database's.

    Raises what the driver raises where the database does not answer: then nothing was said to anybody outside.
    """
    done = alerts.raise_due(session, now=clock.now(), complete=True)
    tested = health.keep_testing(session, now=clock.now())
    send(session, ways, clock=clock)
    detail = f"{done.failed} deadlines could not be evaluated" if done.failed else f"{done.evaluated} looked at"
    alerts.beat(session, NAME, now=clock.now(), ok=done.failed == 0, detail=detail)
    checks = health.look(session, now=clock.now(), machine=machine, expected=expected)
    session.rollback()
    raised = health.keep(session, checks, now=clock.now()) + tested
    if raised:
        send(session, ways, clock=clock)
    return Watched(done, tuple(checks), raised, rules.why_not_ping(done.failed, checks))


def ping(session: Session, monitor: Monitor, *, now: datetime) -> str:
    """Tell the monitor outside that all is well, from time to time with the head of the record; return why not, or "".

    One that takes no words is pinged plainly: an anchor never costs a sign of life.
    """
    head = anchoring.due(session, anchoring.MONITOR, now=now)
    session.rollback()
    problem = "no words"
    if head is not None:
        problem = monitor.ping(line_of(*head))
        anchoring.keep(session, anchoring.MONITOR, head, taken=not problem, words=problem, now=now)
    if problem:
        problem = monitor.ping()
    note_ping(session, problem, now=now)
    return problem


def note_ping(session: Session, problem: str, *, now: datetime) -> None:
    """Write down whether the monitor outside took the ping."""
    alerts.beat(session, MONITOR, now=now, ok=not problem, detail=problem)


def reached(session: Session, *, now: datetime) -> list[Reached]:
    """Return whom to tell if the database goes away: who is on call, who is next, approvers and administrators."""
    on_call, coming = rota.on_call(session, now), rota.who_is_next(session, now)
    everybody = accounts.everybody(session)
    chosen = [on_call, coming[0] if coming else None,
              *(user for user in everybody if not user.actor.roles.isdisjoint({Role.APPROVER, Role.ADMIN}))]
    people: dict[int, Reached] = {}
    for user in chosen:
        if user is not None and user.active:
            ways = {"telegram": user.telegram_chat_id or "", "email": user.email}
            people[user.id] = Reached(user.name, user.zone, {name: to for name, to in ways.items() if to})
    session.rollback()
    return list(people.values())


def tell_away(people: Iterable[Reached], channels: Mapping[str, Channel], *, since: datetime) -> int:
    """Tell people straight that the database is away; return how many messages were taken."""
    return _tell(people, channels, {person.zone: rules.away_words(since, person.zone) for person in people})


def tell_back(people: Iterable[Reached], channels: Mapping[str, Channel], *, since: datetime, now: datetime) -> int:
    """Tell the same people that it is back."""
    return _tell(people, channels, {person.zone: rules.back_words(since, now, person.zone) for person in people})


def _tell(people: Iterable[Reached], channels: Mapping[str, Channel], words: Mapping[str, str]) -> int:
    taken = 0
    for name in CHANNELS:
        messages = [
            Message(str(uuid.uuid4()), person.addresses[name], SUBJECT, words[person.zone])
            for person in people if name in person.addresses
        ]
        if name in channels and messages:
            taken += sum(isinstance(outcome, Sent) for outcome in channels[name].send(messages))
    return taken
