"""The frame of a case: the numbers beside its tabs, who is there, what comes next."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from incident_app.domain.regimes import Entity
from incident_app.extensions import db
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.services import alerts, cases, rota
from tests.builders import a_case, the_world
from tests.fakes import START, FakeClock
from tests.services.filing_steps import a_draft
from tests.web.posting import post
from tests.web.walk import hired

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def ref(app: Flask) -> str:
    """A case with a checklist."""
    with app.app_context():
        return a_case(db.session(), hired().responder, kind="leaked-token", countries=("DE", "FR")).ref


def plain(client: FlaskClient, path: str) -> str:
    return " ".join(client.get(path).text.split())


def test_tabs_count_what_lies_behind_them_and_warn_of_what_is_late(
    app: Flask, client_for: SignIn, clock: FakeClock, ref: str
) -> None:
    client = client_for("responder")
    page = plain(client, f"/cases/{ref}")
    assert 'Actions <span class="tab-count">8</span>' in page
    assert "actions overdue" not in page
    assert 'Filings <span class="tab-count">' not in page

    clock.move(hours=24 * 365)

    assert 'aria-label="7 actions overdue"' in plain(client, f"/cases/{ref}")


def test_a_text_that_does_not_open_is_said_where_it_would_stand_and_wakes_somebody(
    app: Flask, client_for: SignIn, ref: str
) -> None:
    # Given a case that stands in the place of another
    with app.app_context():
        other = a_case(db.session(), hired().responder, title="The other one", summary="Not for this page.")
        db.session.execute(update(Case).where(Case.ref == ref).values(sealed=other.sealed))
        db.session.commit()
    client = client_for("responder")

    # Then lists and pages go on, and nothing of the other is shown
    page = plain(client, f"/cases/{ref}")
    assert "This text cannot be opened" in page
    assert "Not for this page." not in page
    assert client.get("/register").status_code == client.get("/").status_code == 200

    # And the on-call is woken, once
    with app.app_context():
        (alert,) = db.session.scalars(select(Alert).where(Alert.kind == "sealed_row"))
        assert "a sealed text does not open" in alert.words


def test_next_steps_name_open_actions_and_whoever_must_be_told(app: Flask, client_for: SignIn) -> None:
    with app.app_context():
        a_draft(db.session(), hired())

    page = plain(client_for("responder"), "/cases/BR-2026-001")

    assert "Tell BlnBDI" in page
    assert "Tell affected people" in page
    assert "no date in law: as soon as possible" in page
    assert "Lead authority BlnBDI" in page


def test_a_processor_is_led_to_the_duty_towards_each_controller(
    app: Flask, client_for: SignIn, ref: str
) -> None:
    with app.app_context():
        session, person = db.session(), hired().responder
        case = session.scalars(select(Case)).one()
        facts = replace(cases.facts_of(case), role="processor", controllers=(Entity("Partner one"), Entity("Partner two")))
        cases.edit(session, case.id, facts, version=case.version, by=person, now=START, world=the_world())

    page = client_for("responder").get(f"/cases/{ref}").text

    assert re.search(rf'href="/cases/{ref}/controllers[^"]*">Tell Partner one</a>', page)
    assert "Tell Partner two" in page


def test_open_actions_are_a_next_step(client_for: SignIn, clock: FakeClock, ref: str) -> None:
    client = client_for("responder")
    assert "Work on 8 open actions" in plain(client, f"/cases/{ref}")

    clock.move(hours=24 * 365)

    assert "7 overdue" in plain(client, f"/cases/{ref}")


def test_an_auditor_reads_the_case_and_where_people_live_by_name(client_for: SignIn, ref: str) -> None:
    page = plain(client_for("auditor"), f"/cases/{ref}")

    assert "Germany, France" in page


def test_one_person_who_owns_the_case_and_is_on_call_stands_once(
    app: Flask, client_for: SignIn, clock: FakeClock, ref: str
) -> None:
    with app.app_context():
        people = hired()
        rota.add_shift(db.session(), people.responder.id, clock.now(), clock.now() + timedelta(days=1), by=people.admin,
                       now=clock.now())

    page = plain(client_for("approver"), f"/cases/{ref}")

    assert "owns the case · on call until Tue 24 Nov 10:40 CET" in page


def test_a_case_belongs_to_the_register_in_the_menu(client_for: SignIn, ref: str) -> None:
    page = plain(client_for("responder"), f"/cases/{ref}/actions")

    assert '<a href="/register" aria-current="true">' in page


def test_evidence_is_one_press_away_for_who_may_add_it(client_for: SignIn, ref: str) -> None:
    assert "Add evidence" in client_for("responder").get(f"/cases/{ref}").text
    assert "Add evidence" not in client_for("auditor").get(f"/cases/{ref}").text


@pytest.mark.parametrize("who", ["oncall_person", "reporter", "auditor", "responder"])
def test_no_link_of_a_case_leads_to_a_page_that_is_refused(
    app: Flask, client_for: SignIn, clock: FakeClock, ref: str, who: str
) -> None:
    # Given a case that each of them may read: filed by the reporter, or taken by who is on call
    with app.app_context():
        session, people = db.session(), hired()
        if who == "reporter":
            ref = a_case(session, people.reporter, kind="leaked-token", countries=("DE", "FR")).ref
        if who == "oncall_person":
            alerts.raise_due(session, now=clock.move(hours=66))
            for alert in alerts.running(session, by=people.oncall_person):
                alerts.take(session, alert.id, by=people.oncall_person, now=clock.now())
    client = client_for(who)

    # When they follow every link of its page
    page = client.get(f"/cases/{ref}").text
    ways = set(re.findall(rf'href="(/cases/{ref}/[^"#]+)', page))
    refused = {way for way in ways if client.get(way).status_code >= 400}

    # Then none is refused, what is to be done is said all the same, and to whoever may not do it, who does
    assert refused == set()
    assert bool(ways) == (who in {"auditor", "responder"})
    assert "Score the severity" in page
    assert ("Responders and approvers do these" in page) == (who in {"oncall_person", "reporter"})
    assert ("press <b>Escalate</b>" in page) == (who == "oncall_person")


def test_who_took_a_case_and_escalates_its_alert_still_reads_it(app: Flask, client_for: SignIn, clock: FakeClock, ref: str) -> None:
    # Given a case taken by who is on call, from its alert
    with app.app_context():
        session, people = db.session(), hired()
        alerts.raise_due(session, now=clock.move(hours=66))
        (number,) = {alert.id for alert in alerts.running(session, by=people.oncall_person) if alert.case and alert.case.ref == ref}
        alerts.take(session, number, by=people.oncall_person, now=clock.now())
    client = client_for("oncall_person")
    assert "Ola Oncall" in plain(client, f"/cases/{ref}")

    # When they press what the page of the case tells them to press
    assert post(client, f"/alerts/{number}/escalate").status_code == 302

    # Then the case is theirs to read as before; one they never saw and one that never was look alike
    assert "owns the case" in plain(client, f"/cases/{ref}")
    with app.app_context():
        other = a_case(db.session(), hired().responder, kind="leaked-token", countries=("DE",)).ref
    assert client.get(f"/cases/{other}").status_code == 404
    assert "There is no such case, or it is not open to you." in plain(client, f"/cases/{other}")
    found, never = (re.sub(r'nonce="[^"]+"', "", plain(client, f"/cases/{one}")) for one in (other, "BR-2026-999"))
    assert found == never
