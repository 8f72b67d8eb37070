"""The calendar feed: read without signing in, by a secret address, and what never stands in it."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from incident_app.extensions import db
from incident_app.models.obligations import DISCHARGED, OWED, Obligation
from incident_app.services import accounts, rota
from tests.fakes import START, FakeClock
from tests.services.duties import a_duty, a_plain_case
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
DAY = timedelta(days=1)


def address(client: FlaskClient) -> str:
    """Make an address and return its path."""
    page = post(client, "/oncall/rota/calendar").text
    found = re.search(r'id="calendar-address">https?://[^/]+(/calendar/[^<]+\.ics)<', page)
    assert found is not None
    return found[1]


def shifts(app: Flask) -> int:
    with app.app_context():
        session = db.session()
        one, other, admin = (accounts.find(session, f"{who}@example.org") for who in ("oncall_person", "approver", "admin"))
        assert one is not None
        assert other is not None
        assert admin is not None
        made = rota.add_shift(session, one.id, START, START + 9 * DAY, by=admin.actor, now=START)
        rota.cover(session, made.id, other.id, START + DAY, START + 2 * DAY, by=admin.actor, now=START)
        return made.id


def events(app: Flask, path: str) -> dict[str, dict[str, object]]:
    """Read the feed as a calendar program does: no cookie, no session."""
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    read = Calendar.from_ical(answer.data)
    return {str(one["UID"]): {"summary": str(one["SUMMARY"]), "starts": one.decoded("DTSTART"), "sequence": one["SEQUENCE"],
                              "keys": set(one)} for one in read.walk("VEVENT")}


def test_shifts_and_deadlines_are_read_without_signing_in(app: Flask, client_for: SignIn) -> None:
    number = shifts(app)
    with app.app_context():
        a_duty(db.session(), a_plain_case(db.session()))

    found = events(app, address(client_for("oncall_person")))

    assert sorted(str(one["summary"]) for one in found.values()) == sorted([
        "BR-2026-021 · AEPD · first notice", "On call: Ada Approver (for Ola Oncall)", "On call: Ola Oncall",
        "On call: Ola Oncall",
    ])
    assert any(uid.startswith(f"shift-{number}-") for uid in found)
    assert all("DESCRIPTION" not in str(one["keys"]) for one in found.values())


def test_nothing_of_the_breach_stands_in_it_and_nothing_is_kept(app: Flask, client_for: SignIn) -> None:
    with app.app_context():
        case = a_plain_case(db.session())
        a_duty(db.session(), case)
        title = case.title
    answer = app.test_client().get(address(client_for("oncall_person")))

    assert title not in answer.text
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_a_duty_that_is_done_is_not_in_it(app: Flask, client_for: SignIn) -> None:
    path = address(client_for("auditor"))
    with app.app_context():
        duty = a_duty(db.session(), a_plain_case(db.session()))
        number = duty.id
        assert duty.state == OWED
    assert len(events(app, path)) == 1

    with app.app_context():
        db.session.get_one(Obligation, number).state = DISCHARGED
        db.session.commit()

    assert events(app, path) == {}


def test_an_edit_keeps_the_uid_and_raises_the_sequence(app: Flask, client_for: SignIn) -> None:
    number = shifts(app)
    path = address(client_for("responder"))
    (uid, before) = next((uid, one) for uid, one in events(app, path).items() if uid.startswith(f"shift-{number}-"))

    with app.app_context():
        admin = accounts.find(db.session(), "admin@example.org")
        assert admin is not None
        rota.change_shift(db.session(), number, START, START + 2 * DAY, by=admin.actor, now=START)

    after = events(app, path)[uid]
    assert (before["sequence"], after["sequence"]) == (1, 2)


def test_the_page_says_when_it_was_last_read(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    client = client_for("responder")
    path = address(client)
    assert "not read yet" in client.get("/oncall/rota").text
    assert path.split("/")[-1].removesuffix(".ics") not in client.get("/oncall/rota").text, "shown once"

    events(app, path)

    assert "last read Mon 23 Nov 2026 10:40 CET" in client.get("/oncall/rota").text


def test_a_revoked_or_unknown_address_finds_nothing(app: Flask, client_for: SignIn) -> None:
    client = client_for("responder")
    path = address(client)

    page = post(client, "/oncall/rota/calendar/revoke", follow=True).text
    assert "The calendar address is revoked." in page
    assert app.test_client().get(path).status_code == 404
    assert app.test_client().get("/calendar/made-up.ics").status_code == 404
    assert post(client, "/oncall/rota/calendar/revoke").status_code == 404
