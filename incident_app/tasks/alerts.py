"""The deadline alerts: raise what is due, send what is due, bring the phones up to date."""

from datetime import timedelta

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports

PULSE_EVERY = timedelta(seconds=5)


@celery.task(name="tasks.alerts.tick")
def tick() -> None:
    """Evaluate what is due and send it. The sign of life says what could not be evaluated.

    It comes every second and mostly finds nothing: three questions by index, and nothing written.
    """
    from incident_app.services import alerts

    session, at = db.session(), now()
    done = alerts.raise_due(session, now=at)
    alerts.send_due(
        session, ports().staff_channels, clock=ports().clock, public_url=ports().public_url, secret=ports().alert_secret
    )
    alerts.refresh_messages(session, ports().staff_channels, now=now())
    seen = alerts.heartbeats(session).get("alerts")
    due = seen is None or not seen.ok or at - seen.at >= PULSE_EVERY
    if done.failed or (due and not done.more):
        detail = f"{done.failed} cases could not be evaluated" if done.failed else f"{done.evaluated} looked at"
        alerts.beat(session, "alerts", now=at, ok=done.failed == 0, detail=detail)
