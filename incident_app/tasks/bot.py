"""The on-call bot: hear what people say for a while, and look whether somebody else uses its token."""

import time

from flask import current_app

from incident_app.extensions import celery

SECONDS = 4.0
"""One wake-up listens for so long; the next is there when it ends. A worker that is told to stop need not wait longer."""


@celery.task(name="tasks.bot.poll")
def poll() -> None:
    """Listen. The bot's floor offers itself under this key; it says ``None`` where this process is not the one to ask."""
    listen = current_app.extensions.get("incident_app_bot")
    end = time.monotonic() + SECONDS
    while listen is not None and listen() is not None and time.monotonic() < end:
        continue


@celery.task(name="tasks.bot.check")
def check() -> None:
    """Look where Telegram sends what people say."""
    look = current_app.extensions.get("incident_app_bot_check")
    if look is not None:
        look()
