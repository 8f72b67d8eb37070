"""What on-call people say to the Telegram bot. Read the update, call a service, answer."""

from flask import Flask

from incident_app.bot.checking import look
from incident_app.bot.polling import keep_one, listen

KEY = "incident_app_bot"
CHECK = "incident_app_bot_check"
KEEP = "incident_app_bot_keep"


def init_app(app: Flask) -> None:
    """Offer what this floor does to the clock's work and to the webhook, which do not know it."""
    app.extensions[KEY] = listen
    app.extensions[CHECK] = look
    app.extensions[KEEP] = keep_one
