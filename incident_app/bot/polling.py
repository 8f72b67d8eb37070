"""Ask Telegram for what people said, from one place at a time, and answer each update."""

import hashlib
import logging
import os
import socket
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from incident_app.bot.commands import OFFERED
from incident_app.bot.updates import Bot, answer, read
from incident_app.domain.staff_bot import BotTrouble, TalkingBot
from incident_app.extensions import db
from incident_app.services import alerts, hearing
from incident_app.wiring import now, ports

PULSE = "staff bot"
PULSE_EVERY = timedelta(seconds=10)
PATIENCE = 2
"""Seconds Telegram waits for something to be said."""
COMMANDS = hashlib.sha256(repr(OFFERED).encode()).hexdigest()
log = logging.getLogger(__name__)


def holder() -> str:
    """Name this process of this machine."""
    return f"{socket.gethostname()}:{os.getpid()}"[:120]


def listen() -> int | None:
    """Ask once, and answer what waits; return how many updates were answered.

    ``None``: there is nothing to ask, or it is another process's turn. Needs an app context.
    """
    session, world = db.session(), ports()
    channel: object = world.staff_channels.get("telegram")
    if not isinstance(channel, TalkingBot):
        return None
    if world.staff_hook_secret is not None:
        answer_waiting(session, channel)
        _offer(session, channel)
        _pulse(session)
        return None
    place = hearing.take_turn(session, holder(), now=now())
    if place is None:
        return None
    count = answer_waiting(session, channel)  # what somebody else left behind
    try:
        updates = channel.poll(place, 0 if count else PATIENCE)
    except BotTrouble as trouble:
        log.warning("the on-call bot could not ask for updates: %s", trouble)
        hearing.asked(session, trouble.kind, now=now())
        return None
    hearing.asked(session, None, now=now())
    keep(session, updates, polled=True)
    count += answer_waiting(session, channel)
    _offer(session, channel)
    _pulse(session)
    return count


def keep(session: Session, updates: list[dict[str, Any]], *, polled: bool = False) -> int:
    """Keep what is to be answered; return how many updates that were."""
    numbers = [number for one in updates if isinstance(number := one.get("update_id"), int)]
    heard = [found for one in updates if (found := read(session, one, now=now())) is not None]
    return hearing.receive(session, heard, now=now(), upto=max(numbers, default=0) if polled else 0,
                           holder=holder() if polled else None)


def keep_one(update: dict[str, Any]) -> int:
    """Keep one update that Telegram sent us; return 1, or 0 where it was kept before or there is nothing to answer."""
    return keep(db.session(), [update])


def answer_waiting(session: Session, channel: TalkingBot) -> int:
    """Answer what was kept and not answered yet; return how many updates that were."""
    bot, count = Bot(session, channel, secret=ports().alert_secret, public_url=ports().public_url), 0
    for number in hearing.waiting(session, now=now()):
        taken = hearing.take(session, number, now=now())
        if taken is None:
            continue
        try:
            answer(bot, taken, now=now())
        except SQLAlchemyError:
            session.rollback()
            log.exception("update %s could not be answered; it is tried again", number)
            continue
        hearing.done(session, number, now=now())
        count += 1
    if count:
        alerts.refresh_messages(session, ports().staff_channels, now=now())
    return count


def _offer(session: Session, channel: TalkingBot) -> None:
    if not hearing.commands_due(session, COMMANDS, now=now()):
        return
    try:
        channel.show_commands(OFFERED)
    except BotTrouble as trouble:
        log.warning("Telegram was not told of the commands: %s", trouble)
        return
    hearing.commands_shown(session, COMMANDS)


def _pulse(session: Session) -> None:
    seen = alerts.heartbeats(session).get(PULSE)
    if seen is None or now() - seen.at >= PULSE_EVERY:
        alerts.beat(session, PULSE, now=now(), detail="webhook" if ports().staff_hook_secret else "asks Telegram")
