"""The same loop as JSON: lists, notices, sends, and SendGrid's signed events."""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from sqlalchemy import select

from incident_app.api.hooks import check_signature
from incident_app.app import create_app
from incident_app.domain.ports import Rejected, Uncertain
from incident_app.domain.refusals import Forbidden
from incident_app.extensions import db
from incident_app.models.deliveries import Delivery
from incident_app.services import accounts, deliveries
from incident_app.tasks import deliveries as tasks
from incident_app.wiring import Ports
from tests.builders import a_case, ports_for_tests, settings_for_tests
from tests.conftest import ApiClient
from tests.fakes import FakeChannel, FakeClock, FakeLimiter
from tests.letters_kit import csv_of

Api = Callable[[str], ApiClient]
REF = "BR-2026-001"
AT = f"/cases/{REF}/notices/1"


@pytest.fixture
def case(app: Flask) -> str:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",))
    return REF


def pump(app: Flask, ports: Ports) -> None:
    """Let the worker work."""
    with app.app_context():
        for _ in range(5):
            deliveries.pump(db.session(), clock=ports.clock, channels=ports.channels, limiter=ports.limiter,
                            vault=ports.vault, letters=ports.letters, law=ports.law, worker="test")


def upload(api: ApiClient, content: bytes) -> tuple[int, dict[str, Any]]:
    """Upload a file as multipart."""
    return api("POST", f"/cases/{REF}/lists", data={"file": (io.BytesIO(content), "people.csv")})


def to_launched(api_for: Api, content: bytes) -> None:
    """Upload, draft, ask, approve, launch."""
    responder, approver = api_for("responder"), api_for("approver")
    status, made = upload(responder, content)
    assert status == 201, made
    assert responder("POST", f"/cases/{REF}/notices", {"list_id": made["id"]})[0] == 201
    assert responder("POST", f"{AT}/ask-approval", {})[0] == 200
    assert approver("POST", f"{AT}/approve", {})[0] == 200
    status, answer = responder("POST", f"{AT}/launch", {"typed_count": made["people_count"]})
    assert status == 200, answer


def test_a_list_goes_in_as_a_file_or_as_rows(case: str, api_for: Api) -> None:
    api = api_for("responder")

    status, made = upload(api, csv_of(3) + b"x,nonsense,,en,DE\n")
    assert status == 201
    assert (made["people_count"], made["refused_count"], made["adds_up"]) == (3, 1, True)
    status, rows = api("POST", f"/cases/{case}/lists/rows", {"name": "from the shop", "rows": [
        {"name": "Ann", "email": "ann@example.org", "language": "en"}]})
    assert (status, rows["people_count"]) == (201, 1)

    status, listed = api("GET", f"/cases/{case}/lists")
    assert [one["number"] for one in listed["lists"]] == [2, 1]  # type: ignore[attr-defined]  # JSON
    assert api("GET", f"/cases/{case}/lists/1")[1]["line_count"] == 5
    status, page = api("GET", f"/cases/{case}/lists/1/people?after=1&limit=1")
    assert page["people"][0]["email"] == "p…@example.org"  # type: ignore[index]  # JSON
    assert api("POST", f"/cases/{case}/lists/1/people/1/open")[1]["email"] == "person1@example.org"
    assert api("DELETE", f"/cases/{case}/lists/2")[0] == 204
    assert "utf-8" in api("GET", "/lists/encodings")[1]["encodings"]  # type: ignore[operator]  # JSON


@pytest.mark.parametrize(("form", "problem"), [
    ({}, "file"),
    ({"file": (io.BytesIO(b"email\nx@example.org\n"), "a.csv"), "mood": "good"}, "mood"),
])
def test_an_upload_without_a_file_or_with_unknown_fields_is_refused(
    case: str, api_for: Api, form: dict[str, object], problem: str
) -> None:
    status, answer = api_for("responder")("POST", f"/cases/{case}/lists", data=form,
                                          content_type="multipart/form-data")

    assert status == 422
    assert problem in answer["problems"]  # type: ignore[operator]  # JSON


