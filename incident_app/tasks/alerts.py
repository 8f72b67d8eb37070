"""The deadline alerts: raise what is due, send what is due, bring the phones up to date."""

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports


@celery.task(name="tasks.alerts.tick")
def tick() -> None:
    """Evaluate every duty that needs it and send what is due. The sign of life says what could not be evaluated."""
    from incident_app.services import alerts

    session = db.session()
    done = alerts.raise_due(session, now=now())
    alerts.send_due(
        session, ports().staff_channels, clock=ports().clock, public_url=ports().public_url, secret=ports().alert_secret
    )
    alerts.refresh_messages(session, ports().staff_channels, now=now())
    detail = f"{done.failed} deadlines could not be evaluated" if done.failed else f"{done.evaluated} looked at"
    alerts.beat(session, "alerts", now=now(), ok=done.failed == 0, detail=detail)


@celery.task(name="tasks.alerts.send")
def send() -> None:
    """Send what became due since: the next channel, the next person, a second try; and edit what was answered."""
    from incident_app.services import alerts

    session = db.session()
    alerts.send_due(
        session, ports().staff_channels, clock=ports().clock, public_url=ports().public_url,
        secret=ports().alert_secret,
    )
    alerts.refresh_messages(session, ports().staff_channels, now=now())
