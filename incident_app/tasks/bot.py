"""The on-call bot: hear what people say for a while, send notes, and look whether somebody else uses its token."""

import time

from flask import current_app

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports

SECONDS = 4.0
"""One wake-up listens for so long; the next is there when it ends. A worker that is told to stop need not wait longer."""


@celery.task(name="tasks.bot.poll")
def poll() -> None:
    """Listen. The bot's floor offers itself under this key; it says ``None`` where this process is not the one to ask."""
    listen = current_app.extensions.get("incident_app_bot")
    end = time.monotonic() + SECONDS
    while listen is not None and listen() is not None and time.monotonic() < end:
        continue


@celery.task(name="tasks.bot.notes")
def notes() -> None:
    """Send our own people what they are to know about their account; elsewhere than where answers are heard."""
    from incident_app.services import linking, people
    from incident_app.services.signing_in import passwords

    seal = ports().credentials.seal
    passwords.answer_resets(db.session(), seal=seal, public_url=ports().public_url, now=now())
    invitation = people.filled(db.session(), secret=ports().alert_secret, public_url=ports().public_url)
    linking.send_notes(db.session(), ports().staff_channels, clock=ports().clock,
                       fill=lambda note: passwords.opened(invitation(note), seal))


@celery.task(name="tasks.bot.forget")
def forget() -> None:
    """Forget chats and notes that are of no use any more."""
    from incident_app.services import linking, signing_in

    linking.forget_old(db.session(), now=now())
    signing_in.forget_old(db.session(), now=now())


@celery.task(name="tasks.bot.check")
def check() -> None:
    """Look where Telegram sends what people say."""
    look = current_app.extensions.get("incident_app_bot_check")
    if look is not None:
        look()
