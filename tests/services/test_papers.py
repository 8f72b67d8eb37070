"""A filing on paper: asked for, made by a worker from what was frozen then, kept or forgotten."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.filings import read_document
from incident_app.domain.ports import Attachment
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.filings import Filing
from incident_app.models.papers import Paper
from incident_app.models.reports import Document
from incident_app.services import documents, filings
from tests.builders import the_forms
from tests.fakes import FakePdf, FakeVault
from tests.people import People
from tests.services.filing_steps import SOON, a_draft, an_approved_filing, an_asked_filing, submit
from tests.services.paper_steps import URL, make

LATER = SOON + timedelta(minutes=5)


class Telling(FakePdf):
    """Keeps what it was given to print."""

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__()
        self.content: dict[str, object] = {}
        self.attached: Sequence[Attachment] = ()

    def write(self, template: str, content: object, *, language: str, title: str, created_at: datetime,
              attachments: Sequence[Attachment] = ()) -> bytes:
        """Print it, and keep it."""
        assert isinstance(content, dict)
        self.content, self.attached = content, attachments
        return super().write(template, content, language=language, title=title, created_at=created_at, attachments=attachments)


def ask(session: Session, filing: Filing, people: People, vault: FakeVault, *, now: datetime = SOON, anew: bool = False) -> Paper:
    return filings.ask_paper(session, filing.id, by=people.auditor, now=now, forms=the_forms(), vault=vault, anew=anew)


def fetch(session: Session, filing: Filing, people: People, vault: FakeVault) -> bytes:
    return filings.open_paper(session, filing.id, by=people.auditor, now=LATER, vault=vault)[1]


def test_a_draft_is_asked_for_made_by_a_worker_given_at_once_and_gone_after_a_day(session: Session, people: People) -> None:
    filing, vault, printer = a_draft(session, people), FakeVault(), Telling()
    assert filings.paper_of(session, filing) is None
    with pytest.raises(NotFound, match="Nobody asked"):
        fetch(session, filing, people, vault)

    # Asked for twice, it is still one; until a worker comes it is being made
    assert ask(session, filing, people, vault).id == ask(session, filing, people, vault).id
    with pytest.raises(Conflict, match="still being made"):
        fetch(session, filing, people, vault)

    # A worker prints it, with the same filing for machines attached
    made = make(session, vault, printer, now=LATER)
    assert made is not None
    assert (made.state, made.made_at, made.draft, made.document_id) == ("made", LATER, True, None)
    assert make(session, vault, now=LATER) is None
    assert printer.content["draft"] is True
    said = json.loads(printer.attached[0].content)
    assert (said["$schema"], said["state"]) == (f"{URL}/static/schemas/filing-1.json", "draft")
    assert read_document(said).digest == filing.content_hash
    assert fetch(session, filing, people, vault).startswith(b"%PDF-fake filing.html")

    # Asked for again, it is there at once; anew only where that was said
    assert ask(session, filing, people, vault, now=LATER).state == "made"
    assert ask(session, filing, people, vault, now=LATER, anew=True).state == "waiting"
    make(session, vault, now=LATER)

    # It is no file of the case, and a day later it is gone
    assert documents.of_case(session, filing.case_id) == []
    assert filings.forget_papers(session, now=LATER + timedelta(hours=23)) == 0
    assert filings.forget_papers(session, now=LATER + timedelta(hours=25)) == 1


def test_what_is_printed_is_what_stood_when_it_was_approved_however_late_the_worker_comes(
    session: Session, people: People
) -> None:
    filing, vault, printer = an_asked_filing(session, people), FakeVault(), Telling()
    filing = filings.approve(session, filing.id, version=filing.version, by=people.approver, now=SOON, forms=the_forms(),
                             vault=vault)
    approved = filing.version
    filing = submit(session, filing, people, vault)

    make(session, vault, printer, now=LATER)

    assert (printer.content["version"], printer.content["state"], printer.content["draft"]) == (approved, "approved", False)
    filing = session.get_one(Filing, filing.id)
    kept = session.get_one(Document, filing.pdf_document_id)
    assert kept.name.endswith(f"-v{approved}.pdf")
    assert kept.by_id == people.approver.id
    # What is printed of the submitted version says when and how it was filed; the approved one stays what it was
    assert filings.paper_of(session, filing) is None
    ask(session, filing, people, vault)
    make(session, vault, printer, now=LATER)
    assert printer.content["state"] == "submitted"
    assert json.loads(printer.attached[0].content)["submitted"]["reference"] == "AZ-88213"
    assert session.get_one(Filing, filing.id).pdf_document_id == kept.id
    assert session.scalar(select(func.count()).select_from(Document).where(Document.kind == "pdf")) == 1


def test_the_approved_one_is_opened_from_the_files_of_the_case_and_the_reading_is_recorded(
    session: Session, people: People
) -> None:
    vault = FakeVault()
    filing = an_approved_filing(session, people, vault)

    assert fetch(session, filing, people, vault).startswith(b"%PDF")
    assert session.scalars(select(Entry.action).order_by(Entry.seq)).all()[-1] == "document.read"
    assert ask(session, filing, people, vault, anew=True).state == "made", "it is never made anew"
    assert filings.forget_papers(session, now=SOON + timedelta(days=9)) == 0


def test_a_printer_that_fails_says_why_and_is_asked_again(session: Session, people: People) -> None:
    class TooLong(FakePdf):
        """Cannot print this one."""

        def write(self, *args: object, **more: object) -> bytes:
            raise Refused("The report is too long to be printed.")

    vault = FakeVault()
    filing = an_approved_filing(session, people, vault, TooLong())
    with pytest.raises(Conflict, match="too long"):
        fetch(session, filing, people, vault)
    assert session.scalars(select(Entry.action).order_by(Entry.seq)).all()[-1] == "filing.not_printed"

    ask(session, filing, people, vault)
    make(session, vault, FakePdf(missing="Install Pango."), now=LATER)
    with pytest.raises(Conflict, match="Install Pango"):
        fetch(session, filing, people, vault)

    ask(session, filing, people, vault)
    make(session, vault, now=LATER)
    assert session.get_one(Filing, filing.id).pdf_document_id is not None


def test_one_whose_worker_died_is_taken_up_and_given_up_after_three_times(session: Session, people: People) -> None:
    class Dying(FakePdf):
        """Ends in the middle."""

        def write(self, *args: object, **more: object) -> bytes:
            raise SystemExit

    filing, vault = a_draft(session, people), FakeVault()
    ask(session, filing, people, vault)
    for number in range(3):
        with pytest.raises(SystemExit):
            make(session, vault, Dying(), now=SOON + timedelta(minutes=4 * number))
        assert make(session, vault, now=SOON + timedelta(minutes=4 * number + 1)) is None, "somebody may still be at it"

    given_up = make(session, vault, now=SOON + timedelta(minutes=12))

    assert given_up is not None
    assert (given_up.state, given_up.reason[:35]) == ("failed", "Making it was cut short three times")
    session.delete(session.merge(given_up))
    session.commit()
    assert make(session, vault, now=SOON + timedelta(minutes=13)) is None


@pytest.mark.parametrize("fails", [False, True])
def test_what_was_taken_up_by_somebody_else_is_theirs_to_keep(session: Session, people: People, fails: bool) -> None:
    filing, vault = a_draft(session, people), FakeVault()

    class Overtaken(FakePdf):
        """So slow that its lease runs out, and another worker has made it meanwhile."""

        def write(self, *args: object, **more: object) -> bytes:
            make(session, vault, now=SOON + timedelta(minutes=4))
            if fails:
                raise Refused("No.")
            return b"%PDF of the slow one"

    ask(session, filing, people, vault)
    paper = make(session, vault, Overtaken(), now=SOON)

    assert paper is not None
    assert (paper.state, paper.attempts) == ("made", 2)
    assert fetch(session, filing, people, vault).startswith(b"%PDF-fake")


def test_what_cannot_be_opened_any_more_says_so_before_and_after_it_is_made(session: Session, people: People) -> None:
    filing, vault = a_draft(session, people), FakeVault()
    ask(session, filing, people, vault)
    paper = session.scalars(select(Paper)).one()
    paper.data_key = b"key-99@k1"
    session.commit()
    assert (make(session, vault, now=SOON) or paper).reason == "What was to be printed cannot be opened any more. Ask for it again."

    ask(session, filing, people, vault)
    make(session, vault, now=SOON)
    session.scalars(select(Paper)).one().data_key = b"key-99@k1"
    session.commit()
    with pytest.raises(Conflict, match="Ask for it again"):
        fetch(session, filing, people, vault)


def test_a_filing_is_read_as_json_by_whoever_sees_filings(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    said = filings.plain(session, filing.id, by=people.auditor, now=SOON, forms=the_forms(), public_url=f"{URL}/")

    assert said["recipient"]["regime"] == "EU-GDPR"
    assert (said["approved"], said["submitted"], said["completeness"]) == (None, None, "incomplete")
    assert filings.by_public_id(session, filing.public_id).id == filing.id
    for who, number, problem in ((people.reporter, filing.id, Forbidden), (people.auditor, 999, NotFound)):
        with pytest.raises(problem):
            filings.plain(session, number, by=who, now=SOON, forms=the_forms(), public_url=URL)
        with pytest.raises(problem):
            filings.ask_paper(session, number, by=who, now=SOON, forms=the_forms(), vault=FakeVault())
        with pytest.raises(problem):
            filings.open_paper(session, number, by=who, now=SOON, vault=FakeVault())
    with pytest.raises(NotFound):
        filings.by_public_id(session, "none")
