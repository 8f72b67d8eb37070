"""Files people put in: what the scanner says of them, and what never came in whole."""

from incident_app.domain.accounts import SYSTEM
from incident_app.extensions import celery, db
from incident_app.wiring import now, ports

MOST = 20  # then others of this queue have their turn


@celery.task(name="tasks.scanning.scan")
def scan() -> int:
    """Let the scanner look at the files that wait for it, where there is one; return at how many."""
    from incident_app.services import scanning

    world, done = ports(), 0
    while world.scanner is not None and done < MOST and scanning.scan_next(
            db.session(), clock=world.clock, vault=world.vault, scanner=world.scanner):
        done += 1
    return done


@celery.task(name="tasks.scanning.clear")
def clear() -> int:
    """Throw away files nobody went on with for a day; return how many."""
    from incident_app.services import incoming

    return incoming.clear_away(db.session(), by=SYSTEM, now=now())
