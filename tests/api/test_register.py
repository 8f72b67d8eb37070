"""The register as JSON: pages, columns, views, the spreadsheet."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from tests.builders import a_case
from tests.conftest import ApiClient

ApiFor = Callable[[str], ApiClient]
VIEW = {"name": "Spain", "filters": {"country": "ES"}, "columns": ["facts"], "shared": True}


def test_the_register_is_asked_in_pages_with_columns_and_kept_in_views(app: Flask, api_for: ApiFor) -> None:
    # Given more breaches than a page holds
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        for _ in range(51):
            a_case(db.session(), user.actor)
    reader, worker = api_for("auditor"), api_for("responder")

    # When they are asked for in pages, with columns
    first: Any = reader("GET", "/register?columns=facts&columns=gaps&authority=not_told")[1]
    second: Any = reader("GET", f"/register?after={first['next']}")[1]

    # Then each is there once, with its words
    assert (first["total"], len(first["rows"]), len(second["rows"]), second["next"]) == (51, 50, 1, None)
    assert len({row["ref"] for row in first["rows"] + second["rows"]}) == 51
    assert first["rows"][0]["columns"]["facts"].startswith("A debug export")
    assert second["rows"][0]["columns"] == {}
    assert reader("GET", "/register?country=Spain")[0] == 422
    assert reader("GET", "/register?victims=all")[0] == 422

    # … columns are remembered
    assert reader("PUT", "/register/columns", {"columns": ["facts"]}) == (200, {"columns": ["facts"]})
    found: Any = reader("GET", "/register/columns")[1]
    assert (found["columns"], found["choices"]["gaps"]) == (["facts"], "Gaps")

    # … and a view is kept, shared, changed, and a clash told with both texts
    status, made = reader("POST", "/register/views", VIEW)
    assert (status, made["own"], made["version"]) == (201, True, 1)
    listed: Any = worker("GET", "/register/views")[1]["views"]
    assert [(one["name"], one["own"], one["filters"]) for one in listed] == [("Spain", False, {"country": "ES"})]
    path = f"/register/views/{made['id']}"
    assert worker("PUT", path, VIEW | {"name": "Spanish", "version": 1})[1]["name"] == "Spanish"
    status, clash = reader("PUT", path, VIEW | {"version": 1})
    assert status == 409
    assert (clash["theirs"], clash["yours"]) == ({"view": "“Spanish” (All; Country: ES)"}, {"view": "“Spain” (All; Country: ES)"})
    assert reader("DELETE", f"{path}?version=2")[0] == 204
    assert reader("PUT", path, VIEW | {"version": 2})[0] == 404
