"""Events of the mail provider: signed bytes alone are believed, once, forward only, about ids nobody guesses (T-29, T-77, T-78)."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import select

from incident_app.domain.ports import Uncertain
from incident_app.extensions import db
from incident_app.models.deliveries import Delivery, Receipt
from incident_app.services import accounts
from incident_app.tasks import deliveries as tasks
from incident_app.wiring import Ports
from tests.api.test_sending import PUBLIC, Api, event, pump, signed, to_launched
from tests.builders import a_case, ports_for_tests
from tests.fakes import FakeChannel, FakeClock

AT = "/cases/BR-2026-001/notices/1"


@pytest.fixture
def test_ports(clock: FakeClock) -> Ports:
    return replace(ports_for_tests(clock), sendgrid_public_key=PUBLIC)


def filed(app: Flask) -> int:
    """File a case, and return the id of who filed it."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        by = user.actor
        a_case(db.session(), by, data_categories=("ai_prompts",))
        return by.id


@pytest.fixture
def sent(app: Flask, api_for: Api, test_ports: Ports) -> list[str]:
    """The ids under which a notice went to three people."""
    filed(app)
    to_launched(api_for, b"name,email\nAnn,ann@example.org\nBo,bo@example.org\nCy,cy@example.org\n")
    pump(app, test_ports)
    with app.app_context():
        return list(db.session.scalars(select(Delivery.public_id).order_by(Delivery.number)))


def post(app: Flask, body: bytes, headers: dict[str, str], content_type: str = "application/json") -> tuple[int, object]:
    """Send events as any type."""
    answer = app.test_client().post("/hooks/sendgrid", data=body, headers=headers, content_type=content_type)
    return answer.status_code, (answer.get_json(silent=True) or {}).get("kept")


def outcome(api_for: Api) -> tuple[object, object]:
    """Return how many were taken and how many failed."""
    progress = api_for("responder")("GET", f"{AT}/progress")[1]
    return progress["accepted"], progress["failed"]


def test_only_the_very_bytes_that_were_signed_count_and_each_event_once(
    app: Flask, api_for: Api, clock: FakeClock, sent: list[str]
) -> None:
    # Given a bounce that SendGrid signed
    events = [event(sent[0], "bounce", "b1", reason="550 no such user")]
    body = json.dumps(events).encode()
    headers = signed(body, clock.now())
    forged = json.dumps([event(sent[0], "delivered", "x1")]).encode()

    # When it comes written anew, with another event added, by another key, without a signature, or as something else
    stranger = ec.generate_private_key(ec.SECP256R1())
    for tried, using in (
        (json.dumps(events, indent=1).encode(), headers), (body + b" ", headers), (b"\xef\xbb\xbf" + body, headers),
        (json.dumps(events + json.loads(forged)).encode(), headers), (forged, headers), (forged, {}),
        (forged, signed(forged, clock.now(), stranger)),
        (forged, dict.fromkeys(headers, "")), (forged, signed(forged, clock.now() - timedelta(minutes=11))),
    ):
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            # Then it is refused, whatever type it claims
            assert post(app, tried, using, kind)[0] in {400, 403, 422}, (tried, kind)
    with app.app_context():
        assert tasks.receipts.run() == 0

    # When the signed one comes, then it counts, once, however often it is replayed
    again = json.dumps([*events, event(sent[0], "bounce", "b1", reason="551 another word")]).encode()
    for told in (body, body, again):
        assert post(app, told, signed(told, clock.now()))[0] == 202
    with app.app_context():
        tasks.receipts.run()
        assert len(db.session.scalars(select(Receipt.id)).all()) == 1
    assert outcome(api_for) == (2, 1)


def test_a_failure_is_not_hidden_by_whoever_has_no_key_nor_by_a_late_success(
    app: Flask, api_for: Api, clock: FakeClock, sent: list[str]
) -> None:
    # Given a signed bounce
    body = json.dumps([event(sent[0], "bounce", "b1", reason="550 no such user")]).encode()
    post(app, body, signed(body, clock.now()))
    with app.app_context():
        tasks.receipts.run()
    assert outcome(api_for) == (2, 1)

    # When a signed success comes later, for it and for ids that somebody guessed
    guesses = [event(guess, "delivered", f"g{number}") for number, guess in enumerate(("1", "2", "00000000-0000-4000-8000-000000000001"))]
    late = json.dumps([event(sent[0], "delivered", "d1"), *guesses]).encode()
    post(app, late, signed(late, clock.now()))
    with app.app_context():
        tasks.receipts.run()

    # Then the failure stands, and an id is random: neither a number nor like another
    assert outcome(api_for) == (2, 1)
    ids = [uuid.UUID(one) for one in sent]
    assert [one.version for one in ids] == [4, 4, 4]
    # Those of one part of a list begin alike, so that they stand side by side in the index; sixty bits are each one's own.
    assert len({one.hex[16:24] for one in ids}) == len({one.hex[24:] for one in ids}) == 3


def test_a_batch_with_one_who_is_not_in_it_is_refused_whole(app: Flask, api_for: Api, test_ports: Ports, clock: FakeClock) -> None:
    # Given two people who are uncertain
    email = test_ports.channels["email"]
    assert isinstance(email, FakeChannel)
    email.answer = lambda message: Uncertain("No answer.")
    responder = filed(app)
    to_launched(api_for, b"name,email\nAnn,ann@example.org\nBo,bo@example.org\n")
    pump(app, test_ports)
    approver, admin = api_for("approver"), api_for("admin")
    waiting = approver("GET", f"{AT}/progress")[1]["uncertain"]
    assert waiting == 2

    # When somebody decides about them, and about one more
    for numbers in ([1, 2, 3], [1, 4711], [1, -1], [1, 2**40]):
        status, answer = approver("POST", f"{AT}/uncertain", {"decision": "leave", "reason": "Enough of it.", "numbers": numbers})
        asked = approver("POST", f"{AT}/uncertain/again", {"reason": "Nobody answered for hours.", "numbers": numbers})

        # Then nothing of it is done
        assert status == 404, answer
        assert asked[0] == 404
    assert approver("POST", f"{AT}/uncertain", {"decision": "leave", "reason": "Enough.", "numbers": [1, 2]})[1] == {"decided": 2}

    # … nor of a team or a list of readers with one who does not work here
    members = [responder, 4711]
    assert admin("POST", "/teams", {"name": "Blue", "members": members})[0] == 422
    assert admin("GET", "/teams")[1] == {"teams": []}
    read = approver("GET", "/cases/BR-2026-001/readers")[1]
    chosen = {"version": read["version"], "team": None, "restricted": True, "readers": [responder, 4711]}
    assert approver("PUT", "/cases/BR-2026-001/readers", chosen)[0] == 422
    assert approver("GET", "/cases/BR-2026-001/readers")[1] == read
