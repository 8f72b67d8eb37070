"""What Telegram sends us: proved by a secret, each update once, answered by a worker."""

from dataclasses import replace

import pytest
from flask import Flask

from incident_app.api.bot_hook import LARGEST, SECRET
from incident_app.bot.polling import listen
from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.wiring import KEY, Ports
from tests.bot.kit import HearingBot, link, message
from tests.fakes import FakeChannel

HOOK = "/hooks/telegram/staff"
KEY_OF_HOOK = "h" * 64
RIGHT = {SECRET: KEY_OF_HOOK}


@pytest.fixture
def bot(app: Flask, test_ports: Ports) -> HearingBot:
    """The running app with its webhook on; 7001 is the on-call person's chat."""
    made = HearingBot()
    app.extensions[KEY] = replace(test_ports, staff_channels={"telegram": made, "email": FakeChannel("email")},
                                  staff_hook_secret=KEY_OF_HOOK)
    with app.app_context():
        user = accounts.find(db.session(), "oncall_person@example.org")
        assert user is not None
        link(db.session(), user.id, "7001")
    return made


def _listen(app: Flask) -> None:
    with app.app_context():
        listen()


def test_what_telegram_sends_is_kept_and_answered_once(app: Flask, bot: HearingBot) -> None:
    client = app.test_client()

    answers = [client.post(HOOK, json=message(number, "/help"), headers=RIGHT) for number in (12, 11, 12)]
    _listen(app)
    answers.append(client.post(HOOK, json=message(11, "/help"), headers=RIGHT))
    _listen(app)

    assert [(one.status_code, one.get_json()) for one in answers] == [
        (200, {"kept": 1}), (200, {"kept": 1}), (200, {"kept": 0}), (200, {"kept": 0})]
    assert len(bot.said) == 2
    assert bot.offsets == []


@pytest.mark.parametrize("headers", [{}, {SECRET: ""}, {SECRET: "h" * 63}, {SECRET: "ü"}])
def test_without_the_secret_nothing_is_kept(app: Flask, bot: HearingBot, headers: dict[str, str]) -> None:
    client = app.test_client()
    assert client.post(HOOK, json=message(11, "/help"), headers=headers).status_code == 401
    assert client.post(f"{HOOK}?secret={KEY_OF_HOOK}", json=message(11, "/help")).status_code == 401
    _listen(app)
    assert bot.said == []


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b"7", b"\xff"])
def test_what_is_no_update_is_refused_in_words(app: Flask, bot: HearingBot, body: bytes) -> None:
    answer = app.test_client().post(HOOK, data=body, headers=RIGHT)
    assert answer.status_code == 422
    assert answer.get_json()["error"]


def test_what_is_too_large_is_not_read(app: Flask, bot: HearingBot) -> None:
    answer = app.test_client().post(HOOK, data=b"x" * (LARGEST + 1), headers=RIGHT)
    assert answer.status_code == 422
    assert "larger" in answer.get_json()["error"]


@pytest.mark.parametrize("update", [{}, {"update_id": "x"}, {"update_id": 1}, message(1, "hi", kind="group")])
def test_an_update_there_is_nothing_to_answer_in_is_passed_over(
    app: Flask, bot: HearingBot, update: dict[str, object]
) -> None:
    assert app.test_client().post(HOOK, json=update, headers=RIGHT).get_json() == {"kept": 0}


def test_while_it_is_switched_off_there_is_no_hook(app: Flask) -> None:
    answer = app.test_client().post(HOOK, json=message(11, "/help"), headers=RIGHT)
    assert answer.status_code == 404
    assert "TELEGRAM_STAFF_WEBHOOK" in answer.get_json()["error"]
