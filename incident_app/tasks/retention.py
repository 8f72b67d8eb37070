"""What nobody may keep any longer."""

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports


@celery.task(name="tasks.retention.clear")
def clear() -> None:
    """Destroy evidence and raw receipts whose time has come; contacts have a task of their own."""
    from incident_app.services import retention

    retention.clear_due(db.session(), now=now(), vault=ports().vault)
