"""The record: its head told outside, and the auditors told about the week."""

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports


@celery.task(name="tasks.record.anchor")
def anchor() -> int:
    """Tell the head to the anchor file and to the auditors, where it is time for that; return how many were told."""
    from incident_app.services import anchoring

    return anchoring.anchor(db.session(), now=now(), log=ports().anchor_log)


@celery.task(name="tasks.record.weekly")
def weekly() -> int:
    """Write the auditors their weekly digest, once a week; return to how many."""
    from incident_app.services import digesting

    return digesting.weekly(db.session(), now=now(), public_url=ports().public_url)
