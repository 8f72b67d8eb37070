"""Two at one record, by header: ETag says which version was read, If-Match guards what is written."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import accounts
from tests import documented
from tests.builders import a_case
from tests.conftest import ApiClient

Api = Callable[[str], ApiClient]
AT = "/cases/BR-2026-001"


@pytest.fixture
def case(app: Flask) -> str:
    """A filed case."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        return a_case(db.session(), user.actor).ref


def sent(api: ApiClient, method: str, path: str, body: object = None, match: str = "") -> tuple[int, Any, str | None]:
    """Return (status, JSON, ETag) of a request that names the version by header."""
    answer = api.client.open(f"/api/v1{path}", method=method, json=body,
                             headers={**api.headers, **({"If-Match": match} if match else {})})
    documented.check(api.client.application, answer)
    return answer.status_code, answer.get_json(), answer.headers.get("ETag")


def test_the_version_is_read_and_named_by_header(api_for: Api, case: str) -> None:
    api = api_for("responder")

    # Given a case that was read, when it is edited with the tag in place of a version in the body
    tag = sent(api, "GET", AT)[2]
    edited = sent(api, "PATCH", AT, {"cause": "A script."}, '"1"')

    # Then it is saved, and the answer carries the next tag, which takes the next edit
    assert (tag, edited[0], edited[2]) == ('"1"', 200, '"2"')
    assert sent(api, "PATCH", AT, {"cause": "Another."}, '"2"')[2] == '"3"'
    assert sent(api, "PATCH", AT, {"cause": "Any.", "version": 3}, "*")[2] == '"4"'


def test_the_slower_one_is_told_what_changed(api_for: Api, case: str) -> None:
    fast, slow = api_for("approver"), api_for("responder")
    sent(fast, "PATCH", AT, {"cause": "A person."}, '"1"')

    # When somebody writes on top of what they read before that
    status, answer, _ = sent(slow, "PATCH", AT, {"cause": "A script."}, '"1"')

    # Then nothing is saved, and the answer says who was faster and both texts
    assert status == 412
    assert (answer["yours"], answer["theirs"], answer["version"]) == ({"cause": "A script."}, {"cause": "A person."}, 2)
    assert answer["by"] == "Ada Approver"
    assert sent(slow, "GET", AT)[1]["cause"] == "A person."

    # And the same by the version in the body is a conflict
    assert sent(slow, "PATCH", AT, {"cause": "A script.", "version": 1})[0] == 409


@pytest.mark.parametrize(("match", "body", "status", "field"), [
    ("", {}, 422, "version"), ('"1"', {"version": 2}, 422, "version"), ('"1", "2"', {}, 422, "If-Match"),
    ('W/"1"', {}, 412, None), ('"one"', {}, 412, None), ('"1', {}, 412, None), ('"' + "9" * 12 + '"', {}, 412, None),
])
def test_a_tag_that_is_none_saves_nothing(
    api_for: Api, case: str, match: str, body: dict[str, object], status: int, field: str | None
) -> None:
    api = api_for("responder")

    found, answer, _ = sent(api, "PATCH", AT, {"cause": "A script.", **body}, match)

    assert found == status
    assert field is None or field in answer["problems"]
    assert sent(api, "GET", AT)[1]["version"] == 1


def test_what_has_no_version_refuses_the_header(api_for: Api, case: str) -> None:
    # Whoever sends it believes that it protects them
    status, answer, _ = sent(api_for("responder"), "POST", f"{AT}/notes", {"text": "Called them."}, '"1"')

    assert (status, set(answer["problems"])) == (422, {"If-Match"})


