"""Signs of life: each queue's worker writes that it took a message, from the task loop itself."""

from incident_app.extensions import celery, db
from incident_app.wiring import now


@celery.task(name="tasks.heartbeats.urgent")
def urgent() -> None:
    """Write that the worker of the urgent queue works."""
    from incident_app.services import alerts

    alerts.beat(db.session(), "worker urgent", now=now())


@celery.task(name="tasks.heartbeats.bot")
def bot() -> None:
    """Write that the worker of the on-call bot works."""
    from incident_app.services import alerts

    alerts.beat(db.session(), "worker bot", now=now())


@celery.task(name="tasks.heartbeats.receipts")
def receipts() -> None:
    """Write that the worker of the receipts works."""
    from incident_app.services import alerts

    alerts.beat(db.session(), "worker receipts", now=now())


@celery.task(name="tasks.heartbeats.documents")
def documents() -> None:
    """Write that the worker of the documents works."""
    from incident_app.services import alerts

    alerts.beat(db.session(), "worker documents", now=now())


@celery.task(name="tasks.heartbeats.look")
def look() -> None:
    """Look at every part as the watchdog does: whoever watches is watched too."""
    from incident_app.services import health

    session = db.session()
    health.keep(session, health.look(session, now=now()), now=now())


@celery.task(name="tasks.heartbeats.bulk")
def bulk() -> None:
    """Write that the worker of the bulk queue works."""
    from incident_app.services import alerts

    alerts.beat(db.session(), "worker bulk", now=now())
