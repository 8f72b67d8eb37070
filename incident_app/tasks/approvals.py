"""Approvers hear that something waits for them."""

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports


@celery.task(name="tasks.approvals.tell")
def tell() -> None:
    """Tell whoever may answer, once for each time they are asked."""
    from incident_app.services import approvals

    approvals.tell(db.session(), now=now(), public_url=ports().public_url)
