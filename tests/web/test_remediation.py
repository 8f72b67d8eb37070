"""The actions of a case and the list of everything to do."""

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

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
    assert "A checklist was loaded into the case" in told
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


def test_what_an_action_is_may_be_changed_while_it_is_open(app: Flask, client_for: SignIn, ref: str) -> None:
    action, client = _first(app), client_for("responder")
    assert action.mandatory
    form = {"owner_id": 0, "due_at": "", "title": "Revoke both tokens", "kind": "contain", "mandatory": "no",
            "proof": "401 from both", "version": action.version}

    # Not mandatory any more without a reason: nothing is saved, and what was typed is still there
    refused = post(client, f"/actions/{action.id}/change", form)
    assert refused.status_code == 422
    assert "Say why the case may be closed without it." in refused.text
    assert 'value="Revoke both tokens"' in refused.text

    page = post(client, f"/actions/{action.id}/change", form | {"reason": "They expired by themselves"}, follow=True).text
    assert "Revoke both tokens" in page
    assert "Not mandatory any more" in page
    assert "They expired by themselves" in page
    assert "401 from both" in page


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
    assert "7 overdue anywhere" in page, "one waits for another and has no date"
    assert 'href="/actions?whose=overdue"' in page


def test_an_action_waits_is_proved_checked_and_looked_at_on_its_page(app: Flask, client_for: SignIn, ref: str, clock: FakeClock) -> None:
    responder, approver = client_for("responder"), client_for("approver")

    # Given two things to do, of which the second, which is mandatory, waits for the first
    for title, more in (("Stop it", {"due_hours": "1,5"}), ("Close it for good", {"waits_for": "9", "due_hours": "8", "mandatory": "y", "review_days": "20"})):
        assert post(responder, f"/cases/{ref}/actions", {"title": title, "kind": "remedy", "owner_id": 0} | more).status_code == 302
    page = responder.get(f"/cases/{ref}/actions").text
    assert "waits for 9" in page
    assert "due 8 h after it is free" in page
    with app.app_context():
        stop, close = db.session().scalars(select(Action.id).order_by(Action.id.desc()).limit(2)).all()[::-1]

    # Then it is not done before, and what is typed wrong is said in words
    early = post(responder, f"/actions/{close}/done", {"proof_text": "Shut", "proof_link": "ftp://x"})
    assert early.status_code == 422
    assert "It waits for “Stop it”. Finish that first" in early.text
    assert "begins with https://" in early.text
    for field, typed, words in (("waits_for", "99", "no action number 99"), ("due_hours", "soon", "such as 4 or 1.5"),
                                ("due_hours", "1.x", "such as 4"), ("due_hours", ".", "above 0"), ("review_days", "x", "whole number of days")):
        wrong = post(responder, f"/actions/{close}/change", {"owner_id": "0", "due_at": "", field: typed})
        assert (wrong.status_code, words in wrong.text) == (422, True), field

    # When both are done, one of them with the address of a page
    post(responder, f"/actions/{stop}/done", {"proof_text": "Off"})
    page = post(responder, f"/actions/{close}/done", {"proof_link": "https://wiki.example.org/closed"}, follow=True).text
    assert 'href="https://wiki.example.org/closed" rel="noopener noreferrer nofollow"' in page
    assert "You ended this yourself" in page

    # Then a second person sends it back, and sees it done again, with what was there before
    assert "Close it for good" in approver.get("/actions?whose=check").text
    post(approver, f"/actions/{close}/check", {"agreed": "no", "reason": "The old link still opens."})
    post(responder, f"/actions/{close}/done", {"proof_text": "404 now"})
    page = post(approver, f"/actions/{close}/check", {"agreed": "yes"}, follow=True).text
    assert "Done and checked" in page
    assert "The old link still opens." in page
    assert post(responder, f"/actions/{close}/check", {"agreed": "yes"}).status_code == 403

    # And after its days somebody says whether it works
    clock.move(hours=24 * 21)
    for path in ("/", "/actions?whose=reviews"):
        assert "Close it for good" in approver.get(path).text
    assert "Does it work?" in approver.get(f"/cases/{ref}/actions").text
    noted = post(approver, f"/actions/{close}/review", {"outcome": "partly", "reason": "Mostly"}, follow=True).text
    assert "it works partly" in noted
    page = post(approver, f"/actions/{close}/review", {"outcome": "not", "reason": "It opened again."}, follow=True).text
    assert "It did not work: the action is open again." in page
    told = approver.get(f"/cases/{ref}/timeline").text
    assert "Close it for good: it does not work, so it is open again · It opened again." in told


def test_a_date_reckoned_from_hours_stays_so_where_the_form_changes_something_else(app: Flask, client_for: SignIn, ref: str) -> None:
    action, client = _first(app), client_for("responder")

    def saved(**more: str) -> Action:
        with app.app_context():
            row = db.session().get_one(Action, action.id)
            due = row.due_at.astimezone(ZoneInfo(row.case.zone)).strftime("%Y-%m-%dT%H:%M") if row.due_at else ""
        assert post(client, f"/actions/{action.id}/change", {"owner_id": "0", "due_at": due} | more).status_code == 302
        return _first(app)

    assert saved(waits_for="").due_hours == action.due_hours == 1
    assert saved(due_hours="2.5").due_hours == 2.5
    assert saved(due_at="").due_at is None


def test_the_list_of_everything_goes_on_and_counts_only_so_far(app: Flask, client_for: SignIn, ref: str) -> None:
    with app.app_context():
        first = _first(app)
        for _ in range(201):
            db.session().add(Action(case_id=first.case_id, step="One of many", kind="remedy", made_at=first.made_at))
        db.session().commit()
    client = client_for("responder")

    page = client.get("/actions?whose=all").text
    assert "200+" in page
    more = re.search(r'href="(/actions\?whose=all&amp;after=\d+)"', page)
    assert more is not None
    assert "One of many" in client.get(more[1].replace("&amp;", "&")).text
