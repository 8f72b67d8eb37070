"""Who works here, as JSON; who one is oneself; and what a token cannot."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from incident_app.domain.accounts import SYSTEM, Permission, Role
from incident_app.extensions import db
from incident_app.services import accounts
from tests.conftest import ApiClient
from tests.fakes import START

ApiFor = Callable[[str], ApiClient]
NEW = {"email": "new@example.org", "name": "Nia New", "roles": ["responder"], "zone": "Europe/Berlin"}
WHY = "Two of our approvers are on leave in August."


def listed(admin: ApiClient, email: str) -> dict[str, Any]:
    """Return one account as the list shows it."""
    people: Any = admin("GET", "/people")[1]["people"]
    return next(one for one in people if one["email"] == email)


def scoped(app: Flask, who: str, *scopes: Permission) -> ApiClient:
    """Speak JSON with a token that may only this."""
    with app.app_context():
        user = accounts.find(db.session(), f"{who}@example.org")
        assert user is not None
        _, secret = accounts.make_token(db.session(), "scoped", 30, by=user.actor, now=START, scopes=scopes)
    return ApiClient(app.test_client(), secret)


def test_accounts_are_managed_by_json(api_for: ApiFor) -> None:
    # Given somebody invited
    admin = api_for("admin")
    status, made = admin("POST", "/people", NEW)
    assert status == 201
    assert str(made["link"]).startswith("http://incident.test/invitation/")
    assert listed(admin, "new@example.org")["state"] == "invited"
    at = f"/people/{made['id']}"
    assert admin("POST", f"{at}/invitation")[1]["link"] != made["link"]

    # When they are changed, disabled and enabled
    body = {"name": "Nia", "roles": ["oncall"], "zone": "UTC", "version": 1}
    assert admin("PATCH", at, body)[1]["roles"] == ["oncall"]
    assert admin("PATCH", at, body)[0] == 409
    oncall = listed(admin, "oncall_person@example.org")
    gone = admin("POST", f"/people/{oncall['id']}/disable", {"version": 1})[1]
    assert (gone["state"], gone["active"], gone["uncovered_shifts"]) == ("disabled", False, [])
    back = admin("POST", f"/people/{oncall['id']}/enable", {"version": 2})[1]
    assert (back["active"], back["request"]) == (True, None)

    # Then each is read one by one
    assert admin("GET", at)[1]["name"] == "Nia"
    assert admin("GET", "/people/9999")[0] == 404
    assert admin("POST", f"{at}/same-person", {"other": oncall["id"]})[1]["person"] == oncall["id"]
    assert listed(admin, "new@example.org")["same_person_as"] == [oncall["id"]]


def test_unknown_fields_and_wrong_values_are_named(api_for: ApiFor) -> None:
    admin = api_for("admin")
    status, answer = admin("POST", "/people", NEW | {"active": True, "person_id": 1, "is_admin": True})
    assert (status, set(answer["problems"])) == (422, {"active", "person_id", "is_admin"})  # type: ignore[call-overload]  # a mapping
    faults: tuple[dict[str, object], ...] = (
        {"roles": ["root"]}, {"roles": []}, {"roles": ["auditor", "responder"]}, {"roles": "admin"},
        {"zone": "Mars/Base"}, {"zone": "../../etc/passwd"}, {"email": "nobody"}, {"email": None},
        {"name": "x" * 5000}, {"name": "nul\x00"}, {"name": 5},
    )
    for wrong in faults:
        assert admin("POST", "/people", NEW | wrong)[0] == 422, wrong
    assert admin("PATCH", "/people/1", NEW)[0] == 422
    assert admin("POST", "/people/1/disable", {"version": "1"})[0] == 422
    assert admin("POST", "/people/1/same-person", {"other": 2**63 - 1})[0] == 404
    assert admin("POST", "/people/1/same-person", {"other": 10**30})[0] == 422
    assert len(admin("GET", "/people")[1]["people"]) == 7  # type: ignore[arg-type]  # a list


def test_an_approver_is_made_by_two_by_json(api_for: ApiFor) -> None:
    admin, approver = api_for("admin"), api_for("approver")
    status, made = admin("POST", "/people", NEW | {"roles": ["approver"], "reason": WHY})
    assert (status, made["link"]) == (202, None)
    waiting: Any = admin("GET", "/people/requests")[1]["requests"]
    (one,) = waiting
    assert (one["id"], one["why_not"]) == (made["request"], "You asked for this. A second person decides it.")
    assert admin("POST", f"/people/requests/{one['id']}/agree")[0] == 403
    assert api_for("responder")("GET", "/people/requests")[0] == 403
    assert approver("POST", f"/people/requests/{one['id']}/agree")[1]["roles"] == ["approver"]
    assert admin("POST", f"/people/{made['id']}/invitation")[1]["link"] is None

    responder = listed(admin, "responder@example.org")
    body = {"name": "Rene", "roles": ["approver"], "zone": "UTC", "version": 1, "reason": WHY}
    asked = admin("PATCH", f"/people/{responder['id']}", body)[1]["request"]
    assert approver("POST", f"/people/requests/{asked}/refuse", {"reason": WHY})[1]["state"] == "refused"
    assert approver("POST", "/people/requests/nothing/refuse", {})[0] == 404


def test_everybody_asks_who_they_are_and_what_their_token_may(app: Flask, api_for: ApiFor) -> None:
    mine = api_for("approver")("GET", "/me")[1]
    assert (mine["email"], mine["roles"]) == ("approver@example.org", ["approver"])
    assert "approve_notice" in mine["may"]  # type: ignore[operator]  # a list
    narrow = scoped(app, "approver", Permission.SEE_CASES)("GET", "/me")[1]
    assert narrow["may"] == ["see_cases", "see_own_account"]
    token: Any = narrow["token"]
    assert (token["name"], token["all_of_the_owner"]) == ("scoped", False)
    assert token["hint"].endswith("…")


def test_a_token_is_refused_beyond_its_scope(app: Flask, api_for: ApiFor) -> None:
    reading = scoped(app, "approver", Permission.SEE_CASES)
    assert reading("GET", "/cases")[0] == 200
    status, answer = reading("POST", "/cases", {})
    assert (status, "This token may not do this" in str(answer["error"])) == (403, True)
    assert reading("GET", "/people/requests")[0] == 403

    # And an administrator's token is dead once its owner is disabled, or no administrator any more
    admin = api_for("admin")
    admin("POST", "/people", NEW | {"roles": ["admin"]})
    with app.app_context():
        accounts.add_user(db.session(), "two@example.org", "Two", {Role.ADMIN}, zone="UTC", by=SYSTEM, now=START)
    second = api_for("two")
    first = listed(second, "admin@example.org")
    second("PATCH", f"/people/{first['id']}", {"name": "Adam", "roles": ["oncall"], "zone": "UTC", "version": 1})
    assert admin("GET", "/people")[0] == 403
    second("POST", f"/people/{first['id']}/disable", {"version": 2})
    assert admin("GET", "/me")[0] == 401
