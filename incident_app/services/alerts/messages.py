"""The words that reach people's phones and mailboxes, and how they change once somebody has answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import alerts as rules
from incident_app.domain.accounts import Permission, may
from incident_app.domain.alerts import AlertState, Ladder, StaffBot
from incident_app.domain.buttons import ALL, VERBS, button_data
from incident_app.domain.ports import Button, Message, Outcome, Rejected, Uncertain
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.obligations import OWED
from incident_app.services import scope
from incident_app.services.mail_links import link_for
from incident_app.services.unit import writing

NO_WORDS = "something about it needs you"


@dataclass(frozen=True, slots=True)
class Look:
    """How a message is dressed: where its link leads and what signs its buttons."""

    public_url: str
    secret: bytes


def alert_message(session: Session, send: AlertSend, look: Look, now: datetime, ladder: Ladder) -> Message:
    """Return the message about one alert; whoever may acknowledge it reads how long that keeps quiet."""
    alert = send.alert
    head, zone = head_of(alert, now), rules.known_zone(send.person.zone)
    answers = may(send.person.actor, Permission.ACK_ALERT)
    quiet = [f"Acknowledge: {rules.quiet_words(ladder, alert.deadline_at, now, kind=alert.kind)}."] if answers else []
    return Message(
        delivery_id=send.public_id, address=send.address, subject=head,
        buttons=_buttons(send, look, VERBS, alert.id, now),
        text=rules.text(head, [*lines_of(alert, zone), *quiet], _end(session, send, look, now), repeat=send.unsure),
    )


def digest_message(sends: Sequence[AlertSend], look: Look, now: datetime) -> Message:
    """Return one message about many alerts, the most urgent first."""
    first, head = sends[0], rules.digest_head(len(sends))
    lines = rules.digest_lines([head_of(send.alert, now) for send in sends])
    return Message(
        delivery_id=first.public_id, address=first.address, subject=f"{head}: {lines[0]}",
        buttons=_buttons(first, look, {ALL: "Acknowledge all"}, first.id, now),
        text=rules.text(head, lines, f"{look.public_url}/oncall" if may(first.person.actor, Permission.SEE_ALERTS) else rules.ask_words(""),
                        repeat=any(send.unsure for send in sends)),
    )


def _end(session: Session, send: AlertSend, look: Look, now: datetime) -> str:
    """Return where the message leads: by email to a page that shows it without signing in, and does nothing.

    Whoever owns what is overdue may be somebody whom that page is closed to: they are told whom to ask instead.
    """
    by = send.person.actor
    if not may(by, Permission.SEE_ALERTS) or not session.scalar(select(scope.alerts_of(by)).where(Alert.id == send.alert_id)):
        return _ask(session, send)
    if send.channel == "email":
        return link_for(send.alert_id, send.person_id, public_url=look.public_url, secret=look.secret, now=now)
    return f"{look.public_url}/alerts/{send.alert_id}"


def _ask(session: Session, send: AlertSend) -> str:
    """Return what whoever cannot open it does about it: they ask the owner of the case, who may not be named if it is restricted."""
    case = send.alert.case
    owner = session.get(User, case.owner_id) if case is not None and case.owner_id and not case.restricted else None
    return rules.ask_words(owner.name if owner is not None and owner.active and may(owner.actor, Permission.SEE_ACTIONS) else "")


def _buttons(
    send: AlertSend, look: Look, verbs: Mapping[str, str], number: int, now: datetime
) -> tuple[Button, ...]:
    if send.channel != "telegram" or not may(send.person.actor, Permission.ACK_ALERT):
        return ()
    return tuple(
        Button(label, button_data(look.secret, verb, number, send.address, now=now)) for verb, label in verbs.items()
    )


def head_of(alert: Alert, now: datetime) -> str:
    """Return the first line as it is true at ``now``: case number, authority, time left; of a restricted case no authority.

    Of an alert that is over, as it was when it ended: the time left went on only while the duty was open.
    """
    now = min(now, alert.ended_at) if alert.ended_at else now
    ref = alert.case.ref if alert.case else "incident-app"
    words, recipient = alert.words, alert.obligation.recipient if alert.obligation else ""
    if _is_restricted(alert):
        words, recipient = words if alert.deadline_at is not None else NO_WORDS, ""
    if alert.deadline_at is not None and abs(now - alert.due_at) > rules.CLOSE_ENOUGH:
        words = rules.left_words(alert.deadline_at - now)
    return rules.headline(ref, recipient, words, drill=alert.case.is_drill if alert.case else False)


def lines_of(alert: Alert, zone: str) -> list[str]:
    """Return the lines below the head: due moment in the person's zone, what is open, why it comes late."""
    lines = []
    if alert.deadline_at is not None:
        lines.append(f"Due {rules.moment(alert.deadline_at, zone)}.")
    if alert.obligation is not None:
        owed = alert.obligation.state == OWED
        lines.append("It is owed and not done yet." if owed else "Nobody has decided yet whether it is owed.")
    return lines[:1] if _is_restricted(alert) else [*lines, alert.note]


