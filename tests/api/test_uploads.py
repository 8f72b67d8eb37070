"""Lists over the API: a file at once, pages of JSON lines, and the question whether somebody was written to."""

import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from incident_app.domain.trials import HOW_IT_ENDS, LONGEST_LIST, TOO_LONG
from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.tasks import recipients as tasks
from incident_app.wiring import KEY, Ports
from tests.builders import a_case
from tests.conftest import ApiClient

LISTS = "/cases/BR-2026-001/lists"
UPLOADS = "/cases/BR-2026-001/uploads"


@pytest.fixture
def api(app: Flask, api_for: Callable[[str], ApiClient]) -> ApiClient:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor)
    return api_for("responder")


def test_pages_of_json_lines_become_a_list(api: ApiClient, app: Flask) -> None:
    status, upload = api("POST", UPLOADS, {"name": "shop"})
    assert (status, upload["state"]) == (201, "open")
    at = f"{UPLOADS}/{upload['id']}"

    for number, there in ((1, 1), (2, 2), (2, 2)):
        status, answer = api("PUT", f"{at}/pages/{number}", data=f'{{"email": "a{number}@example.org"}}\n')
        assert (status, answer["pages"]) == (200, there)
    assert api("PUT", f"{at}/pages/2", data='{"email": "c@example.org"}')[0] == 409
    status, answer = api("PUT", f"{at}/pages/3", data="nonsense")
    assert (status, answer["error"]) == (422, "Line 1 is not JSON.")
    assert api("POST", f"{at}/close", {"pages": 3})[0] == 409
    assert api("POST", f"{at}/close", {"pages": 2})[0] == 202
    with app.app_context():
        tasks.read()

    answer = api("GET", at)[1]
    assert (answer["state"], answer["percent"], answer["list"]) == ("ready", 100, 1)
    assert api("GET", f"{LISTS}/1")[1]["people_count"] == 2
    assert api("DELETE", at)[0] == 409


def test_an_upload_is_thrown_away(api: ApiClient) -> None:
    api("POST", UPLOADS, {"name": "shop"})

    assert api("DELETE", f"{UPLOADS}/1")[0] == 204
    assert api("GET", f"{UPLOADS}/1")[1]["state"] == "discarded"


def test_a_file_is_read_at_once_and_the_question_answered(api: ApiClient) -> None:
    content = io.BytesIO("email\nä@example.org\nanna@example.org\n".encode())
    status, made = api("POST", LISTS, data={"file": (content, "x.csv")})

    assert (status, made["people_count"], made["erased_at"]) == (201, 1, None)
    assert api("POST", f"{LISTS}/ask", {"address": "Anna@example.org"})[1] == {
        "found": [{"list": 1, "person": "P-00001", "told": []}]}
    assert api("POST", f"{LISTS}/ask", {})[0] == 422
    windows = io.BytesIO("email,name\na@example.org,Jürgen\n".encode("windows-1252"))
    status, answer = api("POST", LISTS, data={"file": (windows, "x.csv")})
    problems = answer["problems"]
    assert isinstance(problems, dict)
    assert (status, "encoding" in problems) == (422, True)


def test_trial_mode_refuses_a_list_that_is_too_long_whichever_way_it_comes(api: ApiClient, app: Flask, test_ports: Ports) -> None:
    # Given an installation that is tried out, and one person more than it takes
    app.extensions[KEY] = replace(test_ports, mode="trial")
    people = [{"email": f"a{number}@example.org"} for number in range(LONGEST_LIST + 1)]
    file = io.BytesIO("\n".join(["email", *(one["email"] for one in people)]).encode())

    # Then a file and rows are refused in the form of every refusal, with the way out
    for status, answer in (api("POST", LISTS, data={"file": (file, "x.csv")}), api("POST", f"{LISTS}/rows", {"name": "x", "rows": people})):
        assert (status, answer) == (422, {"error": TOO_LONG, "problems": {"trial_mode": HOW_IT_ENDS}})

    # … and pages as soon as they are read
    at = f"{UPLOADS}/{api('POST', UPLOADS, {'name': 'shop'})[1]['id']}"
    assert api("PUT", f"{at}/pages/1", data="\n".join(map(json.dumps, people)))[0] == 200
    assert api("POST", f"{at}/close", {"pages": 1})[0] == 202
    with app.app_context():
        tasks.read()
    answer = api("GET", at)[1]
    assert (answer["state"], answer["reason"], answer["problems"]) == ("failed", TOO_LONG, {"trial_mode": HOW_IT_ENDS})
    assert api("GET", LISTS)[1] == {"lists": []}

    # When there is one person less, then it is taken over
    status, made = api("POST", f"{LISTS}/rows", {"name": "x", "rows": people[1:]})
    assert (status, made["people_count"]) == (201, LONGEST_LIST)
