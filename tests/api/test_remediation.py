"""Things to do as JSON."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts, cases, documents
from incident_app.wiring import ports
from tests.builders import a_case
from tests.fakes import START

Api = Callable[[str], Callable[..., tuple[int, dict[str, Any]]]]


@pytest.fixture
def ref(app: Flask) -> str:
    """A filed case with the actions of its runbook."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        return a_case(db.session(), user.actor, kind="misdirected-message").ref


def test_the_actions_of_a_case_are_read_added_changed_and_ended(api_for: Api, ref: str) -> None:
    call = api_for("responder")
    _, listed = call("GET", f"/cases/{ref}/actions")
    first, second = listed["actions"][:2]
    assert first["runbook"] == "misdirected-message"

    status, made = call("POST", f"/cases/{ref}/actions",
                        {"title": "Call them", "kind": "mitigate", "due_at": START.isoformat(), "proof": "A note"})
    assert (status, made["state"], made["owner"]) == (201, "open", None)
    status, changed = call("PATCH", f"/actions/{made['id']}", {"version": 1, "owner_id": None, "due_at": None})
    assert (status, changed["due_at"], changed["version"]) == (200, None, 2)
    status, changed = call("PATCH", f"/actions/{made['id']}", {"version": 2, "owner_id": None, "due_at": None, "kind": "notify",
                                                                "title": "Write to them", "mandatory": True, "proof": "The letter"})
    assert [changed[name] for name in ("title", "kind", "mandatory", "proof_asked")] == ["Write to them", "notify", True, "The letter"]
    status, eased = call("PATCH", f"/actions/{made['id']}", {"version": 3, "owner_id": None, "due_at": None, "mandatory": False})
    assert (status, set(eased["problems"])) == (422, {"reason"})
    status, done = call("POST", f"/actions/{first['id']}/done", {"proof": "Confirmed by mail", "version": 1})
    assert (status, done["state"], done["proof"]) == (200, "done", "Confirmed by mail")
    status, skipped = call("POST", f"/actions/{second['id']}/not-needed", {"reason": "Sent by post"})
    assert (status, skipped["not_needed_reason"]) == (200, "Sent by post")
    assert len(call("GET", "/actions")[1]["actions"]) == len(listed["actions"]) - 1
    assert call("GET", "/actions?whose=mine")[1]["actions"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/cases/{ref}/actions", {"title": "", "kind": "hope"}, 422),
        ("POST", "/cases/{ref}/actions", {"title": "x", "kind": "remedy", "cost": 3}, 422),
        ("POST", "/cases/BR-1999-001/actions", {"title": "x", "kind": "remedy"}, 404),
        ("POST", "/actions/4711/done", {"proof": "x"}, 404),
        ("GET", "/actions?whose=yours", None, 422),
        ("GET", "/cases/BR-1999-001/actions", None, 404),
    ],
)
def test_bad_input_is_refused_in_words(
    api_for: Api, ref: str, method: str, path: str, body: object, status: int
) -> None:
    found, answer = api_for("responder")(method, path.format(ref=ref), body)

    assert found == status
    assert answer["error"]


def test_a_file_of_the_case_proves_an_action_and_no_other_does(api_for: Api, ref: str) -> None:
    call = api_for("responder")
    number = call("GET", f"/cases/{ref}/actions")[1]["actions"][0]["id"]
    _, file = call("POST", f"/cases/{ref}/documents", data={"file": (BytesIO(b"log"), "change.log")})

    assert call("POST", f"/actions/{number}/done", {"proof": "See log", "document_id": 1})[0] == 422
    assert call("POST", f"/actions/{number}/done", {"proof": "See log", "document_id": str(UUID(int=1))})[0] == 404
    status, done = call("POST", f"/actions/{number}/done", {"proof": "See log", "document_id": file["id"]})

    assert (status, done["document_id"]) == (200, file["id"])


