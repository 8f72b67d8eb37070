"""Every route by every role, on things that exist: exactly the matrix (T-19, T-24, T-28, T-107)."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from incident_app.domain.accounts import Role
from incident_app.domain.systems import Facts
from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.services import alerts, systems
from incident_app.wiring import Ports
from tests.builders import the_law
from tests.fakes import FakeClock, FakeVault
from tests.house.full_case import FullCase, a_full_case
from tests.house.matrix import ROLES_OF, roles_of
from tests.house.routes import FOREIGN, Walker, Way, a_walker, schemas, ways
from tests.people import NAMES, People

WHO = {Role.REPORTER: "reporter", Role.RESPONDER: "responder", Role.APPROVER: "approver", Role.ONCALL: "oncall_person",
       Role.AUDITOR: "auditor", Role.ADMIN: "admin"}
# Named by a secret, or by an id of something that the case does not hold.
ELSEWHERE = {"secret", "token", "clock_id", "shift_id", "kind", "step", "team_id", "form", "printed_id"}
# There once it was asked for, a send is over, in the demo, and where people may sign in by a provider.
LATER = {"api_papers.pdf", "deliveries.proof_lines", "deliveries.proof_pdf", "tour.go", "oidc.begin", "oidc.confirm"}
# Who takes the second factor off goes nowhere but to set up another one.
LAST = {"factors.remove_app"}
# An administrator may verify the record, and sees no case.
OF_NO_CASE = {"api_audit.ledger"}
# What these people asked for themselves is answered by another one: that refusal is not the matrix's.
BY_ANOTHER = {"api_posting.answer", "api_risk.confirm", "api_risk.send_back"}


@pytest.fixture
def house(app: Flask, clock: FakeClock, test_ports: Ports) -> tuple[Flask, FullCase, dict[Role, Walker]]:
    """One case with one of everything; who is on call has acknowledged its alert; a person of every role."""
    app.config["WTF_CSRF_ENABLED"] = False
    assert isinstance(test_ports.vault, FakeVault)
    with app.app_context():
        session = db.session()
        people = People(**{
            key: session.query(User).filter_by(email=f"{key}@example.org").one().actor for key in NAMES})
        made = a_full_case(session, people, clock, test_ports.vault, "Qzword")
        systems.add(session, Facts(name="Billing"), by=people.approver, now=clock.now(), law=the_law())
        alerts.acknowledge(session, made.alert_id, by=people.oncall_person, now=clock.now())
    walkers = {role: a_walker(app, f"{WHO[role]}@example.org", clock) for role in Role}
    return app, made, walkers


def _named(made: FullCase, role: Role) -> dict[str, object]:
    named: dict[str, object] = {name: getattr(made, name) for name in ("ref", *FOREIGN)}
    return named | ({"ref": made.report} if role is Role.REPORTER else {})


def _copy(source: Path, target: Path) -> Path:
    """Copy a database as it stands, whoever else has it open."""
    with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(target)) as after:
        before.backup(after)
    return target


def test_every_route_stands_in_the_matrix_and_only_routes_do(app: Flask) -> None:
    routes = {(way.endpoint, way.method) for way in ways(app)}

    assert [one for one in routes if roles_of(*one) is None] == []
    assert {name for named in ROLES_OF.values() for name in named.split()} == {endpoint for endpoint, _ in routes}


def test_every_role_gets_exactly_what_the_matrix_says(
    house: tuple[Flask, FullCase, dict[Role, Walker]], tmp_path: Path
) -> None:
    app, made, walkers = house
    with app.app_context():
        database = Path(str(db.engine.url.database))
    kept, wrong = _copy(database, tmp_path / "kept.sqlite"), []
    for role, walker in walkers.items():
        # Given a person of one role, and a case with one of everything
        _copy(kept, database)
        every = sorted(ways(app), key=lambda way: (way.endpoint in LAST, way.method != "GET", way.method == "DELETE", way.endpoint))
        for way in every:
            allowed = roles_of(way.endpoint, way.method)
            if allowed is None or "anybody" in allowed:
                continue

            # When they take a route
            answer = walker.open(way, **_named(made, role) | ({"number": 999} if way.endpoint == "sessions.end" else {}))

            # Then they are let in or refused as the matrix says
            status = 0 if asked_for_more(answer) else answer.status_code
            if role is Role.ADMIN and way.endpoint in OF_NO_CASE:
                status = 200 if status == 404 else 0
            if not _is_right(way, status, allowed=role.value in allowed):
                wrong.append((role.value, way.endpoint, way.method, answer.status_code, answer.location))
    assert wrong == [], "\n".join(map(str, wrong))


def asked_for_more(answer: TestResponse) -> bool:
    """Tell whether somebody was sent to sign in, to prove who they are, or to set something up: they were not let in."""
    return (answer.location or "").startswith(("/sign-in", "/prove?", "/me/security?"))


def _is_right(way: Way, status: int, *, allowed: bool) -> bool:
    if not allowed:
        return status == 403
    if status == 0:
        return False
    if way.method == "GET":
        return status < 400 or (
            status in {404, 410} and (bool(way.arguments & ELSEWHERE) or way.endpoint in LATER))
    return status < 500 and (status not in {401, 403, 405} or way.endpoint in BY_ANOTHER)


def test_a_field_that_is_not_asked_for_is_refused_by_name_and_nothing_is_done(
    house: tuple[Flask, FullCase, dict[Role, Walker]]
) -> None:
    # Given every endpoint that writes
    app, made, walkers = house
    wrong = []
    for way in ways(app):
        allowed = roles_of(way.endpoint, way.method) or frozenset()
        if not way.is_api or way.method == "GET" or allowed == {"anybody"}:
            continue
        role = next((one for one in (Role.APPROVER, Role.RESPONDER) if one.value in allowed), None)
        taken = schemas(app, way).get("json")
        if role is None or way.endpoint in UPLOADS:
            continue
        for name in ("role", "approved_by", "case_id", "state", "file_local_name"):
            if taken is not None and name in taken.fields:
                continue

            # When a field is sent along that would be good to have
            answer = walkers[role].open(way, {name: "x"}, **_named(made, role))

            # Then the answer names it
            if answer.status_code != 422 or name not in answer.get_json()["problems"]:
                wrong.append((way.endpoint, name, answer.status_code, answer.text[:120]))
    assert wrong == [], "\n".join(map(str, wrong))


# These take files or lines of JSON: what else is sent is refused by them, or is not read at all.
UPLOADS = {"api_recipients.upload", "api_documents.add", "api_uploads.put_page", "api_incoming.put",
           # Calculators: nothing is written.
           "api_law.deadlines", "api_law.severity", "api_law.assess"}


@pytest.mark.parametrize("path", ["/cases/{}.json", "/cases/{}/", "/cases/{}/x.css", "/cases/{}/timeline/", "/api/v1/cases/{}/",
                                  "/cases/{}/report.pdf/x.css"])
def test_no_other_spelling_of_an_address_leads_anywhere(
    house: tuple[Flask, FullCase, dict[Role, Walker]], path: str
) -> None:
    # Given an address with something behind it that caches or routers may take for a file
    _, made, walkers = house

    # When somebody who may read the case asks for it
    answer = walkers[Role.RESPONDER].browser.get(path.format(made.ref))

    # Then there is nothing, and nobody keeps it
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_verb_and_no_header_goes_round_the_check(house: tuple[Flask, FullCase, dict[Role, Walker]]) -> None:
    # Given an auditor, who may read the case and not close it, and an administrator who may do neither
    app, made, walkers = house
    auditor, admin = walkers[Role.AUDITOR].browser, walkers[Role.ADMIN].browser
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        # When they ask by other verbs or say in a header that they mean another one
        read = auditor.get(f"/cases/{made.ref}/evidence", headers={header: "POST"})
        closed = auditor.post(f"/cases/{made.ref}/close", headers={header: "GET"}, data={"_method": "GET"})

        # Then the verb that came counts, and the same check
        assert (read.status_code, closed.status_code) == (200, 403)
    assert admin.head(f"/cases/{made.ref}").status_code == 403
    assert admin.head(f"/cases/{made.ref}/timeline").status_code == 403
    assert auditor.head(f"/cases/{made.ref}").status_code == 200
    assert auditor.put(f"/cases/{made.ref}").status_code == 405
    assert auditor.open(f"/cases/{made.ref}", method="TRACE").status_code == 405
    assert app.test_client().head(f"/cases/{made.ref}").status_code in {302, 401}
