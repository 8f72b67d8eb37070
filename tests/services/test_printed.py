"""Printed for real: what stands in the PDFs."""

import io
import shutil
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from incident_app.services import reports
from tests.builders import the_law
from tests.fakes import FakeVault
from tests.people import People
from tests.printing import PRINTER
from tests.services.filing_steps import SOON, a_draft, an_approved_filing, an_owed_case, submit
from tests.services.paper_steps import on_paper

pytestmark = pytest.mark.usefixtures("press")


def pages_of(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Printing is the same on both databases: once is enough."""
    shutil.copy(sqlite_template, tmp_path / "test.sqlite")
    return f"sqlite:///{tmp_path / 'test.sqlite'}"


def test_a_draft_is_printed_with_its_summary_first(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    pages = pages_of(on_paper(session, filing, people.auditor, PRINTER, now=SOON))

    assert "DRAFT" in pages[0]
    assert "INCOMPLETE" in pages[0]
    assert "about 10 000" in pages[0]
    assert "2 d 22 h left" in pages[0]
    text = " ".join(pages)
    assert "Art. 33(3)(c)" in text
    assert "to be determined" in text
    assert "The prompts tell of health." in text
    assert filing.content_hash in text.replace(" ", "")
    assert "Page 1 of" in pages[0]


def test_a_drill_is_marked_on_every_page(session: Session, people: People) -> None:
    filing = a_draft(session, people, an_owed_case(session, people, is_drill=True))

    pages = pages_of(on_paper(session, filing, people.auditor, PRINTER, now=SOON))

    assert len(pages) > 2
    assert all("DRILL" in page for page in pages)


def test_text_of_users_is_printed_as_text(session: Session, people: People) -> None:
    case = an_owed_case(session, people, summary="<img src=http://127.0.0.1:1/x> {{ 7*7 }}")
    filing = a_draft(session, people, case)

    text = " ".join(pages_of(on_paper(session, filing, people.auditor, PRINTER, now=SOON)))

    assert "<img src=http://127.0.0.1:1/x> {{ 7*7 }}" in text


def test_an_approved_filing_a_case_and_the_register_are_printed(session: Session, people: People) -> None:
    case, vault = an_owed_case(session, people), FakeVault()
    filing = submit(session, an_approved_filing(session, people, vault, case=case), people, vault)

    filed = pages_of(on_paper(session, filing, people.auditor, PRINTER, now=SOON))
    whole = " ".join(pages_of(reports.case_pdf(session, case.id, by=people.auditor, now=SOON, pdf=PRINTER,
                                               law=the_law())))
    register = reports.register_pdf(session, by=people.auditor, now=SOON, pdf=PRINTER)
    every = " ".join(pages_of(register))

    assert "reference AZ-88213; on time" in filed[0]
    assert "DRAFT" not in filed[0]
    assert "receipt.pdf" in whole
    assert "A filing was marked as submitted" in whole
    assert case.ref in every
    assert "Initial sent" in every
    for words in ("Page 1 of", "Record: entry", "SHA-256", "No effects recorded", "Authority: reason: The prompts tell of health.", "on time"):
        assert words in every
    root = PdfReader(io.BytesIO(register)).root_object
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]) == "en"
