"""One update: a tap on a button, or a command. Everything in it was written by somebody else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from incident_app.bot import commands, strangers
from incident_app.domain.accounts import Actor
from incident_app.domain.buttons import ALL, read_button
from incident_app.domain.linking import Chat
from incident_app.domain.refusals import Refused
from incident_app.domain.staff_bot import TalkingBot
from incident_app.models.accounts import User
from incident_app.services import alerts, hearing, linking
from incident_app.services.hearing import Heard, Taken

NOT_LINKED = (
    "This chat is not linked to an account, so alerts do not come here. Sign in to incident-app, open On call, "
    "“How we reach you”, and choose “Link Telegram”."
)
CLAIMED = "Now confirm it in the browser where you asked."
SERVICES: dict[str, Callable[..., object]] = {
    "ack": alerts.acknowledge, "take": alerts.take, "esc": alerts.escalate,
}
ACTIONS = {"ack": "alert.acknowledged", "take": "alert.taken", "esc": "alert.escalated"}
DONE = {"ack": "Acknowledged.", "take": "It is yours.", "esc": "The next person is being paged."}
PAGED_ALREADY = "The next person is being paged already."
ONCE_A = timedelta(minutes=1)
LONGEST_TEXT = 200
_TAP = ("id", "data")
_PERSON = ("id", "first_name", "username", "language_code")


@dataclass(frozen=True, slots=True)
class Bot:
    """What answering an update needs."""

    session: Session
    channel: TalkingBot
    secret: bytes
    public_url: str = ""


def _inner(raw: object, *path: str) -> Any:
    for name in path:
        raw = raw.get(name) if isinstance(raw, dict) else None
    return raw


def _only(raw: object, names: tuple[str, ...]) -> dict[str, str]:
    return {name: str(found)[:LONGEST_TEXT] for name in names if (found := _inner(raw, name)) is not None}


def read(session: Session, update: Mapping[str, Any], *, now: datetime) -> Heard | None:
    """Return what there is to answer in a raw update, and nothing else of it; ``None`` where there is nothing.

    What is not a message in a private chat, or a tap by somebody, is passed over. A code that is waited for is heard
    whoever sends it.
    """
    number, tap, message = update.get("update_id"), update.get("callback_query"), update.get("message")
    if not isinstance(number, int):
        return None
    person = _only(_inner(tap or message, "from"), _PERSON)
    if isinstance(tap, dict):
        return Heard(number, person.get("id", ""), {"tap": _only(tap, _TAP), "person": person})
    chat = _only(_inner(message, "chat"), ("id", "type"))
    if chat.get("type") != "private":
        return None
    text = str(_inner(message, "text") or "")[:LONGEST_TEXT]
    word, _, rest = text.strip().partition(" ")
    exempt = word == "/start" and bool(rest.strip()) and linking.is_code(session, rest.strip(), now=now)
    return Heard(number, chat.get("id", ""), {"chat": chat, "text": text, "person": person}, exempt=exempt,
                 topic=strangers.PRIVACY if strangers.is_privacy(text) else "")


def answer(bot: Bot, taken: Taken, *, now: datetime) -> None:
    """Answer what :func:`read` made of one update."""
    person, tap = taken.raw.get("person", {}), taken.raw.get("tap")
    if tap is not None:
        bot.channel.answer_callback(tap.get("id", ""), _tapped(bot, taken, tap, person.get("id", ""), now))
        return
    chat = taken.raw["chat"]
    words = _said(bot, Chat(chat["id"], chat["type"], person.get("first_name", ""), person.get("username", "")),
                  taken.raw["text"], person.get("language_code", ""), now)
    bot.channel.say(chat["id"], words)


def _tapped(bot: Bot, taken: Taken, tap: Mapping[str, str], chat: str, now: datetime) -> str:
    # In a private chat the person and the chat have the same number; a forwarded button does not fit its new chat.
    user = linking.by_chat(bot.session, chat)
    if user is None:
        return NOT_LINKED
    try:
        verb, number = read_button(bot.secret, tap.get("data", ""), chat, now=now)
        if verb == ALL:
            return _all(bot.session, number, user.actor, now)
        return _done(bot.session, verb, number, taken, user.actor, now)
    except Refused as refused:
        return refused.reason


def _all(session: Session, number: int, by: Actor, now: datetime) -> str:
    count = alerts.acknowledge_all(session, by=by, now=now, digest=number)
    return f"{count} acknowledged." if count else "All of them are answered already."


def _done(session: Session, verb: str, number: int, taken: Taken, by: Actor, now: datetime) -> str:
    if taken.again and hearing.did(session, ACTIONS[verb], number, by=by, since=taken.seen_at):
        return DONE[verb]  # whoever took it first died before it could say so
    if verb == "esc" and hearing.did(session, ACTIONS[verb], number, by=by, since=now - ONCE_A):
        return PAGED_ALREADY
    SERVICES[verb](session, number, by=by, now=now)
    return DONE[verb]


def _said(bot: Bot, chat: Chat, text: str, language: str, now: datetime) -> str:
    word, _, rest = text.strip().partition(" ")
    name = word.split("@", maxsplit=1)[0].lower()
    try:
        if name == "/start" and rest.strip():
            linking.claim(bot.session, rest.strip(), chat, now=now)
            return CLAIMED
        user: User | None = linking.by_chat(bot.session, chat.id)
        if user is None:
            return strangers.neutral(bot.session, language, text)
        return commands.run(bot.session, name, rest.strip(), user=user, now=now)
    except Refused as refused:
        return refused.reason
