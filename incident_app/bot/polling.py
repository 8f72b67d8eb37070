"""Ask Telegram for what people said, from one place at a time, and answer each update."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from incident_app.bot.updates import Bot, answer
from incident_app.domain.alerts import StaffBot
from incident_app.extensions import db
from incident_app.services import alerts
from incident_app.wiring import now, ports

PULSE = "staff bot"
log = logging.getLogger(__name__)


def listen() -> int:
    """Ask once for updates, inside an app context; return how many were answered.

    Where it stands is a row of its own (the sign of life of the bot): after a restart nothing is asked for twice. An
    update whose answer fails in the database comes again.
    """
    channel: object = ports().staff_channels.get("telegram")
    if not isinstance(channel, StaffBot):
        return 0
    session = db.session()
    seen = alerts.heartbeats(session).get(PULSE)
    offset = int(seen.detail) if seen is not None and seen.detail.isdecimal() else 0
    session.rollback()
    try:
        updates = channel.poll(offset, 0)
    except ConnectionError as error:
        log.warning("the staff bot could not ask for updates: %s", error)
        return 0
    bot = Bot(session, channel, now=now(), secret=ports().alert_secret)
    for update in updates:
        number = update.get("update_id")
        if not isinstance(number, int):
            continue
        try:
            answer(bot, update)
        except SQLAlchemyError:
            session.rollback()
            log.exception("update %s could not be answered", number)
            break
        offset = max(offset, number + 1)
    alerts.beat(session, PULSE, now=now(), detail=str(offset))
    alerts.refresh_messages(session, ports().staff_channels, now=now())
    return len(updates)
