"""Filings, registers and letters on their way to paper."""

from incident_app.extensions import celery, db
from incident_app.wiring import now, ports


@celery.task(name="tasks.papers.make")
def make() -> int:
    """Print what waits, one after the other; return how many. Filings first, between two parts of a register too."""
    from incident_app.services import deliveries, filings, reports

    world = ports()

    def filings_waiting() -> int:
        count = 0
        while filings.make_paper(db.session(), clock=world.clock, vault=world.vault, pdf=world.pdf, public_url=world.public_url):
            count += 1
        return count

    done = filings_waiting()
    for _ in reports.make_report(db.session(), clock=world.clock, vault=world.vault, pdf=world.pdf):
        done += 1 + filings_waiting()
    for _ in deliveries.print_letters(db.session(), clock=world.clock, vault=world.vault, pdf=world.pdf):
        done += 1 + filings_waiting()
    return done


@celery.task(name="tasks.papers.forget")
def forget() -> int:
    """Throw away printed drafts, registers and letters a day after they were asked for; return how many."""
    from incident_app.services import deliveries, filings, reports

    return (filings.forget_papers(db.session(), now=now()) + reports.forget_reports(db.session(), now=now())
            + deliveries.forget_letters(db.session(), now=now()))
