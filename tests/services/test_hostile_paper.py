"""Hostile values on paper, through the real child process: all a form takes, nothing fetched, nothing stalled."""

import io
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from incident_app.domain.filings import FieldType, Phase, Situation, cover, from_json
from incident_app.domain.refusals import Refused
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.services import filings, reports
from tests.builders import the_forms, the_law
from tests.fakes import FakeClock, FakeVault
from tests.loopback.serving import Reply, Server, as_json
from tests.people import People
from tests.printing import PRINTER
from tests.services.filing_steps import SOON, a_draft, an_owed_case
from tests.services.paper_steps import on_paper

pytestmark = pytest.mark.usefixtures("press")


class Trap(Server):
    """Writes down who comes."""

    def __init__(self) -> None:
        """Nobody yet."""
        self.came: list[str] = []
        super().__init__()

    def show(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Note it."""
        self.came.append(path)
        return as_json(200, {})


@pytest.fixture
def trap() -> Iterator[Trap]:
    with Trap() as server:
        yield server


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Printing is the same on both databases: once is enough."""
    shutil.copy(sqlite_template, tmp_path / "test.sqlite")
    return f"sqlite:///{tmp_path / 'test.sqlite'}"


def hostile(address: str, length: int) -> str:
    """Return so many characters that ask for files, nest, turn the direction, and never end a word."""
    asks = (
        f"<img src={address}/a><link rel=stylesheet href={address}/b><style>@import url({address}/c)</style>"
        f"<iframe src={address}/d></iframe><svg><image href={address}/e /></svg><a href=javascript:x>x</a>"
        f"<link rel=attachment href=file:///etc/passwd>{{{{ 7*7 }}}}{{% include '/etc/passwd' %}}"
    )
    text = f"{asks} \u202egnp.exe\u202c \u2066עברית\u2069 عربي " + "<div>" * 100 + " \u0301\u0301\u0301" * 20
    return (text + " " + "a" * length)[:length]


def everything_hostile(session: Session, people: People, address: str) -> Filing:
    """Type as much as the form accepts into every text it asks."""
    case = an_owed_case(session, people)
    filing = a_draft(session, people, case)
    filing = filings.choose_form(session, filing.id, form_id="edpb-1", version=filing.version, by=people.responder, now=SOON,
                                 forms=the_forms(), law=the_law()).filing
    given: dict[str, dict[str, object]] = {"told": {"value": "yes"}, "cross_border": {"value": True}}
    form = the_forms()["edpb-1"]
    asked = cover(form, from_json(filing.answers) | from_json({"told": {"value": "yes", "source": "typed", "not_yet_known": False}}),
                  Situation(Phase.INITIAL)).sections
    for section in asked:
        given |= {field.id: {"value": hostile(address, field.longest)} for field in section.fields if field.type is FieldType.TEXT}
    return filings.save(session, filing.id, given, version=filing.version, by=people.responder, now=SOON, forms=the_forms())


def test_a_filing_as_full_and_as_hostile_as_the_form_takes_is_printed_as_text(
    session: Session, people: People, trap: Trap
) -> None:
    # Given every text of the form filled to its last character with what would fetch, nest, turn and stall
    filing = everything_hostile(session, people, trap.url)
    typed = [one for one in from_json(filing.answers).values() if isinstance(one.value, str) and len(one.value) >= 6000]
    assert len(typed) > 20

    # When it is printed by the real child process
    pdf = on_paper(session, filing, people.responder, PRINTER, now=SOON)

    # Then it stands there as text, direction marks as what they are, and nobody was asked for anything
    reader = PdfReader(io.BytesIO(pdf))
    text = "".join("".join(page.extract_text() for page in reader.pages[3:9]).replace("\u200b", "").split())
    assert len(reader.pages) > 60
    assert f"<imgsrc={trap.url}/a>" in text
    assert "{{7*7}}" in text
    assert "[U+202E]gnp.exe[U+202C]" in text
    assert "a" * 1000 in text
    assert trap.came == []


def test_one_character_more_is_refused_by_field(session: Session, people: People) -> None:
    filing = a_draft(session, people)
    too_much: dict[str, dict[str, object]] = {"cause": {"value": "x" * 6001}, "systems": {"value": "y" * 1_000_000}}

    with pytest.raises(Refused) as refused:
        filings.save(session, filing.id, too_much, version=filing.version, by=people.responder, now=SOON, forms=the_forms())

    words = "At most 6\u202f000 characters; put the rest into an attachment."
    assert refused.value.problems == {"cause": words, "systems": words}


def test_a_register_of_hostile_breaches_of_a_million_characters_is_printed_and_fetches_nothing(
    session: Session, people: People, trap: Trap
) -> None:
    # Given two breaches, every text of them a million hostile characters: more than any page of ours takes
    for _ in range(2):
        case = session.get_one(Case, an_owed_case(session, people).id)
        for name in ("summary", "cause", "consequences", "measures_before", "measures_taken", "measures_planned", "aware_source"):
            setattr(case, name, hostile(trap.url, 1_000_000))
        session.commit()

    # When the register is asked for and made
    vault = FakeVault()
    report = reports.ask_register(session, by=people.auditor, now=SOON)
    assert list(reports.make_report(session, clock=FakeClock(SOON), vault=vault, pdf=PRINTER))[-1] == 2

    # Then it is there, says where it is cut, and nobody was asked for anything
    found, _ = reports.open_report(session, report.public_id, by=people.auditor, vault=vault)
    assert found.state == "made"
    assert trap.came == []


def test_a_filing_of_a_case_of_a_million_characters_is_cut_where_the_form_ends_and_printed(
    session: Session, people: People, trap: Trap
) -> None:
    # Given a case with more text than any form takes, and decisions as long
    case = session.get_one(Case, an_owed_case(session, people).id)
    case.summary = case.cause = hostile(trap.url, 1_000_000)
    session.commit()

    # When a filing is drafted from it and printed
    filing = a_draft(session, people, case)
    pdf = on_paper(session, filing, people.responder, PRINTER, now=SOON)

    # Then the answer is as long as the form takes, says that it was cut, and can be saved as it stands
    cause = str(from_json(filing.answers)["cause"].value)
    assert len(cause) == 6000
    assert cause.endswith("[shortened: 1\u202f000\u202f000 characters; all of them stand in the case]")
    filing = filings.save(session, filing.id, {"cause": {"value": cause}}, version=filing.version, by=people.responder, now=SOON,
                          forms=the_forms())
    assert pdf.startswith(b"%PDF")
    assert trap.came == []
