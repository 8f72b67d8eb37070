"""Controllers as JSON: list, notice, receipts, what follows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts, controllers
from incident_app.wiring import KEY, Ports, ports
from tests.api.test_sending import pump
from tests.builders import a_case
from tests.conftest import ApiClient
from tests.controllers_kit import CODE, ENVELOPE
from tests.fakes import FakeChannel

Api = Callable[[str], ApiClient]
AT = "/cases/BR-2026-001/notices"
ROWS = [{"organisation": "Nordwind", "email": "a@b.example", "contract": "17", "people": 12, "data": "contact|payment"},
        {"organisation": "Claire", "email": "c@d.example", "language": "fr", "records": None}]


@pytest.fixture
def office(app: Flask) -> Flask:
    """An app with a case and an address of its own."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor)
        app.extensions[KEY] = replace(ports(), envelope=ENVELOPE)
    return app


def asking(api_for: Api, name: str) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Return who asks as somebody."""
    return api_for(name)


def test_controllers_are_listed_told_and_asked_again(office: Flask, api_for: Api, test_ports: Ports) -> None:
    responder, approver, auditor = (asking(api_for, name) for name in ("responder", "approver", "auditor"))

    # Given a list of two, and a notice to it that two people agreed on
    status, made = responder("POST", "/cases/BR-2026-001/controllers", {"name": "crm", "controllers": ROWS})
    assert (status, made["controllers"], made["name"]) == (201, 2, "crm")
    status, notice = responder("POST", AT, {"list_id": made["id"]})
    assert (status, notice["kind"], sorted(notice["texts"])) == (201, "controllers", ["en", "fr"])
    assert responder("POST", f"{AT}/1/ask-approval", {})[0] == 200
    assert approver("POST", f"{AT}/1/approve", {})[0] == 200
    assert responder("POST", f"{AT}/1/launch", {"typed_count": 2})[0] == 200
    pump(office, test_ports)

    # When one of them says that it arrived
    channel = test_ports.channels["email"]
    assert isinstance(channel, FakeChannel)
    code = CODE.findall(next(message.text for message in channel.sent if message.address == "a@b.example"))[0]
    with office.app_context():
        controllers.acknowledge(db.session(), code, "Ines", now=test_ports.clock.now())

    # Then who may see people reads who, and the others that
    receipts = responder("GET", f"{AT}/1/receipts")[1]["receipts"]
    assert [(one["organisation"], one["state"], one["by"]) for one in receipts] == [("Nordwind", "acknowledged", "Ines"), ("Claire", "sent", "")]
    masked = auditor("GET", f"{AT}/1/receipts")[1]["receipts"]
    assert [(one["controller"], one["organisation"], one["state"]) for one in masked] == [
        ("C-0001", "", "acknowledged"), ("C-0002", "", "sent")]

    # And the other one is reminded, and both are told how it went on
    status, reminder = responder("POST", f"{AT}/1/reminder", {"hours": 0})
    assert (status, reminder["is_reminder"], list(reminder["texts"])) == (201, True, ["fr"])
    status, update = responder("POST", f"{AT}/1/update", {"again_on": "2026-12-24"})
    assert (status, update["is_reminder"], update["list_id"]) == (201, False, made["id"])
    assert "24 December 2026" in update["texts"]["en"]["body"]


def test_a_list_with_one_bad_row_is_refused_by_its_line(office: Flask, api_for: Api) -> None:
    del office

    responder = asking(api_for, "responder")
    status, answer = responder("POST", "/cases/BR-2026-001/controllers", {"controllers": [*ROWS, {"organisation": "X", "email": "x"}]})

    assert status == 422
    assert "Line 4: email is not an email address" in answer["problems"]["file"]
    assert responder("GET", "/notices/fields")[1]["controller_fields"]["receipt"]