def test_unknown_fields_and_numbers_that_are_words_are_refused(case: str, api_for: Api) -> None:
    api = api_for("responder")

    status, answer = api("POST", f"/cases/{case}/lists/rows", {"name": "x", "rows": [{"mail": "a@example.org"}]})
    assert status == 422
    assert "rows.0.mail" in answer["problems"]  # type: ignore[operator]  # JSON
    assert api("POST", f"/cases/{case}/notices", {"list_id": "1"})[0] == 422
    assert api("POST", f"/cases/{case}/notices", {"list_id": 99})[0] == 404


def test_a_notice_goes_the_whole_way_and_the_sum_adds_up(
    case: str, app: Flask, api_for: Api, test_ports: Ports
) -> None:
    responder, approver = api_for("responder"), api_for("approver")
    upload(responder, csv_of(30))
    status, notice = responder("POST", f"/cases/{case}/notices", {"list_id": 1})
    assert status == 201
    assert sorted(notice["texts"]) == ["de", "en", "es", "fr", "ru"]  # type: ignore[call-overload]  # JSON
    text = notice["texts"]["en"]  # type: ignore[index]  # JSON
    version = notice["version"]
    status, notice = responder("PUT", f"{AT}/texts/en", {**text, "subject": "Read this", "version": version})
    assert status == 200
    assert responder("PUT", f"{AT}/texts/en", {**text, "version": version})[0] == 409
    status, notice = responder("PUT", f"{AT}/plan", {"order": ["email", "telegram"], "version": notice["version"]})
    assert notice["plan"]["order"] == ["email", "telegram"]  # type: ignore[index]  # JSON
    assert responder("PUT", f"{AT}/list", {"list_id": 1, "version": notice["version"]})[0] == 200
    assert responder("GET", f"{AT}/check")[1]["checks"]["en"]["ready"] is True  # type: ignore[index]  # JSON
    assert responder("GET", f"{AT}/check")[1]["told_before"] == []
    seen = responder("GET", f"{AT}/preview/1")[1]
    assert "Person 1" in seen["email"]["text"]  # type: ignore[index]  # JSON
    assert responder("GET", f"{AT}/preview/3")[1]["email"] is None
    assert "name" in responder("GET", "/notices/fields")[1]["fields"]  # type: ignore[operator]  # JSON

    responder("POST", f"{AT}/ask-approval", {})
    assert responder("POST", f"{AT}/approve", {})[0] == 403
    assert approver("POST", f"{AT}/send-back", {"reason": "Look at it again."})[1]["state"] == "draft"
    responder("POST", f"{AT}/ask-approval", {})
    assert approver("POST", f"{AT}/approve", {})[1]["state"] == "approved"
    assert responder("POST", f"{AT}/launch", {"typed_count": 29})[0] == 422
    assert responder("POST", f"{AT}/launch", {"typed_count": 30})[0] == 200
    assert responder("POST", f"{AT}/launch", {"typed_count": 30})[0] == 409
    assert isinstance(test_ports.limiter, FakeLimiter)
    test_ports.limiter.holds = {"telegram": 600.0}
    held = responder("GET", f"{AT}/progress")[1]
    assert held["waits_until"] == (test_ports.clock.now() + timedelta(minutes=10)).isoformat()
    assert held["seconds_left"] in range(600, 610)
    test_ports.limiter.holds = {}
    assert responder("GET", f"{AT}/progress")[1]["waits_until"] is None
    pump(app, test_ports)

    progress = responder("GET", f"{AT}/progress")[1]
    assert (progress["total"], progress["accepted"], progress["adds_up"]) == (30, 30, True)
    assert progress["proofs"]
    assert (progress["letters"], progress["waits_until"]) == (0, None)
    lines = responder("GET", f"{AT}/deliveries?outcome=accepted&limit=2")[1]["deliveries"]
    assert len(lines) == 2  # type: ignore[arg-type]  # JSON
    assert responder("GET", f"{AT}/deliveries?outcome=lost")[0] == 422
    assert responder("GET", f"{AT}/deliveries/1")[1]["steps"][0]["what"] == "sent"  # type: ignore[index]  # JSON
    got = responder("POST", f"{AT}/deliveries/1/words")[1]
    assert (got["as_approved"], got["copies"][0]["certain"]) == (True, True)  # type: ignore[index]  # JSON
    kept = responder("GET", f"{AT}/texts/en/versions")[1]["versions"]
    assert (kept[0]["number"], kept[1]["number"], kept[1]["changes"]) == (2, 1, [])  # type: ignore[index]  # JSON
    assert responder("GET", AT)[1]["state"] == "finished"
    assert len(responder("GET", f"/cases/{case}/notices")[1]["notices"]) == 1  # type: ignore[arg-type]  # JSON


