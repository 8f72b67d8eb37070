"""The actions of a case and the list of everything to do."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.remediation import Action
from incident_app.services import accounts
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def ref(app: Flask) -> str:
    """A filed case with the actions of its runbook."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        return a_case(db.session(), user.actor, kind="leaked-token").ref


def _first(app: Flask) -> Action:
    with app.app_context():
        return db.session().scalars(select(Action).order_by(Action.id)).first()  # type: ignore[return-value]  # filing has loaded some


def test_filing_a_case_loads_the_checklist_of_its_kind(client_for: SignIn, ref: str) -> None:
    page = client_for("responder").get(f"/cases/{ref}/actions").text

    assert "Revoke the token and issue a new one" in page
    assert "0 of 8 done" in page
    assert "runbook leaked-token, version" in page


def test_an_action_is_done_with_proof(app: Flask, client_for: SignIn, ref: str) -> None:
    action = _first(app)
    client = client_for("responder")

    refused = post(client, f"/actions/{action.id}/done", {"version": action.version, "proof_text": " "})
    assert refused.status_code == 422
    assert "Say what shows that it is done." in refused.text

    page = post(client, f"/actions/{action.id}/done", {"version": action.version, "proof_text": "401 at 10:02"},
                       follow=True).text
    assert "401 at 10:02" in page
    assert "1 of 8 done" in page

    # and the timeline says which one, and how many the checklist had
    told = client.get(f"/cases/{ref}/timeline").text
    assert f"{action.title} · 401 at 10:02" in told
    assert "Checklist loaded" in told
    assert "8 steps" in told


def test_an_action_is_assigned_and_dated_in_the_zone_of_the_case(app: Flask, client_for: SignIn, ref: str) -> None:
    action, client = _first(app), client_for("responder")
    with app.app_context():
        owner = accounts.find(db.session(), "approver@example.org")
        assert owner is not None

    page = post(client, f"/actions/{action.id}/change", follow=True,
                data={"owner_id": owner.id, "due_at": "2026-12-01T12:00", "version": action.version}).text

    assert "due Tue 1 Dec 2026 12:00 CET" in page
    assert "Ada Approver" in page
    assert 'value="2026-12-01T12:00"' in page


def test_an_action_is_not_needed_with_a_reason_and_dates_are_checked(app: Flask, client_for: SignIn, ref: str) -> None:
    action, client = _first(app), client_for("responder")

    odd = post(client, f"/actions/{action.id}/change", {"due_at": "soon", "version": action.version})
    assert odd.status_code == 422
    assert "date and time" in odd.text

    page = post(client, f"/actions/{action.id}/not-needed", follow=True,
                data={"reason": "There was no token.", "version": action.version}).text
    assert "There was no token." in page
    assert "1 not needed" in page


def test_a_stale_form_is_a_conflict(app: Flask, client_for: SignIn, ref: str) -> None:
    action = _first(app)

    answer = post(client_for("responder"), f"/actions/{action.id}/done", {"version": 9, "proof_text": "x"})

    assert answer.status_code == 409


def test_an_action_is_added(client_for: SignIn, ref: str) -> None:
    client = client_for("responder")

    wrong = post(client, f"/cases/{ref}/actions", {"title": "", "kind": "remedy", "due_at": "x"})
    assert wrong.status_code == 422
    nameless = post(client, f"/cases/{ref}/actions", {"title": "", "kind": "remedy"})
    assert "Say in one line what is to be done." in nameless.text

    page = post(client, f"/cases/{ref}/actions", follow=True,
        data={"title": "Ask the provider", "kind": "mitigate", "owner_id": 0, "due_at": "2026-12-01T12:00", "proof": "Mail"},
    ).text
    assert "Ask the provider" in page
    assert "0 of 9 done" in page


def test_the_list_shows_mine_the_overdue_and_all(client_for: SignIn, ref: str, clock: FakeClock) -> None:
    client = client_for("responder")
    clock.move(hours=2)

    assert "Nothing is yours to do" in client.get("/actions").text
    assert "Revoke the token" in client.get("/actions?whose=overdue").text
    assert "Give tokens the least rights" in client.get("/actions?whose=all").text
    assert client.get("/actions?whose=yours").status_code == 422


@pytest.mark.parametrize(("who", "status"), [("auditor", 200), ("approver", 200), ("reporter", 403), ("admin", 403)])
def test_who_may_see_the_actions(app: Flask, client_for: SignIn, ref: str, who: str, status: int) -> None:
    client = client_for(who)

    assert client.get("/actions?whose=all").status_code == status
    assert client.get(f"/cases/{ref}/actions").status_code == status
    if who != "approver":
        assert post(client, f"/actions/{_first(app).id}/done", {"proof_text": "x"}).status_code == 403


def test_what_does_not_exist_is_not_found(client_for: SignIn) -> None:
    client = client_for("responder")

    assert post(client, "/actions/4711/done", {"proof_text": "x"}).status_code == 404
    assert client.get("/cases/BR-1999-001/actions").status_code == 404


def test_a_closed_case_takes_no_more_actions(app: Flask, client_for: SignIn, ref: str) -> None:
    action, client = _first(app), client_for("responder")
    with app.app_context():
        row = db.session().get_one(Action, action.id)
        row.case.state = "closed"
        db.session().commit()

    assert post(client, f"/cases/{ref}/actions", {"title": "More", "kind": "remedy", "owner_id": 0}).status_code == 409
    assert "Mark done" not in client.get(f"/cases/{ref}/actions").text


def test_whoever_has_nothing_to_do_is_led_to_what_is_late(client_for: SignIn, clock: FakeClock, ref: str) -> None:
    client = client_for("responder")
    assert "8 open anywhere" in client.get("/actions").text

    clock.move(hours=24 * 365)

    page = client.get("/actions").text
    assert "8 overdue anywhere" in page
    assert 'href="/actions?whose=overdue"' in page
