"""The rows of who is woken, when and how: all written before the first message leaves."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Permission, Role, may
from incident_app.domain.alerts import AlertState, Ladder, SendState, Step, Who
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.services import accounts, rota, scope
from incident_app.services.unit import changed

ROUND = 10
Coming = tuple[int, Step, list[User]]
"""A step to come: its number on the ladder, and whom it wakes."""


class _Staff:
    """Who could be woken at one moment; each question is asked once, however many steps a ladder has."""

    def __init__(self, session: Session, owner_id: int | None, at: datetime, *, doer: bool = False) -> None:
        """Ask nothing yet. ``doer``: the owner has something to do, and is told whether they may answer alerts or not."""
        self._session, self._owner_id, self._at, self._doer = session, owner_id, at, doer

    @cached_property
    def on_call(self) -> User | None:
        """Who is on call."""
        return rota.on_call(self._session, self._at)

    @cached_property
    def everybody(self) -> Sequence[User]:
        """Every active account."""
        return accounts.everybody(self._session)

    @cached_property
    def owner(self) -> User | None:
        """The owner of what it is about, where they may answer an alert, or have something to do themselves."""
        owner = self._session.get(User, self._owner_id) if self._owner_id else None
        return owner if owner is not None and owner.active and (
            self._doer or may(owner.actor, Permission.ACK_ALERT)) else None

    def in_role(self, role: Role) -> list[User]:
        """Everybody with this role."""
        return [user for user in self.everybody if role in user.actor.roles]

    def next(self) -> list[User]:
        """The owner of the case, or who comes next on the rota, or an approver: the first who is not on call."""
        coming = rota.who_is_next(self._session, self._at)
        for user in (self.owner, coming[0] if coming else None, *self.in_role(Role.APPROVER)):
            if user is not None and user != self.on_call and may(user.actor, Permission.ACK_ALERT):
                return [user]
        return []

    def of(self, who: Who) -> list[User]:
        """Whom such a step wakes; empty where there is nobody of that kind."""
        match who:
            case Who.ON_CALL:
                return [self.on_call] if self.on_call else []
            case Who.OWNER:
                return [self.owner] if self.owner else []
            case Who.NEXT:
                return self.next()
            case Who.APPROVERS:
                return self.in_role(Role.APPROVER)
            case _:
                return [user for user in self.everybody if may(user.actor, Permission.ACK_ALERT)]


def people_for(session: Session, who: Who, owner_id: int | None, at: datetime) -> list[User]:
    """Return whom such a step wakes at ``at``; empty where there is nobody of that kind."""
    return _Staff(session, owner_id, at).of(who)


def _plan(session: Session, alert: Alert, ladder: Ladder, at: datetime) -> list[tuple[Step, list[User]]]:
    owner_id = alert.owner_id or (alert.case.owner_id if alert.case else None)
    staff = _Staff(session, owner_id, at, doer=alert.owner_id is not None)
    steps = [(step, staff.of(step.who)) for step in ladder.steps]
    inside = [(step, _insiders(session, alert, step, people)) for step, people in steps]
    # Rather somebody who may not read the case than nobody.
    return [found for found in inside if found[1]] or [found for found in steps if found[1]]


def _insiders(session: Session, alert: Alert, step: Step, people: list[User]) -> list[User]:
    """Leave out who works on cases and may not know of this one; who is on call stays."""
    if alert.case_id is None or step.who is Who.ON_CALL:
        return people
    case_id = alert.case_id
    return [
        user for user in people
        if not may(user.actor, Permission.SEE_CASES) or scope.knows(session, case_id, by=user.actor)
    ]


def start(session: Session, alert: Alert, ladder: Ladder, *, now: datetime) -> None:
    """Write the sends of a freshly raised alert."""
    if alert.only_for_id is not None:
        _write(session, alert, 1, ladder, ladder.steps[0], [session.get_one(User, alert.only_for_id)], now)
        alert.repeat_at = now + ladder.repeat
        return
    steps = _plan(session, alert, ladder, now)
    if ladder.steps[0].who is Who.ON_CALL and not any(step.who is Who.ON_CALL for step, _ in steps):
        note(alert, "Nobody was on call.")
    if not steps:
        note(alert, "Nobody could be paged: there is no active approver.")
    write_steps(session, alert, ladder, _numbered(steps), _times(ladder, now))


def _numbered(steps: Sequence[tuple[Step, list[User]]]) -> list[Coming]:
    return [(number, step, people) for number, (step, people) in enumerate(steps, 1)]


def coming(session: Session, alert: Alert, ladder: Ladder, *, now: datetime) -> list[Coming]:
    """Return the steps after the last one begun; before them whoever is on call by now, where they were not told of it."""
    steps, begun, known = _numbered(_plan(session, alert, ladder, now)), last_step(session, alert) % ROUND, told(session, alert)
    untold = [(begun, step, people) for _, step, people in steps[:begun]
              if step.who is Who.ON_CALL and known.isdisjoint(user.id for user in people)]
    return [*untold, *steps[begun:]]


def onward(session: Session, alert: Alert, ladder: Ladder, *, now: datetime) -> list[Coming]:
    """Return the steps to go on with where nobody answers any more: those to come, or else the last one again."""
    return coming(session, alert, ladder, now=now) or _numbered(_plan(session, alert, ladder, now))[-1:]


def handed_to(session: Session, alert: Alert, ladder: Ladder, *, by_id: int, now: datetime) -> list[Coming]:
    """Return the steps that escalating goes on with, the first of them without who presses and whoever was paged already.

    Empty where everybody was.
    """
    ahead, known = coming(session, alert, ladder, now=now), told(session, alert) | {by_id}
    for place, (number, step, people) in enumerate(ahead, 1):
        if left := [user for user in people if user.id not in known]:
            return [(number, step, left), *ahead[place:]]
    return []


def told(session: Session, alert: Alert) -> set[int]:
    """Return who was paged since the ladder last began at its first step."""
    begun = [send for send in sends_of(session, alert.id) if send.tries or send.state in {SendState.SENDING, SendState.FAILED}]
    first = max((send.step for send in begun if send.step % ROUND == 1), default=0)
    return {send.person_id for send in begun if send.step >= first}


def again(session: Session, alert: Alert, ladder: Ladder, *, now: datetime, ahead: Sequence[Coming] = ()) -> None:
    """Go on paging with the steps ``ahead``, or else afresh."""
    steps = list(ahead) or _numbered(_plan(session, alert, ladder, now))
    drop_planned(session, alert, "The ladder went on at its next step.")
    if alert.state == AlertState.ACKNOWLEDGED:  # else the buttons on people's phones are still needed
        mark_stale(session, alert)
    alert.state = AlertState.RAISED.value
    alert.rounds += 1
    write_steps(session, alert, ladder, steps, _times(ladder, now))


def last_step(session: Session, alert: Alert) -> int:
    """Return the number of the last step that was begun; 0 where none was."""
    steps = [send.step for send in sends_of(session, alert.id) if send.tries or send.state == SendState.SENDING]
    return max(steps, default=0)


def _times(ladder: Ladder, now: datetime) -> list[datetime]:
    return [now + step.after - ladder.steps[0].after for step in ladder.steps]


def write_steps(session: Session, alert: Alert, ladder: Ladder, steps: Sequence[Coming], times: Sequence[datetime]) -> None:
    """Write these steps, each at its time; with nobody to wake the ladder is looked at again soon."""
    at = times[0]
    for (number, step, people), at in zip(steps, times, strict=False):
        _write(session, alert, (alert.rounds - 1) * ROUND + number, ladder, step, people, at)
    alert.repeat_at = at + ladder.repeat


def _write(
    session: Session, alert: Alert, number: int, ladder: Ladder, step: Step, people: Sequence[User], at: datetime
) -> None:
    for person in people:
        begun = at
        for channel in step.channels:
            address = (person.telegram_chat_id or "") if channel == "telegram" else person.email
            send = AlertSend(
                public_id=str(uuid.uuid4()), alert_id=alert.id, person_id=person.id, channel=channel, step=number,
                both=step.both, due_at=begun, tries=[], address=address,
            )
            if not address:
                send.state = SendState.SKIPPED.value
                send.reason = f"{person.name} has not linked Telegram."
            elif not step.both:
                begun = at + ladder.next_channel
            session.add(send)
    session.flush()


def sends_of(session: Session, alert_id: int) -> Sequence[AlertSend]:
    """Return every send of an alert in order of its steps."""
    question = select(AlertSend).where(AlertSend.alert_id == alert_id)
    return session.scalars(question.order_by(AlertSend.step, AlertSend.due_at, AlertSend.id)).all()


def drop_planned(session: Session, alert: Alert, reason: str) -> None:
    """Take back what has not been sent yet, with the reason that the page shows."""
    for send in sends_of(session, alert.id):
        if send.state == SendState.PLANNED:
            send.state, send.reason = SendState.CANCELLED.value, reason


def mark_stale(session: Session, alert: Alert) -> None:
    """Ask for the messages on people's phones to be edited to how things stand."""
    session.flush()
    changed(session, update(AlertSend).where(  # written whatever it was when it was read: an edit is under way perhaps
        AlertSend.alert_id == alert.id, AlertSend.state == SendState.ACCEPTED.value, AlertSend.channel == "telegram",
    ).values(stale=True))


def end(session: Session, alert: Alert, state: AlertState, reason: str, now: datetime) -> None:
    """End an alert: take back its planned sends, keep the reason, and have the phones say so."""
    alert.state, alert.ended_at = state.value, now
    note(alert, reason)
    drop_planned(session, alert, reason)
    mark_stale(session, alert)


def note(alert: Alert, words: str) -> None:
    """Add a sentence to what the alert's page says about it."""
    alert.note = f"{alert.note} {words}".strip()
