"""The duties of open cases follow the law, and the stages that were sent."""

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports


@celery.task(name="tasks.obligations.follow")
def follow() -> int:
    """Look again at the cases whose law changed or where something was sent; return how many."""
    from incident_app.services import alerts, obligations

    session = db.session()
    found = obligations.follow_law(session, law=ports().law, calendar=ports().calendar, now=now())
    detail = f"{found.failed} cases could not be brought in line ({found.reason})" if found.failed else f"{found.done} done"
    alerts.beat(session, "duties", now=now(), ok=found.failed == 0, detail=detail)
    return found.done
