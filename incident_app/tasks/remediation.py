"""Overdue actions reach their owners."""

from incident_app.extensions import celery, db
from incident_app.wiring import now


@celery.task(name="tasks.remediation.wake")
def wake() -> None:
    """Raise and end the alerts about actions that are overdue."""
    from incident_app.services import remediation

    remediation.wake_overdue(db.session(), now=now())
