"""Look whether Telegram still sends what people say to us, and to nobody else (``threats.md`` T-80)."""

import logging

from incident_app.domain.staff_bot import (
    TROUBLE_WORDS,
    BotTrouble,
    TalkingBot,
    hook_address,
    suspicion,
    unheard,
)
from incident_app.extensions import db
from incident_app.services import hearing
from incident_app.wiring import now, ports

log = logging.getLogger(__name__)


def look() -> str:
    """Ask Telegram once; return what is wrong, in the words that woke somebody, or nothing."""
    world = ports()
    channel: object = world.staff_channels.get("telegram")
    if not isinstance(channel, TalkingBot):
        return ""
    session, ours, wanted = db.session(), hook_address(world.public_url), world.staff_hook_secret is not None
    try:
        found = channel.webhook()
    except BotTrouble as trouble:
        log.warning("the webhook of the on-call bot could not be looked at: %s", trouble)
        words = TROUBLE_WORDS.get(trouble.kind, "")
        if words:
            hearing.suspect(session, words, now=now())
        return words
    stolen, deaf = suspicion(found.url, ours, wanted=wanted), unheard(found, ours, wanted=wanted)
    if stolen:
        hearing.suspect(session, stolen, now=now())
        return stolen
    hearing.trust(session, now=now(), asks=not wanted)
    if deaf:
        hearing.suspect(session, deaf, now=now(), kind=hearing.UNHEARD)
    else:
        hearing.trust(session, now=now(), kind=hearing.UNHEARD)
    return deaf
