"""Lists on their way in, and contacts whose time has come."""

from incident_app.domain.accounts import SYSTEM
from incident_app.extensions import celery, db
from incident_app.wiring import now, ports


@celery.task(name="tasks.recipients.read")
def read() -> int:
    """Read what waits, one list after the other; return how many."""
    from incident_app.services import recipients

    done = 0
    while recipients.read_claimed(db.session(), clock=ports().clock, vault=ports().vault, sheets=ports().sheets,
                                  mode=ports().mode):
        done += 1
    return done


@celery.task(name="tasks.recipients.check")
def check() -> int:
    """Compare the lists that wait for it with the mail provider's block list; return how many."""
    from incident_app.services import recipients

    done = 0
    while recipients.check_claimed(db.session(), clock=ports().clock, vault=ports().vault,
                                   suppressions=ports().suppressions):
        done += 1
    return done


@celery.task(name="tasks.recipients.clear")
def clear() -> None:
    """Erase contacts whose time has come, and throw away uploads nobody finished."""
    from incident_app.services import recipients

    recipients.erase_due(db.session(), now=now(), vault=ports().vault)
    recipients.clear_away(db.session(), by=SYSTEM, now=now())
