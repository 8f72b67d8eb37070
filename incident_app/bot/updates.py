"""One update: a tap on a button, or a command. Everything in it was written by somebody else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.bot import commands
from incident_app.domain.alerts import StaffBot, read_button
from incident_app.domain.refusals import Refused
from incident_app.models.alerts import Alert
from incident_app.services import alerts, rota

NOT_LINKED = (
    "This chat is not linked to an account. Open the on-call page of incident-app, choose “Link Telegram”, and send the "
    "line it shows."
)
SERVICES: dict[str, Callable[..., Alert]] = {
    "ack": alerts.acknowledge, "take": alerts.take, "esc": alerts.escalate,
}
DONE = {"ack": "Acknowledged.", "take": "It is yours.", "esc": "The next person is being paged."}


@dataclass(frozen=True, slots=True)
class Bot:
    """What answering an update needs."""

    session: Session
    channel: StaffBot
    now: datetime
    secret: bytes


def _inner(raw: object, *path: str) -> Any:
    for name in path:
        raw = raw.get(name) if isinstance(raw, dict) else None
    return raw


def answer(bot: Bot, update: dict[str, object]) -> None:
    """Answer one raw update. What is not a private message or a tap in a private chat is passed over."""
    tap, message = update.get("callback_query"), update.get("message")
    if isinstance(tap, dict):
        _tapped(bot, tap)
    elif _inner(message, "chat", "type") == "private":
        _said(bot, str(_inner(message, "chat", "id")), str(_inner(message, "text") or ""))


def _tapped(bot: Bot, tap: dict[str, Any]) -> None:
    callback = str(tap.get("id") or "")
    # In a private chat the person and the chat have the same number; a forwarded button does not fit its new chat.
    chat = str(_inner(tap, "from", "id") or "")
    user = rota.by_chat(bot.session, chat)
    if user is None:
        bot.channel.answer_callback(callback, NOT_LINKED)
        return
    try:
        verb, alert_id = read_button(bot.secret, str(tap.get("data") or ""), chat)
        SERVICES[verb](bot.session, alert_id, by=user.actor, now=bot.now)
    except Refused as refused:
        bot.channel.answer_callback(callback, refused.reason)
        return
    bot.channel.answer_callback(callback, DONE[verb])


def _said(bot: Bot, chat: str, text: str) -> None:
    word, _, rest = text.strip().partition(" ")
    name = word.split("@", maxsplit=1)[0].lower()
    if name == "/start" and rest.strip():
        bot.channel.say(chat, _link(bot, chat, rest.strip()))
        return
    user = rota.by_chat(bot.session, chat)
    if user is None:
        bot.channel.say(chat, NOT_LINKED)
        return
    try:
        words = commands.run(bot.session, name, rest.strip(), user=user, now=bot.now)
    except Refused as refused:
        words = refused.reason
    bot.channel.say(chat, words)


def _link(bot: Bot, chat: str, code: str) -> str:
    try:
        user = rota.link_chat(bot.session, code, chat, now=bot.now)
    except Refused as refused:
        return refused.reason
    return f"Linked to {user.name}. Alerts reach you here from now on. /help shows what you can ask."
