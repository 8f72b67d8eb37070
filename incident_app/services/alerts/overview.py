"""What the on-call pages show: running alerts, who was paged and how, who is next, and what keeps running."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.alerts import AlertState, Ladder, SendState
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import NotFound
from incident_app.models import alerts as rows
from incident_app.models.alerts import Alert, AlertSend, Heartbeat
from incident_app.models.cases import Case, newest_first
from incident_app.models.obligations import Obligation
from incident_app.models.obligations import running as open_duties
from incident_app.services import scope
from incident_app.services.alerts import ladders, paging
from incident_app.services.alerts.messages import head_of, lines_of, status_words
from incident_app.services.unit import writing

MOST_HANDINGS = 5


@dataclass(frozen=True, slots=True)
class Paged:
    """One person in one step, with every way that was tried or skipped. ``step`` counts through all rounds."""

    step: int
    round: int
    at: datetime
    name: str
    sends: tuple[AlertSend, ...]

    @property
    def spared(self) -> bool:
        """Whether no message left for this person in this step, and none will."""
        return all(send.state in {SendState.SKIPPED, SendState.CANCELLED} for send in self.sends)


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Everything about one alert. ``reads_case``: who looks may read its case too. ``spared`` were planned and not woken; ``next_name`` is who is paged at ``next_at`` if nobody answers.

    ``quiet`` says what acknowledging it now would do, ``hands_to`` whom escalating it would page; nobody: "".
    """

    alert: Alert
    head: str
    lines: tuple[str, ...]
    status: str
    critical: bool
    paged: tuple[Paged, ...]
    spared: tuple[Paged, ...]
    next_name: str
    next_at: datetime | None
    earlier: tuple[Alert, ...]
    reads_case: bool
    quiet: str
    hands_to: str


@dataclass(frozen=True, slots=True)
class Handing:
    """One running alert, its first line, and whom escalating it would page; nobody: ""."""

    alert_id: int
    head: str
    to: str


def find(session: Session, alert_id: int, *, by: Actor) -> Alert:
    """Return an alert that has been raised, about a case whose clock ``by`` may know; raises ``NotFound``."""
    require(by, Permission.SEE_ALERTS)
    alert = session.scalar(
        select(Alert).where(Alert.id == alert_id, Alert.state != AlertState.WAITING.value, scope.alerts_of(by)))
    if alert is None:
        raise NotFound("There is no such alert.")
    return alert


def running(session: Session, limit: int = 50, *, by: Actor) -> Sequence[Alert]:
    """Return the alerts that still want somebody, the newest first."""
    return session.scalars(rows.running().where(scope.alerts_of(by)).limit(limit)).all()


def recent(session: Session, limit: int = 20, *, by: Actor) -> Sequence[Alert]:
    """Return the alerts that are over, the latest first, with the reason each one ended."""
    over = Alert.state.in_([AlertState.SUPERSEDED.value, AlertState.CANCELLED.value])
    question = select(Alert).where(over, scope.alerts_of(by))
    return session.scalars(question.order_by(Alert.ended_at.desc(), Alert.id.desc()).limit(limit)).all()


def open_count(session: Session, *, by: Actor, most: int, unanswered: bool = False) -> int:
    """Return how many alerts are running, or of these are ``unanswered``; at most ``most``."""
    return session.scalar(_counted(by, most, unanswered)) or 0


@lru_cache(maxsize=scope.KEPT)
def _counted(by: Actor, most: int, unanswered: bool) -> Select[int]:
    wanted = (rows.is_running(), scope.alerts_of(by), *((Alert.acked_at.is_(None),) if unanswered else ()))
    some = select(Alert.id).where(*wanted).limit(most).subquery()
    return select(func.count()).select_from(some)


def deadlines(session: Session, *, by: Actor, limit: int) -> Sequence[Obligation]:
    """Return the open duties that have a date, soonest first, of the cases whose clock ``by`` may know."""
    require(by, Permission.SEE_ALERTS)
    dated = (Obligation.due_at.is_not(None), scope.clock_within(Obligation.case_id, by))
    return session.scalars(open_duties().where(*dated).limit(limit)).all()


