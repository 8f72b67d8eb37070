"""The duties of open cases follow the law, and the stages that were sent."""

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports


@celery.task(name="tasks.obligations.follow")
def follow() -> int:
    """Look again at the cases whose law changed or where something was sent; return how many."""
    from incident_app.services import obligations

    return obligations.follow_law(db.session(), law=ports().law, calendar=ports().calendar, now=now())
