"""The statistics as JSON say what their page says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask

from incident_app.extensions import db
from incident_app.models.remediation import Action
from incident_app.services import accounts
from tests.builders import a_case
from tests.fakes import START
from tests.services.duties import a_duty

Api = Callable[[str], Callable[..., Any]]


def test_a_year_is_counted_as_on_its_page(app: Flask, api_for: Api) -> None:
    # Given a breach with a filing that came late, a remedy that works, and a drill
    with app.app_context():
        session = db.session()
        user = accounts.find(session, "responder@example.org")
        assert user is not None
        case = a_case(session, user.actor, kind="leaked-token")
        a_case(session, user.actor, is_drill=True)
        late = a_duty(session, case, regime="XX", provision="1", due_at=START + timedelta(hours=24), state="discharged")
        late.discharged_at = START + timedelta(hours=30)
        session.add(Action(case_id=case.id, step="Rotate", kind="remedy", state="done", works="works", made_at=START))
        session.commit()
        ref = case.ref

    # When it is asked for
    status, year = api_for("auditor")("GET", "/statistics?year=2026")

    # Then it says what the page says
    assert (status, year["year"], year["breach_count"], year["told"], year["reached"]) == (200, 2026, 1, None, None)
    assert year["by_kind"] == [{"name": "leaked-token", "count": 1}]
    assert year["by_cause"] == [{"name": "", "count": 1}]
    assert year["effects"][0] == {"name": "Works", "count": 1}
    assert [one for one in year["filings"] if one["law"] == "XX 1"] == [
        {"ref": ref, "law": "XX 1", "hours": 30.0, "term_hours": 24.0, "late_hours": 6.0, "late": True}]
    assert (year["shares"][0]["who"], year["shares"][0]["late"]) == ("Authorities", 1)
    assert year["drills"] == {"count": 1, "last_at": START.isoformat()}
    assert set(year["people"]) == {"low", "high", "known", "unknown", "estimated", "words"}


def test_a_year_without_breaches_knows_nothing_and_one_that_cannot_be_is_refused(api_for: Api) -> None:
    call = api_for("auditor")

    _, empty = call("GET", "/statistics?year=2001")
    assert (empty["breach_count"], empty["filings"], empty["people"]["words"], empty["shares"][0]["percent"]) == (0, [], "—", None)
    assert call("GET", "/statistics?year=9999")[0] == 422