def open_cases(session: Session, *, by: Actor, limit: int) -> Sequence[Case]:
    """Return the cases that are not closed, the newest awareness first."""
    require(by, Permission.SEE_CASES)
    still_open = (Case.state != CaseState.CLOSED.value, scope.visible_to(by))
    return session.scalars(newest_first().where(*still_open).limit(limit)).all()


def overview(session: Session, alert_id: int, *, by: Actor, now: datetime, zone: str = "") -> AlertPage:
    """Return everything the alert's page shows, in the time of who reads it (``zone``), or else of the case. Raises ``NotFound``."""
    alert = find(session, alert_id, by=by)
    sends, ladder = paging.sends_of(session, alert.id), ladders.of_alert(session, alert)
    planned = sorted((send for send in sends if send.state == SendState.PLANNED), key=lambda send: send.due_at)
    begun = paging.last_step(session, alert)
    coming = next((send for send in planned if send.step > begun), None)
    earlier = session.scalars(
        select(Alert).where(Alert.obligation_id == alert.obligation_id, Alert.id != alert.id,
                            Alert.obligation_id.is_not(None), Alert.state != AlertState.WAITING.value)
        .order_by(Alert.due_at.desc())
    ).all()
    everybody, zone = _paged(sends), rules.known_zone(zone or (alert.case.zone if alert.case else "UTC"))
    return AlertPage(
        alert=alert, head=head_of(alert, now), lines=tuple(line for line in lines_of(alert, zone) if line),
        status=status_words(alert, zone, now), critical=rules.is_critical(alert.deadline_at, now),
        paged=tuple(item for item in everybody if not item.spared),
        spared=tuple(item for item in everybody if item.spared),
        next_name=coming.person.name if coming else "", next_at=coming.due_at if coming else None,
        earlier=tuple(earlier), reads_case=alert.case_id is not None and scope.reads(session, alert.case_id, by=by),
        quiet=rules.quiet_words(ladder, alert.deadline_at, now, kind=alert.kind),
        hands_to=_hands_to(session, alert, ladder, by, now),
    )


def _hands_to(session: Session, alert: Alert, ladder: Ladder, by: Actor, now: datetime) -> str:
    if alert.state not in rules.RUNNING or alert.only_for_id is not None or not may(by, Permission.ACK_ALERT):
        return ""
    ahead = paging.handed_to(session, alert, ladder, by_id=by.id, now=now)
    return rules.some_names([user.name for user in ahead[0][2]]) if ahead else ""


def handings(session: Session, case_id: int, *, by: Actor, now: datetime) -> list[Handing]:
    """Return the running alerts of a case with whom each would page if ``by`` escalated it, what is due first at the top."""
    question = rows.running().where(Alert.case_id == case_id, scope.alerts_of(by)).limit(MOST_HANDINGS)
    return [
        Handing(alert.id, head_of(alert, now), _hands_to(session, alert, ladders.of_alert(session, alert), by, now))
        for alert in session.scalars(question)
    ]


def _paged(sends: Sequence[AlertSend]) -> tuple[Paged, ...]:
    groups: dict[tuple[int, int], list[AlertSend]] = {}
    for send in sends:
        groups.setdefault((send.step, send.person_id), []).append(send)
    made = [
        Paged(step=step % paging.ROUND, round=step // paging.ROUND + 1, name=group[0].person.name, sends=tuple(group),
              at=min(send.accepted_at or send.due_at for send in group))
        for (step, _), group in groups.items()
    ]
    return tuple(sorted(made, key=lambda item: (item.at, item.step), reverse=True))


def beat(session: Session, name: str, *, now: datetime, ok: bool = True, detail: str = "") -> None:
    """Note that something that must keep running was here."""
    with writing(session):
        session.merge(Heartbeat(name=name, at=now, ok=ok, detail=detail))


def heartbeats(session: Session) -> dict[str, Heartbeat]:
    """Return when each of them was last here, by name."""
    return {row.name: row for row in session.scalars(select(Heartbeat))}