def test_a_send_is_paused_resumed_stopped_and_decided_on(
    case: str, app: Flask, api_for: Api, test_ports: Ports
) -> None:
    channel = test_ports.channels["telegram"]
    assert isinstance(channel, FakeChannel)
    channel.answer = lambda message: Uncertain("No answer came.")
    to_launched(api_for, csv_of(3))
    oncall, responder, approver = api_for("oncall_person"), api_for("responder"), api_for("approver")

    assert oncall("POST", f"{AT}/pause", {"reason": "Complaints."})[1]["state"] == "paused"
    assert oncall("POST", f"{AT}/resume", {"reason": "x"})[0] == 403
    assert responder("POST", f"{AT}/resume", {"reason": "Looked."})[1]["state"] == "sending"
    pump(app, test_ports)
    assert responder("POST", f"{AT}/uncertain", {"decision": "leave", "reason": "x"})[0] == 403
    assert approver("POST", f"{AT}/uncertain", {"decision": "resend", "reason": "Try."})[0] == 422
    status, asked = responder("POST", f"{AT}/uncertain/again", {"reason": "Nobody answered for hours.", "numbers": [1]})
    assert (status, asked["people"]) == (202, 1)
    assert approver("POST", f"{AT}/uncertain/again/{asked['id']}", {"agreed": True})[1] == {"again": 1}
    assert [one["number"] for one in responder("GET", f"{AT}/deliveries?outcome=twice")[1]["deliveries"]] == [1]  # type: ignore[attr-defined]  # JSON
    assert approver("POST", f"{AT}/uncertain", {"decision": "leave", "reason": "Enough."})[1] == {"decided": 2}
    stopped = oncall("POST", f"{AT}/cancel", {"reason": "Stop."})[1]
    assert (stopped["state"], stopped["text_withdrawn"]) == ("cancelled", False)
    assert oncall("POST", f"{AT}/text", {"reason": "It names a wrong day.", "text_wrong": True})[0] == 403
    assert responder("POST", f"{AT}/text", {"reason": "It names a wrong day.", "text_wrong": True})[1]["text_withdrawn"] is True
    pump(app, test_ports)
    assert responder("GET", f"{AT}/progress")[1]["cancelled"] == 1
    assert oncall("POST", "/cases/BR-1999-001/notices/1/pause", {"reason": "x"})[0] == 404


def test_the_text_of_a_notice_that_everybody_got_is_withdrawn_and_nobody_is_sent_it_any_more(
    case: str, app: Flask, api_for: Api, test_ports: Ports
) -> None:
    # Given a notice that one of two people could not be reached by
    channel = test_ports.channels["email"]
    assert isinstance(channel, FakeChannel)
    channel.answer = lambda message: Rejected("The mailbox is full", permanent=True)
    to_launched(api_for, b"email\nann@example.org\n")
    pump(app, test_ports)
    responder, oncall = api_for("responder"), api_for("oncall_person")
    assert responder("GET", AT)[1]["state"] == "finished"

    # When its text is withdrawn
    assert oncall("POST", f"{AT}/text", {"reason": "It names a wrong day.", "text_wrong": True})[0] == 403
    status, said = responder("POST", f"{AT}/text", {"reason": "It names a wrong day.", "text_wrong": True})
    assert (status, said) == (200, {"number": 1, "state": "finished", "state_reason": "It names a wrong day.", "text_withdrawn": True})

    # Then trying again is refused in words, until it is called right after all
    again = {"cause": "The mailbox is full", "reason": "They cleaned up."}
    status, said = responder("POST", f"{AT}/again", again)
    assert status == 409
    assert "is withdrawn: nobody is sent it any more" in str(said)
    assert responder("POST", f"{AT}/text", {"reason": "The day was right.", "text_wrong": False})[1]["state_reason"] == ""
    assert responder("POST", f"{AT}/again", again)[0] == 200


KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def signed(body: bytes, at: datetime, key: ec.EllipticCurvePrivateKey = KEY) -> dict[str, str]:
    """Return the headers SendGrid would send."""
    stamp = str(int(at.timestamp()))
    signature = base64.b64encode(key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))).decode()
    return {"X-Twilio-Email-Event-Webhook-Signature": signature, "X-Twilio-Email-Event-Webhook-Timestamp": stamp}


@pytest.fixture
def test_ports(clock: FakeClock) -> Ports:
    return replace(ports_for_tests(clock), sendgrid_public_key=PUBLIC)


def post(app: Flask, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Send events."""
    answer = app.test_client().post("/hooks/sendgrid", data=body, headers=headers, content_type="application/json")
    return answer.status_code, answer.get_json()


def event(delivery_id: str, kind: str, key: str = "e1", **more: object) -> dict[str, object]:
    """Return one event as SendGrid writes it."""
    return {"event": kind, "delivery_id": delivery_id, "sg_event_id": key, "email": "person1@example.org",
            "timestamp": 1795426800, **more}


def test_a_bounce_moves_the_person_to_the_next_channel(
    case: str, app: Flask, api_for: Api, test_ports: Ports, clock: FakeClock
) -> None:
    to_launched(api_for, b"name,email\nAnn,ann@example.org\n")
    pump(app, test_ports)
    with app.app_context():
        delivery_id = db.session.scalars(select(Delivery.public_id)).one()
    body = json.dumps([
        event(delivery_id, "bounce", reason="550 5.1.1 <ann@example.org> unknown"), event(delivery_id, "open", "e2"),
        event("unknown", "delivered", "e3"), event(delivery_id, "delivered", "e4", timestamp="soon"), "noise",
        {"event": "delivered"},
    ]).encode()

    status, answer = post(app, body, signed(body, clock.now()))

    assert (status, answer) == (202, {"kept": 3})
    with app.app_context():
        assert tasks.receipts.run() == 3
    progress = api_for("responder")("GET", f"{AT}/progress")[1]
    assert (progress["failed"], progress["adds_up"]) == (1, True)
    assert progress["reasons"] == [{"reason": "The mailbox does not exist", "people": 1}]

    # And when they come again, then nothing counts twice
    assert post(app, body, signed(body, clock.now()))[0] == 202
    with app.app_context():
        tasks.receipts.run()
    assert api_for("responder")("GET", f"{AT}/progress")[1] == progress


def test_only_what_sendgrid_signed_lately_is_believed(app: Flask, clock: FakeClock) -> None:
    body = b"[]"
    good = signed(body, clock.now())

    assert post(app, body, good)[0] == 202
    assert post(app, b"[ ]", good)[0] == 403
    assert post(app, body, {})[0] == 403
    assert post(app, body, good | {"X-Twilio-Email-Event-Webhook-Signature": "%%%"})[0] == 403
    assert post(app, body, signed(body, clock.now(), ec.generate_private_key(ec.SECP256R1())))[0] == 403
    clock.move(minutes=11)
    assert post(app, body, good)[0] == 403


@pytest.mark.parametrize("body", [b"not json", b'{"event": "bounce"}'])
def test_a_body_that_is_no_list_of_events_is_refused(app: Flask, clock: FakeClock, body: bytes) -> None:
    assert post(app, body, signed(body, clock.now()))[0] == 422


def test_a_key_of_another_kind_proves_nothing(clock: FakeClock) -> None:
    other = rsa.generate_private_key(65537, 2048).public_key()
    public = base64.b64encode(other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    with pytest.raises(Forbidden):
        check_signature(public, "", "0", b"", clock.now())


def test_without_a_key_there_is_no_such_hook(tmp_path: Path, clock: FakeClock) -> None:
    app = create_app(settings_for_tests(f"sqlite:///{tmp_path}/x.sqlite", tmp_path), ports=ports_for_tests(clock))
    assert post(app, b"[]", {})[0] == 404
    with app.app_context():
        db.engine.dispose()
