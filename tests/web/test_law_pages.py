"""The law as it is loaded, the directory, the organisation's own clocks, and what it is, as pages."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.organisation import Organisation
from incident_app.services import obligations
from incident_app.wiring import Ports
from tests.builders import the_law
from tests.fakes import FakeClock
from tests.web.test_pages import BREACH, post

Client = Callable[[str], FlaskClient]
CLOCK: dict[str, object] = {
    "name": "Cyber policy", "recipient": "Insurer hotline", "value": "48", "unit": "hours", "anchor": "aware",
    "source": "Policy 77, clause 4", "note": "Call, then write.",
}


@pytest.mark.parametrize("who", ["reporter", "responder", "approver", "oncall_person", "auditor", "admin"])
def test_everybody_may_read_the_law(client_for: Client, who: str) -> None:
    client = client_for(who)

    for path in ("/law", "/law/EU-GDPR", "/law/authorities"):
        assert client.get(path).status_code == 200
    assert 'href="/law"' in client.get("/me").text


def test_every_law_stands_there_in_words(client_for: Client) -> None:
    page = client_for("responder").get("/law").text

    for regime in the_law().regimes:
        assert f'href="/law/{regime.id}"' in page
    assert the_law().version in page
    assert "72 hours from awareness" in page


@pytest.mark.parametrize(("words", "there", "gone"), [
    ("germany", "EU-GDPR", "BR-LGPD"), ("brazil", "BR-LGPD", "EU-GDPR"), ("Art 33(1)", "EU-GDPR", "BR-LGPD"),
    ("ransom", "AU-RANSOM", "EU-GDPR\""),
])
def test_the_law_is_searched_by_country_article_and_word(client_for: Client, words: str, there: str, gone: str) -> None:
    page = client_for("responder").get("/law", query_string={"q": words}).text

    assert f"/law/{there}" in page
    assert f"/law/{gone}" not in page


def test_words_that_nothing_holds_lead_back_to_all(client_for: Client) -> None:
    responder = client_for("responder")

    assert "Nothing holds these words" in responder.get("/law?q=zzzz").text
    assert "No authority holds these words" in responder.get("/law/authorities?q=zzzz").text


def test_a_proposal_is_never_shown_as_law(client_for: Client) -> None:
    page = client_for("responder").get("/law/EU-GDPR-OMNIBUS").text

    assert "A proposal, not law" in page
    assert "In force" not in page
    assert "In force since 25 May 2018" in client_for("responder").get("/law/EU-GDPR").text


def test_each_rule_says_where_it_was_read_and_what_counsel_should_confirm(client_for: Client) -> None:
    page = client_for("responder").get("/law/RU-152FZ").text

    assert 'href="https://www.klerk.ru"' in page
    assert "Have counsel confirm" in page
    assert "none on file" in page


def test_a_law_that_is_not_there_is_not_found(client_for: Client) -> None:
    assert client_for("responder").get("/law/ATLANTIS").status_code == 404


def test_the_directory_names_countries_and_languages(client_for: Client) -> None:
    page = client_for("responder").get("/law/authorities?q=austria").text

    assert "Datenschutzbehörde" in page
    assert "German" in page
    assert "Web form" in page
    assert 'href="https://dsb.gv.at"' in page
    assert "1 of 96 authorities" in page


def test_a_clock_of_a_contract_is_added_runs_in_every_case_and_is_ended(
    app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock
) -> None:
    # Given an open case
    responder, approver = client_for("responder"), client_for("approver")
    post(responder, "/cases/new", BREACH)

    # When a clock is added, and the tick has come
    status, text = post(approver, "/law/clocks", CLOCK)
    assert (status, "Insurer hotline" in text) == (200, True)
    assert "48 hours from the moment we are aware" in text
    with app.app_context():
        obligations.follow_law(db.session(), law=test_ports.law, calendar=test_ports.calendar, now=clock.now())

    # Then the case has its duty, by the name of the contract, until the clock is ended
    page = responder.get("/cases/BR-2026-001/duties").text
    assert "Cyber policy · Policy 77, clause 4" in page
    status, text = post(approver, "/law/clocks/1/end", {}, "/law/clocks")
    assert (status, "Ended" in text, "No clocks of your own yet" in text) == (200, True, True)
    assert post(approver, "/law/clocks/1/end", {}, "/law/clocks")[0] == 404


@pytest.mark.parametrize(("change", "words"), [
    ({"name": ""}, "Give it a name"), ({"recipient": " "}, "Say who must be told."), ({"source": ""}, "where it is written"),
    ({"value": "soon"}, "Give a whole number"), ({"value": "0"}, "Give a whole number"), ({"unit": "moons"}, "Choose"),
])
def test_a_clock_that_makes_no_sense_is_named_and_what_was_typed_stays(
    client_for: Client, change: dict[str, object], words: str
) -> None:
    status, text = post(client_for("approver"), "/law/clocks", CLOCK | change)

    assert status == 422
    assert words in text
    assert "Call, then write." in text


def test_only_who_manages_clocks_and_settings_sees_them(client_for: Client) -> None:
    responder = client_for("responder")

    assert responder.get("/law/clocks").status_code == 403
    assert responder.get("/law/organisation").status_code == 403
    assert "/law/clocks" not in responder.get("/law").text


def sectors(app: Flask) -> list[str] | None:
    with app.app_context():
        return db.session.scalars(select(Organisation)).one().sectors


def test_what_the_organisation_is_is_answered_once(app: Flask, client_for: Client) -> None:
    admin, page = client_for("admin"), "/law/organisation"
    assert "Do you issue electronic signatures" in admin.get(page).text

    # Given one answer only: the questions left open are named, nothing is saved
    status, text = post(admin, page, {"financial": "yes"})
    assert (status, "17 questions are left open." in text, sectors(app)) == (422, True, [])

    # When the rest is answered with no
    status, text = post(admin, page, {"financial": "yes", "rest": "no"})

    # Then that is what the organisation is, until nothing is answered any more
    assert (status, "1 of 18 with yes" in text, sectors(app)) == (200, True, ["financial"])
    status, text = post(admin, page, {})
    assert (status, "Nobody has answered yet." in text, sectors(app)) == (200, True, None)


def test_the_term_is_said_as_the_clocks_count_it(client_for: Client) -> None:
    page = client_for("auditor").get("/law/EU-GDPR").text

    assert "72 hours from awareness: to the minute, through nights and weekends" in page
    assert "the broken hour not counted" not in page
    assert "no clock runs to it" in page
