"""What can be asked of the bot. Answers carry case numbers and times, no personal data and no detail of a breach."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from incident_app.domain.alerts import AlertState, clock_time, headline, left_words, moment
from incident_app.domain.refusals import NotFound
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert
from incident_app.models.obligations import Obligation
from incident_app.services import alerts, linking, rota, trust

MOST = 10
OFFERED = (
    ("ack", "acknowledge an alert: /ack, or /ack and its number"),
    ("deadlines", "what is due next"),
    ("cases", "open cases by number"),
    ("oncall", "who is on call, and who is next"),
    ("unlink", "no alerts to this chat any more"),
    ("privacy", "what this bot keeps"),
    ("help", "this list"),
)
Command = Callable[[Session, str, User, datetime], str]


def run(session: Session, name: str, rest: str, *, user: User, now: datetime) -> str:
    """Return the answer to one command; anything else is answered with the list. Raises ``Refused`` in words."""
    return COMMANDS.get(name, _unknown)(session, rest, user, now)


def _help(_session: Session, _rest: str, _user: User, _now: datetime) -> str:
    return "\n".join(f"/{name} – {words}" for name, words in OFFERED)


def _unknown(session: Session, rest: str, user: User, now: datetime) -> str:
    return "I know these:\n" + _help(session, rest, user, now)


def _deadlines(session: Session, _rest: str, user: User, now: datetime) -> str:
    duties = alerts.deadlines(session, by=user.actor, limit=MOST)
    lines = [
        f"{headline(duty.case.ref, _recipient(duty), left_words(duty.due_at - now))} · {moment(duty.due_at, user.zone)}"
        for duty in duties if duty.due_at is not None
    ]
    return "\n".join(lines) or "Nothing is due."


def _recipient(duty: Obligation) -> str:
    return "" if duty.case.restricted else duty.recipient


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


def _open(session: Session, user: User) -> list[Alert]:
    """Return the alerts this person may still acknowledge; demo alerts of others are none of them."""
    return [
        alert for alert in alerts.running(session, by=user.actor)
        if alert.state == AlertState.RAISED and alert.only_for_id in {None, user.id}
    ]


def _line(session: Session, alert: Alert, user: User, now: datetime) -> str:
    return f"/ack {alert.id} – {alerts.overview(session, alert.id, by=user.actor, now=now).head}"


def _ack(session: Session, rest: str, user: User, now: datetime) -> str:
    if rest and not (rest.isascii() and rest.isdigit() and len(rest) < 16):
        return "Say /ack, or /ack and the number of the alert."
    waiting = _open(session, user)
    if not rest and not waiting:
        raise NotFound("No alert waits for an answer.")
    if not rest and len(waiting) > 1:
        shown = [_line(session, alert, user, now) for alert in waiting[:MOST]]
        more = [f"and {len(waiting) - MOST} more"] if len(waiting) > MOST else []
        return "\n".join([f"{len(waiting)} alerts wait for an answer. Which one?", *shown, *more])
    alert = alerts.acknowledge(session, int(rest) if rest else waiting[0].id, by=user.actor, now=now)
    until = f", expires {clock_time(alert.ack_expires_at, user.zone, now)}" if alert.ack_expires_at else ""
    return f"Alert {alert.id} acknowledged{until}."


def _unlink(session: Session, _rest: str, user: User, now: datetime) -> str:
    # The chat may be somebody else's than the account's: whoever holds the phone can always say no.
    linking.unlink(session, by=user.actor, now=now, chat=user.telegram_chat_id)
    return "This chat is unlinked."


def _privacy(session: Session, _rest: str, _user: User, _now: datetime) -> str:
    dpo = trust.house(session).dpo
    return ("This chat is linked to your account: its number is kept as long as it is, and /unlink ends that. What you write "
            "is kept until it is answered. What you acknowledge stands in the record, with your name."
            + (f" About your data ask: {dpo}" if dpo else ""))


COMMANDS: dict[str, Command] = {
    "/help": _help, "/start": _help, "/deadlines": _deadlines, "/cases": _cases, "/oncall": _on_call, "/ack": _ack,
    "/unlink": _unlink, "/privacy": _privacy,
}
