"""How much lies in the folder of a case."""

from datetime import timedelta

from sqlalchemy.orm import Session

from incident_app.services import folder
from incident_app.services.folder import Folder
from tests.builders import a_case
from tests.fakes import START, FakeVault
from tests.people import People
from tests.services.filing_steps import an_approved_filing


def test_a_fresh_case_holds_its_checklist_and_its_record(session: Session, people: People) -> None:
    case = a_case(session, people.responder, kind="leaked-token")

    held = folder.of_case(session, case.id, now=START)

    assert (held.filings, held.lists, held.notices, held.documents) == (0, 0, 0, 0)
    assert (held.open_actions, held.overdue) == (8, 0)
    assert held.entries > 0
    assert folder.of_case(session, case.id, now=START + timedelta(days=365)).overdue == 7, "one waits"


def test_a_filing_and_its_pdf_are_counted_in_their_own_case_only(session: Session, people: People) -> None:
    filing = an_approved_filing(session, people, FakeVault())

    held = folder.of_case(session, filing.case_id, now=START)

    assert (held.filings, held.documents) == (1, 1)
    assert folder.of_case(session, 999, now=START) == Folder(0, 0, 0, 0, 0, 0, 0)
