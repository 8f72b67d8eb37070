"""The first page: what is late, what is next, what is being sent, who is on call, what waits for a decision."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.organisation import Organisation
from incident_app.services import accounts, alerts, deliveries, filings, rota
from incident_app.services.unit import writing
from incident_app.wiring import Ports
from tests.builders import a_case, the_law
from tests.fakes import FakeClock
from tests.machines import all_live
from tests.people import ANYBODY
from tests.services.duties import a_duty, a_plain_case
from tests.services.filing_steps import a_draft
from tests.web.posting import post
from tests.web.walk import Walk, hired

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def case(app: Flask) -> str:
    """A case whose clock has just begun."""
    with app.app_context():
        return a_case(db.session(), hired().responder).ref


def on_call(app: Flask, clock: FakeClock) -> None:
    with app.app_context():
        people = hired()
        start = clock.now()
        for day, who in enumerate((people.oncall_person, people.responder)):
            rota.add_shift(db.session(), who.id, start + timedelta(days=day), start + timedelta(days=day + 1),
                           by=people.admin, now=start)


def rota_page(app: Flask) -> str:
    with app.test_request_context():
        return url_for("rota.show")


def the_demo(app: Flask) -> None:
    with app.app_context(), writing(db.session()):
        db.session.scalars(select(Organisation)).one().is_demo = True


def test_who_manages_accounts_alone_begins_with_the_people_who_work_here(client_for: SignIn) -> None:
    client = client_for("admin")

    # However they come to the first page: by its address, or by the name of the app on every page
    first = client.get("/")
    assert (first.status_code, first.location) == (302, "/people")
    assert client.get("/", follow_redirects=True).status_code == 200
    assert '<a class="brand" href="/">' in client.get("/me").text


def test_only_the_demo_is_called_a_demo_where_nothing_is_sent(app: Flask, client_for: SignIn) -> None:
    client = client_for("responder")

    # Given a house of its own whose channels are still simulated
    page = client.get("/").text
    assert "<b>Nothing is sent</b>" in page
    assert "<b>Demo</b>" not in page

    # … and somebody of the demo
    with app.app_context(), writing(db.session()):
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        user.is_demo = True
    assert "<b>Demo</b>" in client.get("/").text


def test_a_house_without_a_case_says_what_to_do_and_that_nobody_is_on_call(app: Flask, client_for: SignIn) -> None:
    page = client_for("responder").get("/").text

    assert "No clock is running" in page
    assert 'href="/cases/new">Log a breach' in page
    assert f'<a href="{rota_page(app)}">Fill the rota</a>' in page


def test_the_next_deadline_says_who_started_the_clock_and_who_is_paged_next(
    app: Flask, client_for: SignIn, clock: FakeClock, case: str
) -> None:
    on_call(app, clock)
    with app.app_context():
        alerts.raise_due(db.session(), now=clock.now())

    page = client_for("responder").get("/").text

    assert "Next deadline: BlnBDI" in " ".join(page.split())
    assert "Clock started by" in page
    assert "SOC call" in page
    assert "Rene Responder, Tue 24 Nov 10:40 CET" in page
    assert "72 h\nArt 33(1)" in page
    assert "Reminder at 48 h left" in page


def test_a_draft_shows_how_much_of_it_is_answered_and_is_one_press_away(app: Flask, client_for: SignIn) -> None:
    with app.app_context():
        a_draft(db.session(), hired())

    page = client_for("responder").get("/").text

    assert "required answers given" in page
    assert 'href="/cases/BR-2026-001/filings/1"' in page


def test_several_late_duties_are_one_banner_that_leads_to_the_worst(
    app: Flask, client_for: SignIn, clock: FakeClock, case: str
) -> None:
    with app.app_context():
        a_case(db.session(), hired().responder, aware_at=clock.now() - timedelta(hours=5))
    clock.move(hours=80)

    page = " ".join(client_for("responder").get("/").text.split())

    assert "<b>2 overdue:</b> the worst is BlnBDI, BR-2026-002, 13 h 0 min overdue" in page
    assert page.count("banner-late") == 1


def test_one_case_to_decide_leads_to_it_and_several_to_the_list(app: Flask, client_for: SignIn, case: str) -> None:
    client = client_for("approver")
    assert f'href="/cases/{case}/assess">Decide' in client.get("/").text

    with app.app_context():
        a_case(db.session(), hired().responder)

    assert 'href="/register?filter=decide">Decide' in client.get("/").text


def test_who_is_on_call_and_what_is_not_answered(app: Flask, client_for: SignIn, clock: FakeClock, case: str) -> None:
    client = client_for("responder")
    assert "Nobody is on call" in client.get("/").text
    on_call(app, clock)
    with app.app_context():
        alerts.raise_due(db.session(), now=clock.move(hours=23))
        alerts.raise_due(db.session(), now=clock.move(hours=1, minutes=-1))
        alerts.send_demo(db.session(), by=hired().oncall_person, now=clock.now())

    page = client.get("/").text
    assert "Ola Oncall" in page
    assert "1 alert not answered" in page
    assert "Next: Rene Responder" in page

    with app.app_context():
        alerts.acknowledge(db.session(), alerts.running(db.session(), by=ANYBODY)[0].id, by=hired().oncall_person, now=clock.now())
    page = client.get("/").text
    assert "Answered 10:39" in page
    assert "not answered" not in page


def test_every_moment_is_in_the_time_of_who_reads(app: Flask, client_for: SignIn, clock: FakeClock, case: str) -> None:
    # Given a case in Berlin with a clock that runs, and a responder in New York
    on_call(app, clock)
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        user.zone = "America/New_York"
        db.session.commit()
        alerts.raise_due(db.session(), now=clock.now())

    page = " ".join(client_for("responder").get("/").text.split())

    # Then deadline, reminders, who is paged next and the rota are all in theirs, as on the page of the rota
    assert "until Tue 24 Nov 04:40 EST" in page
    assert "Rene Responder, Tue 24 Nov 04:40 EST" in page
    assert "EST" in page[page.index("Next deadline"):page.index("Clock started by")]
    main = page[page.index("<main"):page.index("</main>")]
    assert [main[max(0, at - 60):at + 3] for at in range(len(main)) if main.startswith("CET", at)] == []


def test_the_on_call_person_sees_the_rota_and_of_the_cases_number_and_clock(
    app: Flask, client_for: SignIn, clock: FakeClock, case: str
) -> None:
    on_call(app, clock)
    client = client_for("oncall_person")

    # Given a clock that runs, in a case of somebody else
    page = " ".join(client.get("/").text.split())
    assert "until Tue 24 Nov 10:40 CET" in page
    assert "No clock is running" not in page
    assert f'<span class="muted">Not within your scope</span><span class="sub ref">{case}</span>' in page
    assert "BlnBDI" in page
    assert "Conversation export" not in page
    assert f'"/cases/{case}"' not in page, "it cannot be opened yet"
    assert "nobody yet" not in page, "it may well have an owner"

    # When they take it, in the last hours
    with app.app_context():
        alerts.raise_due(db.session(), now=clock.move(hours=66))
        alert = alerts.running(db.session(), by=ANYBODY)[0]
        alerts.take(db.session(), alert.id, by=hired().oncall_person, now=clock.now())

    # Then it stands there in full, with them as its owner, and once it is late says so
    page = client.get("/").text
    assert f'<a class="main-link" href="/cases/{case}">Conversation export' in page
    assert '<td data-label="Who">Ola Oncall</td>' in page
    clock.move(hours=7)
    assert "1 overdue:" in client.get("/").text


def test_of_a_restricted_case_the_on_call_person_sees_the_number_and_the_time_alone(
    app: Flask, client_for: SignIn, clock: FakeClock, case: str
) -> None:
    with app.app_context(), writing(db.session()):
        db.session.scalars(select(Case).where(Case.ref == case)).one().restricted = True
    clock.move(hours=80)

    page = " ".join(client_for("oncall_person").get("/").text.split())

    assert "BlnBDI" not in page
    assert f"<b>1 overdue:</b> {case}, 8 h 0 min overdue" in page
    assert 'href="/register?filter=overdue">Open' in page


def test_where_they_may_see_no_clock_the_page_claims_nothing_of_others(client_for: SignIn, case: str) -> None:
    page = client_for("reporter").get("/").text

    assert "No clock is running that you may see" in page
    assert case not in page


def test_what_is_being_sent_refreshes_itself(
    app: Flask, client_for: SignIn, clock: FakeClock, test_ports: Ports, case: str
) -> None:
    walk = Walk(app, client_for, test_ports, clock)
    walk.to_approved()
    walk.launch(12)

    page = walk.responder.get("/").text

    assert "Sending now" in page
    assert 'data-poll="/cases/BR-2026-001/notices/1/delivery/progress.json"' in page
    walk.pump()
    with app.app_context():
        deliveries.sweep(db.session(), now=clock.now(), law=the_law())
    assert "Sending now" not in walk.responder.get("/").text


def test_the_rail_counts_what_waits_and_says_whether_all_is_well(
    app: Flask, client_for: SignIn, clock: FakeClock, case: str
) -> None:
    client = client_for("responder")
    page = client.get("/register").text
    assert '<span class="count">1</span>' in page
    assert "Not healthy" in page

    with app.app_context():
        all_live(db.session(), clock.now())

    assert "worker 0 s ago" in client.get("/register").text


def test_a_reporter_sees_no_numbers_of_others(client_for: SignIn, case: str) -> None:
    page = client_for("reporter").get("/").text

    assert '<span class="count">' not in page


def test_the_tour_leads_through_the_demo_and_can_be_skipped(
    app: Flask, client_for: SignIn, clock: FakeClock, test_ports: Ports, case: str
) -> None:
    # Given the demo with its prepared notice
    client = client_for("responder")
    assert "Five things to try" not in client.get("/").text
    assert client.get("/tour/1").status_code == 404
    the_demo(app)
    walk = Walk(app, client_for, test_ports, clock)
    walk.upload(b"name,email\nSam,sam@example.org\n")
    walk.draft()

    # When somebody looks at its first step
    page = client.get("/").text
    assert "Look at the clock that has 72 h 0 min left" in page
    assert "See why the severity is not scored" in page
    answer = client.get("/tour/1")

    # Then they stand at the case, and the step is ticked; a step that must be done is not ticked by looking
    assert answer.location == f"/cases/{case}"
    assert client.get("/tour/3").location == f"/cases/{case}/notices/1"
    assert client.get("/").text.count('class="is-done"') == 1
    assert client.get("/tour/9").status_code == 404

    # And once skipped it stands under Help
    assert "Help" in post(client, "/tour/skip", follow=True).text
    assert "Five things to try" not in client.get("/").text
    assert "Five things to try" in client.get("/help").text
    assert "Five things to try" not in client_for("reporter").get("/help").text


def test_the_tour_says_so_when_the_clock_has_run_out_or_stopped(
    app: Flask, client_for: SignIn, clock: FakeClock, test_ports: Ports, case: str
) -> None:
    the_demo(app)
    walk = Walk(app, client_for, test_ports, clock)
    walk.upload(b"name,email\nSam,sam@example.org\n")
    walk.draft()
    clock.move(hours=73)
    client = client_for("auditor")
    assert "Look at the clock that has 1 h 0 min overdue" in client.get("/").text

    with app.app_context():
        duty = filings.duties_to_authorities(db.session(), 1)[0]
        with writing(db.session()):
            duty.state = "excused"

    assert "Look at the clocks of the first case" in client.get("/").text


def test_an_open_decision_leads_to_where_it_is_decided_and_says_who_decides(app: Flask, client_for: SignIn) -> None:
    # Given a case of which nothing is open but a further duty, beside the risk
    with app.app_context():
        session = db.session()
        number = a_duty(session, a_plain_case(session), state="undecided", threshold_id="significant_incident",
                        why="Serves people there. Owed: for a significant incident.").id
    at = f"/cases/BR-2026-021/duties#duty-{number}"
    responder, approver = client_for("responder"), client_for("approver")

    # Then the line leads to the duty itself: to decide for one, to read for the other, who learns who decides
    assert f'href="{at}">Decide</a>' in approver.get("/").text
    assert f'href="{at}">Open</a>' in responder.get("/").text
    assert "An approver decides this." in responder.get("/cases/BR-2026-021").text
    page = responder.get("/cases/BR-2026-021/duties").text
    assert "An approver decides this." in page
    assert "Decide…" not in page
    page = approver.get("/cases/BR-2026-021/duties").text
    assert "An approver decides this." not in page
    assert "Decide…" in page
