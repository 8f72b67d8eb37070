"""A worker that prints what was asked for, and what came of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import PdfWriter
from incident_app.models.filings import Filing
from incident_app.models.papers import Paper
from incident_app.services import filings
from tests.builders import the_forms
from tests.fakes import FakeClock, FakePdf, FakeVault

URL = "https://breach.example.org"


def make(session: Session, vault: FakeVault, pdf: PdfWriter | None = None, *, now: datetime) -> Paper | None:
    """Let a worker print the next one."""
    return filings.make_paper(session, clock=FakeClock(now), vault=vault, pdf=pdf or FakePdf(), public_url=URL)


def on_paper(session: Session, filing: Filing, by: Actor, pdf: PdfWriter, *, now: datetime) -> bytes:
    """Ask for the PDF of a filing as it stands, have it made, and fetch it."""
    vault = FakeVault("paper")
    filings.ask_paper(session, filing.id, by=by, now=now, forms=the_forms(), vault=vault)
    make(session, vault, pdf, now=now)
    return filings.open_paper(session, filing.id, by=by, now=now, vault=vault)[1]
