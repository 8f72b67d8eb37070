"""The authority's own form in the browser: chosen, in its language, with its traps where they bite."""

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.models.filings import Filing
from incident_app.models.obligations import Obligation
from incident_app.services import filings
from tests.fakes import FakeClock, FakeVault
from tests.services.filing_steps import a_draft, an_approved_filing, an_owed_case
from tests.web.posting import post
from tests.web.test_filings import BASE, SignIn
from tests.web.walk import hired


@pytest.fixture
def owed(app: Flask, clock: FakeClock) -> int:
    """The id of a duty to an authority."""
    clock.move(hours=2)
    with app.app_context():
        case = an_owed_case(db.session(), hired())
        return filings.duties_to_authorities(db.session(), case.id)[0].id


@pytest.fixture
def drafted(app: Flask, owed: int) -> None:
    """A draft by the responder."""
    with app.app_context():
        a_draft(db.session(), hired(), db.session().get_one(Obligation, owed).case)


@pytest.fixture
def approved(app: Flask, owed: int) -> None:
    """An approved filing."""
    with app.app_context():
        an_approved_filing(db.session(), hired(), FakeVault(), case=db.session().get_one(Obligation, owed).case)


def test_the_form_is_changed_on_the_page_and_the_helper_speaks_the_authoritys_language(
    app: Flask, client_for: SignIn, drafted: None
) -> None:
    client = client_for("responder")
    page = client.get(f"{BASE}/1").text
    assert "Supervisory authority of a German Land" in page
    assert "Check on line" in page
    assert "another authority’s form" not in page

    changed = post(client, f"{BASE}/1/form", {"version": "1", "form_id": "de-nw-1", "language": "de"}, follow=True).text
    assert "what was answered came along" in changed
    post(client, f"{BASE}/1", {"version": "2", "section": "risk", "has": ["risk_outcome"], "f-risk_outcome": "no_or_low_risk"})
    assert "does NOT transmit" in client.get(f"{BASE}/1?section=risk").text

    german, english = (client.get(f"{BASE}/1/portal{asked}").text for asked in ("", "?language=en"))
    assert "Kategorien personenbezogener Daten" in german
    assert "Kein oder geringes Risiko" in german
    assert "30 idle minutes" in german
    assert "Another authority’s form" in german
    assert "does NOT transmit" in german
    assert "No or low risk" in english
    assert "Kategorien" in client.get(f"{BASE}/1/portal?language=xx").text
    assert german.index("text-risk_outcome") < german.index("text-measures_taken")
    with app.app_context():
        assert db.session().get_one(Filing, 1).language == "de"

    post(client, f"{BASE}/1/form", {"version": "3", "form_id": "edpb-1", "language": "en"})
    post(client, f"{BASE}/1", {"version": "4", "section": "consequences", "has": ["severity"], "f-severity": "minor"})
    anew = post(client, f"{BASE}/1/form", {"version": "5", "form_id": "garante-1"}, follow=True).text
    assert "Answer anew" in anew
    assert post(client, f"{BASE}/1/form", {"version": "6", "form_id": "odd"}).status_code == 422
    assert post(client_for("auditor"), f"{BASE}/1/form", {"version": "6"}).status_code == 403


def test_what_means_that_nothing_was_sent_is_said_where_it_is_recorded(client_for: SignIn, approved: None) -> None:
    assert "Keep the PDF and the file number" in client_for("approver").get(f"{BASE}/1/submitted").text
