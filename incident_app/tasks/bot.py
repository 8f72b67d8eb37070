"""The on-call bot: ask for what people said."""

from flask import current_app

from incident_app.extensions import celery


@celery.task(name="tasks.bot.poll")
def poll() -> None:
    """Ask once. The bot's floor offers itself under this key; in simulation there is nobody to ask."""
    listen = current_app.extensions.get("incident_app_bot")
    if listen is not None:
        listen()
