"""What could not be printed when it was approved is printed later."""

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound
from incident_app.models.filings import Filing
from incident_app.services import filings
from tests.builders import the_forms
from tests.fakes import FakePdf, FakeVault
from tests.people import People
from tests.services.filing_steps import SOON, a_draft, an_approved_filing


def test_what_could_not_be_printed_at_approval_is_printed_again(session: Session, people: People) -> None:
    filing = an_approved_filing(session, people, FakeVault(), FakePdf(missing="Install Pango."))

    def again(pdf: FakePdf) -> Filing:
        return filings.print_again(session, filing.id, by=people.responder, now=SOON, forms=the_forms(), pdf=pdf,
                                   vault=FakeVault())

    assert again(FakePdf(missing="Install Pango.")).pdf_document_id is None
    printed = again(FakePdf())
    assert printed.pdf_document_id is not None
    assert printed.approved_hash == filing.approved_hash
    with pytest.raises(Conflict, match="nothing to print again"):
        again(FakePdf())


def test_only_an_approved_filing_is_printed_again(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    for number, who, problem in (
        (filing.id, people.responder, Conflict), (999, people.responder, NotFound), (filing.id, people.auditor, Forbidden),
    ):
        with pytest.raises(problem):
            filings.print_again(session, number, by=who, now=SOON, forms=the_forms(), pdf=FakePdf(), vault=FakeVault())
