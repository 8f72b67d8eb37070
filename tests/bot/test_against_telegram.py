"""The whole way of an alert and its answer, against a server that speaks the Bot API."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from incident_app.adapters.telegram_staff import TelegramStaff
from incident_app.bot.polling import listen
from incident_app.domain.buttons import button_data
from incident_app.extensions import db
from incident_app.models.alerts import Alert
from incident_app.services import accounts, alerts, linking
from incident_app.tasks import bot as tasks
from incident_app.wiring import KEY, Ports, ports
from tests.bot.kit import link
from tests.fakes import START, FakeChannel
from tests.loopback.telegram_api import TOKEN, TelegramApi

SECRET = b"a" * 32


@pytest.fixture
def api(app: Flask, test_ports: Ports) -> Iterator[TelegramApi]:
    """The running app with the real bot; 7001 is the on-call person's chat, and an alert has arrived there."""
    with TelegramApi() as server:
        staff = TelegramStaff(TOKEN, server.url, connect_timeout=3, total=3)
        app.extensions[KEY] = replace(test_ports, staff_channels={"telegram": staff, "email": FakeChannel("email")})
        with app.app_context():
            user = accounts.find(db.session(), "oncall_person@example.org")
            assert user is not None
            link(db.session(), user.id, "7001")
            alerts.send_demo(db.session(), by=user.actor, now=START)
            alerts.send_due(db.session(), ports().staff_channels, clock=ports().clock, public_url="https://incident.test",
                            secret=SECRET)
            yield server
        staff.close()


def _alert() -> Alert:
    session = db.session()
    session.expire_all()
    return session.scalars(select(Alert).order_by(Alert.id.desc())).one()


def _tap(api: TelegramApi, verb: str = "ack", callback: str = "1") -> None:
    api.tap(7001, 1, button_data(SECRET, verb, _alert().id, "7001", now=START), callback)
    listen()


def test_an_alert_is_answered_by_a_tap_and_changes_in_place(api: TelegramApi) -> None:
    assert api.sent[0]["text"].startswith("incident-app · demo alert")

    _tap(api)

    assert api.callback_answers == [{"callback_query_id": "1", "text": "Acknowledged."}]
    (edit,) = api.edits
    assert (edit["chat_id"], edit["message_id"]) == (7001, 1)
    assert "Acknowledged by Ola Oncall" in edit["text"]
    assert "reply_markup" not in edit


@pytest.mark.parametrize("kind", ["reset", "garbage", "too_old", "bad_gateway"])
def test_a_tap_whose_answer_is_lost_counts_and_the_message_says_so(api: TelegramApi, kind: str) -> None:
    api.fail("answerCallbackQuery", kind, times=1)

    _tap(api)

    assert _alert().state == "acknowledged"
    assert api.callback_answers == []
    assert "Acknowledged by Ola Oncall" in api.edits[0]["text"]


def test_an_edit_whose_answer_is_lost_is_made_again(api: TelegramApi) -> None:
    api.fail(7001, "reset", times=1)
    _tap(api)
    assert api.edits == []

    assert alerts.refresh_messages(db.session(), ports().staff_channels, now=START) == 1
    assert len(api.edits) == 1


def test_a_message_that_was_deleted_is_left_alone(api: TelegramApi) -> None:
    api.fail(7001, "no_message", times=1)
    _tap(api)
    assert alerts.refresh_messages(db.session(), ports().staff_channels, now=START) == 0


def test_updates_that_were_lost_on_their_way_come_again(api: TelegramApi) -> None:
    api.fail("getUpdates", "reset", times=1)
    api.say(7001, "/help")

    assert listen() is None
    assert listen() == 1
    assert api.sent[-1]["text"].startswith("/ack –")


def test_a_chat_is_linked_by_the_code_of_the_deep_link(api: TelegramApi) -> None:
    user = accounts.find(db.session(), "responder@example.org")
    assert user is not None
    code = linking.new_code(db.session(), by=user.actor, browser="b", now=START)
    api.say(7002, f"/start {code}", "Rene", "rene")
    listen()

    waiting = linking.latest(db.session(), by=user.actor, browser="b", now=START)
    assert waiting is not None
    assert waiting.chat_name == "Rene (@rene)"
    assert api.sent[-1]["text"] == "Now confirm it in the browser where you asked."
    linking.confirm(db.session(), waiting.id, by=user.actor, browser="b", now=START)
    tasks.notes()
    assert api.sent[-1]["text"].startswith("Linked to Rene Responder.")
