"""Unsaved texts and keys of sent forms that nobody comes back to."""

from incident_app.extensions import celery, db
from incident_app.wiring import now


@celery.task(name="tasks.unsaved.forget")
def forget() -> int:
    """Throw away unsaved texts after fourteen days and keys of sent forms after two; return how many."""
    from incident_app.services import drafts, submitting

    return drafts.purge(db.session(), now=now()) + submitting.forget(db.session(), now=now())
