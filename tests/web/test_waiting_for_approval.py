"""An approver learns that something waits for them: on the dashboard, on the case, and by a message."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from incident_app.domain.accounts import Permission
from incident_app.domain.approvals import NEEDS, What, path
from incident_app.extensions import db
from incident_app.models.linking import StaffNote
from incident_app.services import cases, risk
from incident_app.tasks import approvals as tasks
from incident_app.wiring import Ports
from tests.builders import a_case, the_law
from tests.fakes import FakeClock
from tests.services.test_asking_an_approver import WHY, a_quiet_case
from tests.services.test_risk import ANSWERS
from tests.web.walk import AT, REF, Walk, hired

SignIn = Callable[[str], FlaskClient]


def asks_to_close(count: int, clock: FakeClock) -> None:
    """Have a responder ask for so many cases to be closed."""
    people, session = hired(), db.session()
    for _ in range(count):
        case = a_quiet_case(session, people)
        cases.ask_closing(session, case.id, WHY, version=case.version, by=people.responder, now=clock.now())


def test_the_approver_is_led_from_the_dashboard_to_the_notice_and_told_by_email(
    app: Flask, client_for: SignIn, test_ports: Ports, clock: FakeClock
) -> None:
    # Given a responder who asks for approval of a notice
    with app.app_context():
        a_case(db.session(), hired().responder, data_categories=("ai_prompts",))
    walk = Walk(app, client_for, test_ports, clock)
    walk.upload(b"name,email\nAnn,ann@example.org\n")
    walk.draft()
    line = f"<b>{REF}:</b> notice 1 waits for your approval"
    assert line not in walk.approver.get("/").text
    assert walk.post(walk.responder, f"{AT}/approval/ask", f"{AT}/approval")[0] == 200

    # Then the approver's dashboard has a line that leads to the very page, and the case says it as a next step
    page = walk.approver.get("/").text
    assert line in " ".join(page.split())
    assert f'href="{AT}/approval"' in page
    assert "Notice 1 waits for your approval" in walk.approver.get(f"/cases/{REF}").text
    assert walk.approver.get(f"{AT}/approval").status_code == 200

    # And for who asked it is a next step to know of, and no line
    assert "waits for your approval" not in walk.responder.get("/").text
    case = walk.responder.get(f"/cases/{REF}").text
    assert "Notice 1 waits for an approver" in case
    assert "Rene Responder asked" in case

    # When the clock comes by, the message has the address
    with app.app_context():
        tasks.tell.run()
        notes = db.session.scalars(select(StaffNote).where(StaffNote.kind == "approval")).all()
        assert {note.address for note in notes} == {"approver@example.org", "second_approver@example.org"}
        assert notes[0].subject == f"{REF} · notice 1 waits for your approval"
        assert notes[0].text.endswith(f"{test_ports.public_url}{AT}/approval")
    told = walk.responder.get(f"/cases/{REF}/timeline").text
    assert told.count("An approver was told that something waits for them") == 2

    # And nothing is left of it once it was answered
    assert walk.post(walk.approver, f"{AT}/approval/give", f"{AT}/approval")[0] == 200
    assert "waits for your approval" not in walk.approver.get("/").text + walk.approver.get(f"/cases/{REF}").text


def test_the_second_person_is_led_to_the_decision_not_to_tell(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    # Given an approver who decides that people are not told
    with app.app_context():
        people, session = hired(), db.session()
        case = a_case(session, people.responder)
        risk.assess(session, case.id, ANSWERS, reasons={}, extra=risk.Extra(), by=people.responder, now=clock.now(), law=the_law())
        risk.decide(session, case.id, "people", risk.NOT_REQUIRED, "Nobody could read it.", by=people.approver, now=clock.now())

    # Then the other one has a line that leads to the very question
    second = client_for("second_approver")
    page = " ".join(second.get("/").text.split())
    assert f"<b>{REF}:</b> the decision not to tell the people waits for your approval" in page
    assert f'href="/cases/{REF}/assess#decide-people"' in page
    question = second.get(f"/cases/{REF}/assess").text
    assert 'id="decide-people"' in question
    assert "Your answer as the second person" in question

    # And for who decided it is a next step of the case
    asker = client_for("approver")
    assert "waits for your approval" not in asker.get("/").text
    assert "The decision not to tell the people waits for an approver" in asker.get(f"/cases/{REF}").text


def test_many_of_them_do_not_push_the_clocks_off_the_page(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    client = client_for("approver")
    with app.app_context():
        asks_to_close(5, clock)

    page = " ".join(client.get("/").text.split())

    assert page.count("closing the case waits for your approval") == 3
    assert "<summary>2 more wait for your approval</summary>" in page
    assert '<a href="/cases/BR-2026-005/close">BR-2026-005: closing the case</a>' in page


def test_the_dashboard_asks_once_however_many_cases_wait(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    client, found = client_for("approver"), list[str]()

    def asked() -> int:
        found.clear()
        client.get("/")
        return len(found)

    with app.app_context():
        asks_to_close(1, clock)
        event.listen(db.engine, "before_cursor_execute", lambda *given: found.append(given[2]))
        client.get("/")  # what is kept for the next time
        few = asked()
        asks_to_close(4, clock)
        client.get("/")
        assert asked() == few


@pytest.mark.parametrize("what", list(What))
def test_every_kind_has_a_page_that_is_there_and_somebody_who_answers(app: Flask, what: What) -> None:
    adapter = app.url_map.bind("localhost")

    endpoint, given = adapter.match(path(what, "BR-2026-001", 3).partition("#")[0], method="GET")

    assert given["ref"] == "BR-2026-001"
    assert endpoint.split(".")[0] in {"notices", "publishing", "filings", "deliveries", "cases", "retention", "risk"}
    assert isinstance(NEEDS[what], Permission)
