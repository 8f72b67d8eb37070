"""The pages of the profile's systems, of the systems of a case, and the earlier breach a new one shows."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.lessons import Lessons
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, lessons
from tests.builders import a_case, the_law
from tests.fakes import START
from tests.web.posting import post

Browser = Callable[[str], FlaskClient]
BILLING = {"name": "Billing", "description": "Invoices", "place": "Frankfurt", "data_categories": ["payment", "contact"],
           "people_kinds": ["customers"], "processors": "Host\nPayments", "list_source": "Report 12"}


@pytest.fixture
def refs(app: Flask) -> tuple[str, str]:
    """Two filed cases; the earlier one has its cause and lessons."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        old, new = (a_case(db.session(), user.actor, title=title) for title in ("Open export", "Open backup"))
        for case in (old, new):
            lessons.save(db.session(), case.id, Lessons("misconfiguration", differently="Check every link."), version=0,
                         by=user.actor, now=START, words=the_law().words)
        return old.ref, new.ref


def test_a_system_is_entered_changed_and_retired_and_its_versions_say_what_changed(client_for: Browser) -> None:
    # Given an approver who enters a system
    page = client_for("approver")
    assert "No system yet" in page.get("/systems").text
    made = post(page, "/systems/new", BILLING, follow=True).text
    assert "“Billing” can be picked in every case from now on." in made

    # When it is changed and retired
    wrong = post(page, "/systems/1", BILLING | {"version": "1", "name": " "})
    assert (wrong.status_code, "Say what the system is called." in wrong.text) == (422, True)
    changed = post(page, "/systems/1", BILLING | {"version": "1", "place": "Dublin"}, follow=True).text
    assert re.search(r"<del[^>]*>Frankfurt</del>\s*<ins[^>]*>Dublin</ins>", changed)
    assert "Cases that have it keep it." in post(page, "/systems/1/retire", {"version": "2"}, follow=True).text

    # Then an auditor reads it without a form, and a reporter not at all
    read = client_for("auditor").get("/systems/1").text
    assert "Payment" in read
    assert "Offered no more" in read
    assert "Save a new version" not in read
    assert "Billing" in client_for("auditor").get("/systems").text
    assert post(client_for("auditor"), "/systems/1", BILLING).status_code == 403
    assert client_for("reporter").get("/systems").status_code == 403
    assert post(page, "/systems/new", BILLING).status_code == 422
    assert "It can be picked again." in post(page, "/systems/1/use", {"version": "3"}, follow=True).text


def test_who_was_slower_sees_both_versions_of_a_system(client_for: Browser) -> None:
    post(client_for("approver"), "/systems/new", BILLING)
    post(client_for("admin"), "/systems/1", BILLING | {"version": "1", "place": "Dublin"})

    answer = post(client_for("approver"), "/systems/1", BILLING | {"version": "1", "place": "Paris"})

    assert answer.status_code == 409
    assert "Dublin" in answer.text
    assert "Paris" in answer.text


def test_a_case_says_what_was_filled_in_from_where_and_shows_the_earlier_breach(app: Flask, client_for: Browser, refs: tuple[str, str]) -> None:
    old, new = refs
    post(client_for("approver"), "/systems/new", BILLING)
    page = client_for("responder")
    assert f"/cases/{new}/systems/1/pick" in page.get(f"/cases/{new}/systems").text

    # When the system is picked
    picked = post(page, f"/cases/{new}/systems/1/pick", follow=True).text

    # Then both pages say what it filled in, where a list of the people comes from, and the earlier breach with its lesson
    assert "Filled in processors: Host, Payments" in picked
    shown = page.get(f"/cases/{new}").text
    assert "A list of the people: Report 12" in shown
    assert "Similar earlier breaches" in shown
    assert f"/cases/{old}\"" in shown
    assert "Check every link." in shown
    assert "the cause “Wrong settings”" in shown
    assert "Similar earlier breaches" not in page.get(f"/cases/{old}").text

    # And taking it away again empties what it filled in
    assert "Taken away" in post(page, f"/cases/{new}/systems/1/drop", follow=True).text
    with app.app_context():
        assert db.session().query(Case).filter_by(ref=new).one().processors == []
    assert post(page, f"/cases/{new}/systems/1/drop").status_code == 404
    assert "Nothing can be picked here." in client_for("auditor").get(f"/cases/{new}/systems").text


def test_a_breach_is_logged_with_its_systems(app: Flask, client_for: Browser) -> None:
    post(client_for("approver"), "/systems/new", BILLING)
    page = client_for("reporter")
    assert "Which systems were hit?" in page.get("/cases/new").text

    answer = post(page, "/cases/new", {
        "title": "Invoices open", "kind": "other", "aware_when": "now", "zone": "Europe/Berlin", "aware_source": "A customer",
        "detected_when": "same", "people_data": "yes", "count_certainty": "unknown", "team": "", "systems": "1"})

    assert answer.status_code == 302
    with app.app_context():
        assert db.session().query(Case).one().data_categories == ["payment", "contact"]


def test_the_profile_of_the_organisation_is_kept_and_its_versions_are_shown(client_for: Browser) -> None:
    page = client_for("admin")
    typed = {"version": "1", "name": "Assistant bot service", "country": "DE", "zone": "Europe/Berlin", "eu_establishment": "y",
             "establishments": "ES Madrid, head office", "contacts": "Security; Sam; sam@example.org", "controllers": "Second GmbH"}
    wrong = post(page, "/organisation", typed | {"establishments": "Spain"})
    assert (wrong.status_code, "Begin each line with two letters" in wrong.text) == (422, True)

    saved = post(page, "/organisation", typed, follow=True).text

    assert "ES Madrid, head office" in saved
    assert "What was changed" in saved
    assert "Security; Sam; sam@example.org" in saved
    stale = post(page, "/organisation", typed | {"controllers": "Third GmbH"})
    assert (stale.status_code, "Second GmbH" in stale.text, "Third GmbH" in stale.text) == (409, True, True)
