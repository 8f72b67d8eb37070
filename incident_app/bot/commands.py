"""What can be asked of the bot. Answers carry case numbers and times, no personal data and no detail of a breach."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incident_app.domain.alerts import clock_time, left_words, moment
from incident_app.domain.refusals import NotFound
from incident_app.models.accounts import User
from incident_app.services import alerts, rota

MOST = 10
Command = Callable[[Session, str, User, datetime], str]


def run(session: Session, name: str, rest: str, *, user: User, now: datetime) -> str:
    """Return the answer to one command. Raises ``Refused`` in words."""
    return COMMANDS.get(name, _help)(session, rest, user, now)


def _help(_session: Session, _rest: str, _user: User, _now: datetime) -> str:
    return (
        "/deadlines – what is due next\n/cases – open cases by number\n/oncall – who is on call\n"
        "/ack – acknowledge the newest alert, /ack 12 a certain one\n/help – this list"
    )


def _deadlines(session: Session, _rest: str, user: User, now: datetime) -> str:
    duties = alerts.deadlines(session, by=user.actor, limit=MOST)
    lines = [
        f"{duty.case.ref} · {duty.recipient} · {left_words(duty.due_at - now)} · {moment(duty.due_at, user.zone)}"
        for duty in duties if duty.due_at is not None
    ]
    return "\n".join(lines) or "Nothing is due."


def _cases(session: Session, _rest: str, user: User, _now: datetime) -> str:
    lines = [f"{case.ref} · {case.state}" for case in alerts.open_cases(session, by=user.actor, limit=MOST)]
    return "\n".join(lines) or "No case is open."


def _on_call(session: Session, _rest: str, user: User, now: datetime) -> str:
    shift, coming = rota.current_shift(session, now), rota.who_is_next(session, now)
    first = "Nobody is on call."
    if shift is not None:
        first = f"On call: {shift.user.name}, until {moment(shift.ends_at, user.zone)}."
    then = f"Next: {coming[0].name}, from {moment(coming[1].starts_at, user.zone)}." if coming else "Nobody is next."
    gaps = rota.gaps(session, now, now + timedelta(days=7))
    return "\n".join([first, then, *([f"Gaps within 7 days: {len(gaps)}."] if gaps else [])])


def _ack(session: Session, rest: str, user: User, now: datetime) -> str:
    if rest and not (rest.isascii() and rest.isdigit() and len(rest) < 16):
        return "Say /ack, or /ack and the number of the alert."
    running = alerts.running(session)
    if not rest and not running:
        raise NotFound("No alert is running.")
    number = int(rest) if rest else running[0].id
    alert = alerts.acknowledge(session, number, by=user.actor, now=now)
    until = f", expires {clock_time(alert.ack_expires_at, user.zone)}" if alert.ack_expires_at else ""
    return f"Alert {alert.id} acknowledged{until}."


COMMANDS: dict[str, Command] = {
    "/help": _help, "/start": _help, "/deadlines": _deadlines, "/cases": _cases, "/oncall": _on_call, "/ack": _ack,
}
