"""The printed filing, looked at as an authority, a machine, and somebody who cannot see would."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from sqlalchemy.orm import Session

from incident_app.domain.filings import read_document
from incident_app.services import filings
from tests.builders import the_forms
from tests.domain.test_papers import CHECK
from tests.fakes import FakeVault
from tests.people import People
from tests.printing import PRINTER
from tests.services.filing_steps import SOON, a_draft, all_answered, an_owed_case
from tests.services.paper_steps import make, on_paper
from tests.services.test_filings_submitted import follow_up

pytestmark = pytest.mark.usefixtures("press")
SPOKEN = {
    "systems": "Хранилище во Франкфурте; αποθήκευση στη Φρανκφούρτη; żółć",
    "consequences": "تسربت بيانات المستخدمين من الخادم",
    "measures_planned": "דלף מידע של אנשים מהשרת",
    "cause": "<img src=http://127.0.0.1:9/x> {{ 7*7 }} \u202eexe.txt",
}


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Printing is the same on both databases: once is enough."""
    shutil.copy(sqlite_template, tmp_path / "test.sqlite")
    return f"sqlite:///{tmp_path / 'test.sqlite'}"


def squeezed(text: str) -> str:
    return "".join(text.split())


def attached(pdf: pikepdf.Pdf) -> dict[str, Any]:
    """Return what goes along for machines; it says that it is the same as data."""
    assert list(pdf.attachments) == ["filing.json"]
    spec = pdf.attachments["filing.json"]
    assert spec.obj.AFRelationship == "/Data"
    assert spec.get_file().mime_type == "application/json"
    found: dict[str, Any] = json.loads(spec.get_file().read_bytes())
    return found


def fonts_of(pdf: pikepdf.Pdf) -> dict[str, bool]:
    """Return the fonts by name, without the mark of a subset, each with whether its letters go along."""
    found = {}
    for page in pdf.pages:
        for font in page.Resources.Font.as_dict().values():
            described = font.DescendantFonts[0].FontDescriptor
            found[str(font.BaseFont).split("+")[-1]] = "/FontFile2" in described
    return found


def test_an_approved_filing_of_a_drill_says_on_paper_all_it_says_and_what_it_is(session: Session, people: People) -> None:
    # Given an approved filing with answers in every script
    vault = FakeVault()
    filing = a_draft(session, people, an_owed_case(session, people, is_drill=True))
    answers = all_answered(filing) | {name: {"value": value} for name, value in SPOKEN.items()}
    filing = filings.save(session, filing.id, answers, version=1, by=people.responder, now=SOON, forms=the_forms())
    filing = filings.ask_approval(session, filing.id, version=2, by=people.responder, now=SOON, forms=the_forms())
    filing = filings.approve(session, filing.id, version=3, by=people.approver, now=SOON, forms=the_forms(), vault=vault)
    made = make(session, vault, PRINTER, now=SOON)
    assert made is not None, "a worker printed it"
    content = filings.open_paper(session, filing.id, by=people.auditor, now=SOON, vault=vault)[1]

    # Then a machine finds PDF/A-3a and PDF/UA-1, tags, language, title, and the same filing attached, by its schema
    with pikepdf.open(io.BytesIO(content)) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata.pdfa_status, metadata.get("pdfuaid:part")) == ("3A", "1")
        assert f"{filing.case.ref} · Initial: {filing.obligation.recipient} · version {filing.version}" in str(metadata["dc:title"])
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        said, fonts = attached(pdf), fonts_of(pdf)
        assert pdf.check_pdf_syntax() == []
    CHECK.validate(said)
    assert read_document(said).digest == said["digest"] == said["approved"]["digest"] == filing.approved_hash
    assert (said["stage"], said["completeness"], said["drill"]) == ("initial", "incomplete", True)

    # And every page says whose, which stage, version and hash, when it was made, where the record stood, which page of how
    # many, and that it is a drill
    reader = pypdf.PdfReader(io.BytesIO(content))
    pages = [squeezed(page.extract_text()) for page in reader.pages]
    seq, head = said["record"]["entry"], said["record"]["hash"]
    for number, page in enumerate(pages, 1):
        for words in (filing.case.ref, "Initial", f"version {filing.version}", f"SHA-256 {filing.content_hash[:16]}",
                      "Printed 2026-11-23 12:40 CET (11:40 UTC)", f"Record: entry {seq}, {head[:16]}…", f"Page {number} of {len(pages)}"):
            assert squeezed(words) in page
        assert page.count("DRILL") >= 2
    assert squeezed("2026-11-23 11:40 UTC (Mon 23 Nov 2026 12:40 CET)") in pages[0]
    assert squeezed(f"{seq}, {head}") in pages[0]
    assert "INCOMPLETE" in pages[0]

    # And the words of every answer stand there, whatever the script; what turns text round is named instead
    whole = "".join(pages).replace(squeezed("\u200f"), "")
    for section in said["sections"]:
        for field in section["fields"]:
            for line in field["words"].replace("\u202e", "[U+202E]").splitlines():
                assert squeezed(line) in whole, field["id"]
    assert "\u202e" not in whole

    # And every font goes along: nothing depends on the machine that shows it
    assert all(fonts.values())
    assert {name.split("-Sans")[0].split("-")[0] for name in fonts} == {"Noto", "Rubik"}


def test_a_withdrawal_after_a_follow_up_says_why_and_what_was_there_before(session: Session, people: People) -> None:
    filing = follow_up(session, people, FakeVault())
    filing = filings.set_phase(session, filing.id, "withdraw", version=1, by=people.responder, now=SOON, forms=the_forms())
    filing = filings.save(session, filing.id, {"withdrawal_reasons": {"value": "The file held test data only."}}, version=2,
                          by=people.responder, now=SOON, forms=the_forms())

    content = on_paper(session, filing, people.auditor, PRINTER, now=SOON)

    text = squeezed("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages))
    for words in ("Withdrawal, complete", "The file held test data only.", "AZ-88213", "was: not answered", "DRAFT"):
        assert squeezed(words) in text
    assert "INCOMPLETE" not in text


def test_a_name_of_two_lines_leaves_the_next_one_beside_its_value(session: Session, people: People) -> None:
    # Given a filing in Russian, whose words for "people" need two lines
    filing = a_draft(session, people)
    filing.language = "ru"
    session.commit()

    content = on_paper(session, filing, people.auditor, PRINTER, now=SOON)

    # Then the names that follow stand on the line of their values, and every mark is in that language
    first, heights = pypdf.PdfReader(io.BytesIO(content)).pages[0], dict[str, float]()

    def remember(text: str, _: object, place: list[float], *__: object) -> None:
        for word in ("Записи", "будет установлено", "данных", "Риск", "Высокий риск"):
            if text.strip().startswith(word):
                heights.setdefault(word, round(place[5]))

    first.extract_text(visitor_text=remember)
    assert heights["Записи"] == heights["будет установлено"], heights
    words = squeezed(first.extract_text())
    for said in ("ПРОЕКТ", "Журнал: запись"):
        assert squeezed(said) in words
    for english in ("DRAFT", "Record: entry", "Duties", "Timeline"):
        assert squeezed(english) not in words
