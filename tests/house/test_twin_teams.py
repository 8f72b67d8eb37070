"""Two teams with twin data see nothing of each other: through any id, in any list, feed, figure, search or print (T-20 to T-23)."""

import re
import statistics
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Attachment
from incident_app.extensions import db
from incident_app.services import rota
from incident_app.wiring import Ports
from tests.builders import ports_for_tests
from tests.fakes import FakeClock, FakePdf, FakeVault
from tests.house.full_case import FullCase, a_full_case, a_team
from tests.house.matrix import roles_of
from tests.house.routes import FOREIGN, Walker, Way, a_walker, address, ways
from tests.house.sources import TOP, files

BLUE, GREEN = "Qzblue", "Qzgreen"
KEYS = ("reporter", "responder", "approver", "oncall_person", "auditor")
SEARCHES = (
    "/register?q=Qz", "/register?q=BR-", "/register.csv?q=Qz", "/api/v1/register.pdf?q=Qz", "/api/v1/register?q=Qz",
    "/api/v1/statistics?year=2026", "/statistics?year=2026", "/statistics.pdf?year=2026", "/actions?whose=all", "/api/v1/actions?whose=all", "/outbox?q=Qz",
    "/register?filter=running",
)


class TellingPdf(FakePdf):
    """Prints all it was given."""

    def write(self, template: str, content: Mapping[str, object], *, language: str, title: str,
              created_at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
        """Return the content as it stands."""
        return f"%PDF {template} {title} {content!r}".encode()


@pytest.fixture
def test_ports(clock: FakeClock) -> Ports:
    return replace(ports_for_tests(clock), pdf=TellingPdf())


def words_of(answer: TestResponse) -> str:
    """Return what an answer says; a spreadsheet is unpacked, a locked zip as it is."""
    if (answer.mimetype or "").endswith("spreadsheetml.sheet"):
        with ZipFile(BytesIO(answer.data)) as packed:
            return " ".join(packed.read(name).decode() for name in packed.namelist())
    return answer.get_data().decode(errors="replace")


@dataclass
class Twins:
    """Team blue's people, and what either team has."""

    app: Flask
    walkers: dict[str, Walker]
    actors: dict[str, Actor]
    blue: FullCase
    green: FullCase

    def may(self, key: str, way: Way) -> bool:
        """Tell whether the matrix lets somebody take a route."""
        allowed = roles_of(way.endpoint, way.method) or frozenset()
        return not allowed.isdisjoint(self.actors[key].roles)


@pytest.fixture
def twins(app: Flask, test_ports: Ports, clock: FakeClock) -> Twins:
    """Two teams that have each one of everything; the walkers are of team blue."""
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        session, vault = db.session(), test_ports.vault
        assert isinstance(vault, FakeVault)
        blue, green = a_team(session, "blue", clock), a_team(session, "green", clock)
        cases = [a_full_case(session, people, clock, vault, word) for people, word in ((blue, BLUE), (green, GREEN))]
    walkers = {key: a_walker(app, f"blue-{key}@example.org", clock) for key in KEYS}
    return Twins(app, walkers, {key: getattr(blue, key) for key in KEYS}, cases[0], cases[1])


def _named(case: FullCase) -> dict[str, object]:
    return {name: getattr(case, name) for name in ("ref", *FOREIGN)}


def test_nothing_of_the_other_team_exists(twins: Twins) -> None:
    # Given every route that names something of a case, and people of every role in team blue
    found, tried = [], 0
    for key in KEYS:
        for way in ways(twins.app):
            if not way.arguments & {"ref", *FOREIGN} or not twins.may(key, way):
                continue
            tried += 1

            # When they ask for what is green's
            answer = twins.walkers[key].open(way, **_named(twins.green))

            # Then it does not exist
            if answer.status_code != 404:
                found.append((key, way.endpoint, way.method, answer.status_code, answer.data[:200]))
    assert found == []
    assert tried > 300


def test_what_is_theirs_does_not_exist_below_ones_own_case_either(twins: Twins) -> None:
    # Given every route that names a case and something in it by an id of its own
    found, tried = [], 0
    for key in ("responder", "approver", "auditor"):
        for way in ways(twins.app):
            if "ref" not in way.arguments or not way.arguments & set(FOREIGN) or not twins.may(key, way):
                continue
            tried += 1

            # When somebody of team blue names their own case, and a file, list, duty or upload of team green
            answer = twins.walkers[key].open(way, **(_named(twins.green) | {"ref": twins.blue.ref}))

            # Then it does not exist
            if answer.status_code != 404:
                found.append((key, way.endpoint, way.method, answer.status_code, answer.data[:200]))
    assert found == []
    assert tried > 40


def test_no_answer_names_anything_of_the_other_team(twins: Twins) -> None:
    # Given every page, list, feed, print and export that somebody of team blue may read
    told, read = [], dict.fromkeys(KEYS, "")
    for key in KEYS:
        for way in ways(twins.app):
            if way.method == "GET" and twins.may(key, way):
                text = words_of(twins.walkers[key].open(way, **_named(twins.blue)))
                read[key] += text

                # When they are read, then nothing in them is green's
                told += [(key, way.endpoint, mark) for mark in twins.green.marks if mark.lower() in text.lower()]
    assert told == []
    # … while what is their own is there
    assert all(twins.blue.report in text for text in read.values())
    assert all(BLUE in read[key] for key in ("reporter", "responder", "approver", "auditor"))
    assert BLUE not in read["oncall_person"]


def test_no_search_and_no_figure_counts_the_other_team(twins: Twins) -> None:
    # Given somebody of team blue who looks for words both teams use
    walker = twins.walkers["approver"]
    for where in SEARCHES:
        headers = {"Authorization": f"Bearer {walker.token}"} if where.startswith("/api/") else {}

        # When they search, filter or count
        answer = (twins.app.test_client() if headers else walker.browser).get(where, headers=headers)

        # Then what they get is of one team
        assert answer.status_code == 200, where
        assert not any(mark.lower() in words_of(answer).lower() for mark in twins.green.marks), where
        found: dict[str, Any] = answer.get_json(silent=True) or {}
        assert found.get("case_count", 2) == 2
        assert found.get("counts", {"all": 2})["all"] == 2


def test_a_calendar_holds_the_deadlines_of_ones_own_team_alone(twins: Twins, clock: FakeClock) -> None:
    # Given the calendar address of somebody on call in team blue
    with twins.app.app_context():
        secret = rota.make_calendar_link(db.session(), by=twins.actors["oncall_person"], now=clock.now())

    # When a calendar program reads it
    feed = twins.app.test_client().get(f"/calendar/{secret}.ics").text

    # Then green's cases are not in it, and blue's are
    assert twins.blue.ref in feed
    assert twins.green.ref not in feed


def test_somebody_else_on_call_is_woken_for_the_other_team_and_may_answer_that_alone(
    twins: Twins, clock: FakeClock
) -> None:
    # Given who is on call for every team
    everybodys = a_walker(twins.app, "oncall_person@example.org", clock).browser

    # When they open a case of a team and one of its alerts
    page = everybodys.get(f"/cases/{twins.green.ref}")
    alert = everybodys.get(f"/alerts/{twins.green.alert_id}")
    listed = everybodys.get("/register").text

    # Then they see its number and clock, and nothing of its content
    assert page.status_code == 404
    assert alert.status_code == 200
    assert twins.green.ref in listed
    assert GREEN not in listed + alert.text

    # When they acknowledge it, then they may read the case
    assert everybodys.post(f"/alerts/{twins.green.alert_id}/acknowledge").status_code == 302
    assert everybodys.get(f"/cases/{twins.green.ref}").status_code == 200


def test_who_leaves_the_team_is_out_at_the_next_request(twins: Twins, clock: FakeClock) -> None:
    # Given somebody of team blue who reads its case
    browser = twins.walkers["responder"].browser
    assert browser.get(f"/cases/{twins.blue.ref}").status_code == 200
    admin = a_walker(twins.app, "blue-admin@example.org", clock, token=False).browser

    # When an administrator takes them off the team
    answer = admin.post("/teams/1", data={"version": "1", "name": "Team blue"})
    assert answer.status_code == 302, answer.text

    # Then the case, and its file, are gone
    assert browser.get(f"/cases/{twins.blue.ref}").status_code == 404
    assert browser.get(f"/cases/{twins.blue.ref}/evidence/{twins.blue.public_id}").status_code == 404
    assert twins.blue.ref not in browser.get("/register").text


def _taken(client: FlaskClient, headers: dict[str, str], *paths: str) -> list[float]:
    """Return the median time of our own work for each path, asked for in turn; all answer alike."""
    taken: dict[str, list[float]] = {path: [] for path in paths}
    answers = set()
    for _ in range(15):
        for path, times in taken.items():
            begun = time.thread_time()
            answer = client.get(path, headers=headers)
            times.append(time.thread_time() - begun)
            answers.add((answer.status_code, len(answer.data)))
    assert len(answers) == 1
    return [statistics.median(times) for times in taken.values()]


def test_an_answer_about_theirs_is_the_same_as_about_none(twins: Twins) -> None:
    # Given an id of green's, and one that never existed
    browser = twins.walkers["responder"].browser

    # When either is asked for
    theirs, none = (browser.get(f"/cases/{ref}") for ref in (twins.green.ref, "BR-2026-999"))

    # Then the answers are one and the same, but for what is new in every answer
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert len(theirs.text) == len(none.text)
    assert {**theirs.headers, "Content-Security-Policy": ""}.keys() == {**none.headers, "Content-Security-Policy": ""}.keys()
    assert theirs.headers.get("ETag") is None

    # … nor can they be told apart by the time our own work takes, asked for in turn: pages, files and the API
    bearer = {"Authorization": f"Bearer {twins.walkers['responder'].token}"}
    own, api = f"/cases/{twins.blue.ref}/evidence", twins.app.test_client()
    for client, headers, theirs_at, none_at in (
        (browser, {}, f"/cases/{twins.green.ref}", "/cases/BR-2026-999"),
        (browser, {}, f"{own}/{twins.green.public_id}", f"{own}/{uuid.uuid4()}"),
        (api, bearer, f"/api/v1/cases/{twins.green.ref}", "/api/v1/cases/BR-2026-999"),
    ):
        # A busy machine may slow one of them for a while. What our own work betrays is there each time, on the same side.
        rounds = [_taken(client, headers, theirs_at, none_at) for _ in range(3)]
        assert not all(one > other * 1.1 for one, other in rounds), (theirs_at, rounds)
        assert not all(other > one * 1.1 for one, other in rounds), (theirs_at, rounds)


POLLED = re.compile(r"""data-poll="\{\{ url_for\('([\w.]+)'""")
OF_ONESELF = {"linking.link", "linking.show"}


def test_whatever_a_page_asks_for_by_itself_asks_who_it_is(twins: Twins) -> None:
    # Given every address that pages and scripts look at again and again: there are no streams, they poll
    written = [*files("incident_app"), *(TOP / "templates").rglob("*.html"), *(TOP / "incident_app/static/js").glob("*.mjs")]
    texts = {path: path.read_text(encoding="utf-8") for path in written}
    assert not [path for path, text in texts.items() if re.search("EventSource|WebSocket|text/event-stream", text)]
    polled = {endpoint for text in texts.values() for endpoint in POLLED.findall(text)}
    assert {"deliveries.progress", "uploads.progress"} | OF_ONESELF == polled
    live = [way for way in ways(twins.app) if way.endpoint in polled | {"api_deliveries.progress", "api_uploads.one_upload",
                                                                        "alerts.show", "alerts.oncall", "dashboard.show"}]
    for way in live:
        if way.method != "GET":
            continue
        path = address(twins.app, way, **_named(twins.green))

        # When nobody is signed in, then a script gets 401 and no word of it
        answer = twins.app.test_client().get(path, headers={"Accept": "application/json"})
        assert answer.status_code == 401, way.endpoint
        assert not any(mark.lower() in answer.text.lower() for mark in twins.green.marks)

        # When it is somebody of the other team, then it does not exist, or says nothing of it
        reader = twins.walkers["responder"]
        told = reader.open(way, **_named(twins.green))
        assert told.status_code == 404 if way.arguments & {"ref", "alert_id"} else told.status_code in {200, 302}, way.endpoint
        assert not any(mark.lower() in told.text.lower() for mark in twins.green.marks), way.endpoint