def test_every_record_that_can_be_edited_says_its_version_and_guards_it(app: Flask, api_for: Api, case: str) -> None:
    # Given one of each
    responder, admin, approver = api_for("responder"), api_for("admin"), api_for("approver")
    team = admin("POST", "/teams", {"name": "North", "members": []})[1]
    person: dict[str, object] = {"name": "Rene", "roles": ["responder"], "zone": "UTC"}
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
    action = responder("POST", f"{AT}/actions", {"title": "Turn the key", "kind": "contain"})[1]
    duty = next(one for one in responder("GET", f"{AT}/duties")[1]["duties"] if one["recipient_type"] == "authority")  # type: ignore[attr-defined]  # a list
    filing = responder("POST", f"{AT}/filings", {"obligation_id": duty["id"]})[1]
    stretch: dict[str, object] = {"starts_at": "2026-12-01T08:00:00Z", "ends_at": "2026-12-02T08:00:00Z"}
    shift = admin("POST", "/rota/shifts", {"user_id": user.id, **stretch})[1]
    periods: Any = admin("GET", "/retention")[1]["periods"]
    edits: list[tuple[ApiClient, str, str, dict[str, object]]] = [
        (admin, "PUT", f"/teams/{team['id']}", {"name": "South", "members": []}),
        (admin, "PATCH", f"/people/{user.id}", person), (admin, "POST", f"/people/{user.id}/disable", {}),
        (admin, "POST", f"/people/{user.id}/enable", {}), (admin, "PUT", "/ladders/people", {"ack_minutes": 20}),
        (admin, "PUT", "/retention", {**periods, "reason": "As little as we can."}),
        (admin, "PATCH", f"/rota/shifts/{shift['id']}", stretch),
        (responder, "PATCH", f"/actions/{action['id']}", {"owner_id": None, "due_at": None}),
        (responder, "POST", f"/actions/{action['id']}/not-needed", {"reason": "No key was lost."}),
        (responder, "PATCH", f"{AT}/filings/{filing['number']}", {"answers": {}}),
        (responder, "POST", f"{AT}/filings/{filing['number']}/use", {}),
        (approver, "POST", f"{AT}/filings/{filing['number']}/send-back", {"reason": "Say how many people."}),
        (approver, "PUT", f"{AT}/readers", {"team": None, "restricted": False}),
        (approver, "POST", f"{AT}/duties/{duty['id']}/decision", {"owed": True, "reason": "They are many."}),
    ]

    # When each is written on top of a version that never was
    found = [(path, *sent(api, method, path, body, '"77"')[:2]) for api, method, path, body in edits]

    # Then each is refused, and says the version there is
    assert [(path, status, answer) for path, status, answer in found if status != 412] == []
    assert [path for path, _, answer in found if "version" not in answer] == [f"{AT}/duties/{duty['id']}/decision"]
    for path in (f"/people/{user.id}", "/retention", f"{AT}/readers", f"{AT}/filings/{filing['number']}"):
        reader = responder if path.startswith("/cases") else admin
        _, answer, tag = sent(reader, "GET", path)
        assert tag == f'"{answer["version"]}"', path


def test_a_token_is_fresh_proof_for_five_minutes_and_goes_on_with_the_rest(
    app: Flask, api_for: Api, clock: Any, case: str
) -> None:
    # Given a token that may everything its owner may, made just now
    approver, admin = api_for("approver"), api_for("admin")
    assert approver("POST", f"{AT}/hold", {"reason": "The court asked for it."})[0] == 200

    # When five minutes have gone by
    clock.move(minutes=5)

    # Then it holds nothing, makes nobody, and says what to do; nothing was done
    status, answer = approver("POST", f"{AT}/hold/lift", {"reason": "The court is done."})
    assert (status, "Make a token for it in your browser" in str(answer["error"])) == (403, True)
    assert admin("POST", "/teams", {"name": "North", "members": []})[0] == 403
    assert admin("GET", "/teams")[1] == {"teams": []}

    # And everything else goes on; a token made now is a proof again, but never more than its scopes
    assert approver("GET", AT)[0] == 200
    assert approver("POST", f"{AT}/notes", {"text": "Called them."})[0] == 201
    assert api_for("approver")("POST", f"{AT}/hold/lift", {"reason": "The court is done."})[0] == 200
    with app.app_context():
        user = accounts.find(db.session(), "approver@example.org")
        assert user is not None
        narrow = accounts.make_token(db.session(), "narrow", 1, by=user.actor, now=clock.now(), scopes={Permission.SEE_CASES})[1]
    assert ApiClient(app.test_client(), narrow)("POST", f"{AT}/hold", {"reason": "Again."})[0] == 403


# Named otherwise in the browser than here.
BROWSER = {
    "api_deliveries.launch": "notices.sending", "api_deliveries.answer_resend": "resending.answer",
    "api_retention.lift": "retention.answer_lift", "api_retention.refuse_lift": "retention.answer_lift",
    "api_retention.erase": "retention.answer_erase", "api_retention.refuse_erase": "retention.answer_erase",
    "api_risk.confirm": "risk.answer", "api_risk.send_back": "risk.answer",
}


def test_what_takes_a_fresh_proof_in_the_browser_takes_one_here(app: Flask) -> None:
    # Given every operation of the API that writes, when it is laid beside its twin in the browser
    found = {name: getattr(view, "fresh", False) for name, view in app.view_functions.items()}
    here = {name for name in found if name.startswith("api_") and found[name]}
    there = {name for name in found if name.startswith("api_") and found.get(BROWSER.get(name, name.removeprefix("api_")), False)}
    reading = {"api_teams.every", "api_people.everybody"}

    # Then both ask for the same proof
    assert here == there - reading
    assert len(here) > 20
