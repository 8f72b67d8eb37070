"""The profile, the systems of a case, and similar earlier breaches as JSON."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.fakes import START

Api = Callable[[str], Callable[..., tuple[int, dict[str, Any]]]]
BILLING = {"name": "Billing", "data_categories": ["payment"], "people_kinds": ["customers"], "processors": ["Host"]}
BREACH = {"title": "Invoices open", "aware_at": START.isoformat(), "zone": "Europe/Berlin", "aware_source": "SOC", "kind": "other"}


def test_systems_are_kept_picked_and_shared(api_for: Api) -> None:
    # Given a system in its second version
    approver, responder = api_for("approver"), api_for("responder")
    status, made = approver("POST", "/systems", BILLING)
    assert (status, made["version"], made["retired"]) == (201, 1, False)
    at = f"/systems/{made['id']}"
    status, changed = approver("PUT", at, BILLING | {"place": "Dublin", "version": 1})
    assert (status, changed["version"], changed["place"]) == (200, 2, "Dublin")
    status, stale = approver("PUT", at, BILLING | {"place": "Paris", "version": 1})
    assert (status, stale["theirs"]["place"], stale["version"]) == (409, "Dublin", 2)
    versions = responder("GET", f"{at}/versions")[1]["versions"]
    assert [one["version"] for one in versions] == [2, 1]
    assert responder("POST", "/systems", BILLING)[0] == 403
    assert [one["id"] for one in responder("GET", "/systems")[1]["systems"]] == [made["id"]]
    assert responder("GET", at)[1] == changed

    # When one breach is logged with it and another picks it later
    status, old = responder("POST", "/cases", BREACH | {"systems": [made["id"]]})
    assert (status, old["data_categories"]) == (201, ["payment"])
    _, new = responder("POST", "/cases", BREACH | {"aware_at": (START - timedelta(hours=1)).isoformat()})
    status, picked = responder("POST", f"/cases/{new['ref']}/systems", {"system": made["id"]})
    assert (status, picked["processors"], picked["systems"][0]["filled"]) == (
        201, ["Host"], {"data_categories": ["payment"], "processors": ["Host"]})
    assert responder("POST", f"/cases/{new['ref']}/systems", {"system": 4711})[0] == 422

    # Then the later one shows the earlier one, until the system is taken away
    (found,) = responder("GET", f"/cases/{new['ref']}/similar")[1]["earlier"]
    assert (found["ref"], {one["kind"] for one in found["shared"]}) == (old["ref"], {"system", "processor"})
    assert responder("DELETE", f"/cases/{new['ref']}/systems/{made['id']}")[1]["systems"] == []
    assert responder("GET", f"/cases/{new['ref']}/similar")[1] == {"earlier": []}
    assert responder("GET", f"/cases/{old['ref']}/systems")[1]["systems"][0]["version"] == 2

    # And a retired one is offered no more
    status, retired = approver("POST", f"{at}/retire", {"retired": True, "version": 2})
    assert (status, retired["retired"]) == (200, True)
    assert responder("POST", f"/cases/{new['ref']}/systems", {"system": made["id"]})[0] == 422


def test_the_organisation_is_read_and_changed(api_for: Api) -> None:
    call = api_for("admin")
    before = call("GET", "/organisation")[1]
    given = {"version": before["version"], "contacts": [{"role": "Security", "name": "Sam"}], "controllers": ["Second GmbH"],
             "establishments": [{"country": "ES", "name": "Madrid"}]}
    status, after = call("PATCH", "/organisation", given)
    assert (status, after["contacts"]) == (200, [{"role": "Security", "name": "Sam", "email": "", "phone": ""}])
    assert (after["name"], after["version"]) == (before["name"], before["version"] + 1)
    assert call("PATCH", "/organisation", given | {"controllers": []})[0] == 409
    assert call("PATCH", "/organisation", {"version": after["version"], "country": "Spain"})[0] == 422
    (version,) = call("GET", "/organisation/versions")[1]["versions"]
    assert (version["before"]["controllers"], version["after"]["controllers"]) == ([], ["Second GmbH"])
    assert api_for("approver")("GET", "/organisation")[0] == 403
