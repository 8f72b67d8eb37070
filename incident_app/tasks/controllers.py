"""Controllers who stay silent are noticed."""

from incident_app.extensions import celery, db
from incident_app.wiring import now


@celery.task(name="tasks.controllers.wake")
def wake() -> None:
    """Raise and end the alerts about controllers who were told and say nothing."""
    from incident_app.services import controllers

    controllers.wake_silent(db.session(), now=now())