def _is_restricted(alert: Alert) -> bool:
    return alert.case is not None and alert.case.restricted


def status_words(alert: Alert, zone: str, now: datetime) -> str:
    """Return the line that says how an alert stands: "Acknowledged by … 03:21, expires 03:51", with days that are not today."""
    if alert.state == AlertState.ACKNOWLEDGED and alert.acked_at is not None:
        name = alert.acked_by.name if alert.acked_by else "somebody"
        words = f"Acknowledged by {name} {rules.clock_time(alert.acked_at, zone, now)}"
        if alert.ack_expires_at is None:
            return f"{words}, quiet until the next threshold." if alert.deadline_at else f"{words}."
        return f"{words}, expires {rules.clock_time(alert.ack_expires_at, zone, now)}."
    if alert.state == AlertState.RAISED:
        again = f" The ladder is in round {alert.rounds}." if alert.rounds > 1 else ""
        return f"Not acknowledged: paging goes on.{again}"
    return f"Over. {alert.note}"


@dataclass(frozen=True, slots=True)
class _Edit:
    send_id: int
    address: str
    reference: str
    text: str


def refresh_messages(session: Session, channels: Mapping[str, object], *, now: datetime) -> int:
    """Edit the messages on people's phones to how things stand; return how many were edited."""
    bot = channels.get("telegram")
    asked = select(AlertSend.id).where(AlertSend.stale.is_(True)).limit(1)
    if not isinstance(bot, StaffBot) or session.scalar(asked) is None:
        return 0
    with writing(session):
        stale = session.scalars(
            select(AlertSend).where(AlertSend.stale.is_(True)).order_by(AlertSend.id).limit(50)
            .with_for_update(of=AlertSend, skip_locked=True).execution_options(populate_existing=True)
        ).all()
        edits = [edit for send in stale if send.stale and (edit := _edit(session, send, now)) is not None]
    for done, edit in enumerate(edits):
        if _once_more(bot.edit(edit.address, edit.reference, edit.text)):
            _later(session, edits[done:])  # Telegram is away: whoever evaluates has better things to do than to wait
            return done
    return len(edits)


def _later(session: Session, edits: Sequence[_Edit]) -> None:
    with writing(session):
        for send in session.scalars(select(AlertSend).where(AlertSend.id.in_([edit.send_id for edit in edits]))):
            send.stale = True


def _edit(session: Session, send: AlertSend, now: datetime) -> _Edit | None:
    send.stale = False
    if send.digest_id is None:
        zone = rules.known_zone(send.person.zone)
        words = rules.text(head_of(send.alert, now), lines_of(send.alert, zone)[:1], status_words(send.alert, zone, now))
        return _Edit(send.id, send.address, send.reference, words)
    members = session.scalars(
        select(AlertSend).where(AlertSend.digest_id == send.digest_id).execution_options(populate_existing=True)
    ).all()
    if any(member.alert.state == AlertState.RAISED for member in members):
        return None  # its button is still needed
    for member in members:
        member.stale = False
    lines = rules.digest_lines([f"{head_of(member.alert, now)}: {member.alert.state}" for member in members])
    return _Edit(send.id, send.address, send.reference,
                 rules.text(rules.digest_head(len(members)), lines, "Every one of them is answered or over."))


def _once_more(outcome: Outcome) -> bool:
    # An edit twice is the same edit: nothing is lost by repeating it.
    return isinstance(outcome, Uncertain) or (isinstance(outcome, Rejected) and not outcome.permanent)
