"""What on-call people say to the Telegram bot. Read the update, call a service, answer."""

from flask import Flask

from incident_app.bot.polling import listen

KEY = "incident_app_bot"


def init_app(app: Flask) -> None:
    """Offer :func:`listen` to the clock's work, which does not know this floor."""
    app.extensions[KEY] = listen