def test_a_stale_version_is_a_conflict(api_for: Api, ref: str) -> None:
    call = api_for("responder")
    number = call("GET", f"/cases/{ref}/actions")[1]["actions"][0]["id"]

    assert call("POST", f"/actions/{number}/done", {"proof": "x", "version": 9})[0] == 409
    assert api_for("auditor")("POST", f"/actions/{number}/done", {"proof": "x"})[0] == 403


def test_the_kinds_of_breach_are_listed(api_for: Api) -> None:
    _, answer = api_for("reporter")("GET", "/runbooks")

    assert answer["runbooks"][-1]["kind"] == "other"
    assert all(book["steps"] and book["version"] for book in answer["runbooks"])


def test_an_action_waits_is_proved_by_a_hash_checked_and_reviewed(app: Flask, api_for: Api, ref: str, client_for: Callable[[str], Any]) -> None:
    # Given a mandatory action that waits for another, and a file of the case
    call, second = api_for("responder"), api_for("approver")
    first = call("POST", f"/cases/{ref}/actions", {"title": "Stop", "kind": "contain", "due_hours": 2})[1]
    status, then = call("POST", f"/cases/{ref}/actions", {
        "title": "Mend", "kind": "remedy", "due_hours": 8, "mandatory": True, "waits_for": [first["id"]], "review_days": 5})
    assert (status, then["waiting"], then["due_at"], then["waits_for"], then["mandatory"]) == (201, True, None, [first["id"]], True)
    with app.app_context():
        session, by = db.session(), accounts.find(db.session(), "responder@example.org")
        assert by is not None
        case = cases.find(session, ref, by=by.actor)
        digest = documents.add(session, case.id, kind="proof", name="log.txt", media_type="text/plain", content=b"403",
                               by=by.actor, now=START, vault=ports().vault).sha256

    # Then it is refused while it waits, nothing may wait in a circle, and a change keeps what it does not name
    assert call("POST", f"/actions/{then['id']}/done", {"proof": "x"})[0] == 422
    assert call("PATCH", f"/actions/{first['id']}", {"version": 1, "owner_id": None, "due_at": None, "waits_for": [then["id"]]})[0] == 422
    _, changed = call("PATCH", f"/actions/{then['id']}", {"version": 1, "owner_id": 2, "due_at": None})
    assert (changed["waits_for"], changed["review_days"], changed["due_hours"]) == ([first["id"]], 5, 8)

    # When both are done, the second proved by the hash of the file, a second person agrees and later says that it does not work
    assert call("POST", f"/actions/{first['id']}/done", {"link": "https://wiki.example.org/off"})[1]["link"].endswith("/off")
    status, done = call("POST", f"/actions/{then['id']}/done", {"sha256": digest})
    assert (status, done["check_due_at"] is not None) == (200, True)
    assert [one["id"] for one in second("GET", "/actions?whose=check")[1]["actions"]] == [then["id"]]
    assert call("POST", f"/actions/{then['id']}/check", {"agreed": True})[0] == 403
    status, checked = second("POST", f"/actions/{then['id']}/check", {"agreed": True, "version": done["version"]})
    assert (status, checked["check_due_at"]) == (200, None)
    status, back = second("POST", f"/actions/{then['id']}/review", {"outcome": "not", "reason": "It opened again."})
    assert (status, back["state"], back["works"]) == (200, "open", "not")
    assert [(one["what"], one["outcome"]) for one in back["deeds"]] == [("done", ""), ("checked", ""), ("reviewed", "not")]
    assert back["deeds"][0]["sha256"] == digest


def test_the_list_of_everything_is_read_a_page_at_a_time(api_for: Api, ref: str) -> None:
    call = api_for("responder")
    everything = [one["id"] for one in call("GET", "/actions")[1]["actions"]]

    _, first = call("GET", "/actions?limit=3")
    _, rest = call("GET", f"/actions?limit=500&after={first['next']}")

    assert [one["id"] for one in first["actions"] + rest["actions"]] == everything
    assert rest["next"] is None
