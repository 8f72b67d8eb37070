"""Tell our own people what is about to end."""

from incident_app.extensions import celery, db
from incident_app.wiring import now


@celery.task(name="tasks.people.tell")
def tell() -> None:
    """Tell the owners of API tokens that end soon."""
    from incident_app.services import people

    people.warn(db.session(), now=now())
