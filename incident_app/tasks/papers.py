"""Filings on their way to paper."""

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports


@celery.task(name="tasks.papers.make")
def make() -> int:
    """Print what waits, one after the other; return how many."""
    from incident_app.services import filings

    world, done = ports(), 0
    while filings.make_paper(db.session(), clock=world.clock, vault=world.vault, pdf=world.pdf, public_url=world.public_url):
        done += 1
    return done


@celery.task(name="tasks.papers.forget")
def forget() -> int:
    """Throw away printed drafts a day after they were asked for; return how many."""
    from incident_app.services import filings

    return filings.forget_papers(db.session(), now=now())
