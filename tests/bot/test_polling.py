"""Asking for updates: each is answered once, from wherever the bot stood."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from incident_app.bot.polling import PULSE, listen
from incident_app.domain.ports import Outcome
from incident_app.extensions import db
from incident_app.services import accounts, alerts, rota
from incident_app.wiring import KEY, Ports
from tests.fakes import FakeChannel, FakeClock
from tests.phones import FakeBot


def _message(number: int, text: str, chat: int = 7001) -> dict[str, object]:
    return {"update_id": number, "message": {"chat": {"id": chat, "type": "private"}, "text": text}}


@pytest.fixture
def bot(app: Flask, test_ports: Ports) -> Iterator[FakeBot]:
    """The running app with a bot that hears, inside an app context."""
    made = FakeBot()
    app.extensions[KEY] = replace(test_ports, staff_channels={"telegram": made, "email": FakeChannel("email")})
    with app.app_context():
        yield made


def test_every_update_is_answered_once(bot: FakeBot) -> None:
    bot.updates = [_message(11, "/help"), {"odd": True}, _message(12, "/help")]
    assert listen() == 3
    bot.updates.append(_message(13, "/help"))
    bot.updates.remove({"odd": True})

    assert listen() == 1

    assert bot.offsets == [0, 13]
    assert len(bot.said) == 3
    assert alerts.heartbeats(db.session())[PULSE].detail == "14"


def test_a_demo_alert_is_acknowledged_by_a_tap_and_the_message_is_edited(bot: FakeBot, clock: FakeClock) -> None:
    session = db.session()
    user = accounts.find(session, "oncall_person@example.org")
    assert user is not None
    rota.link_chat(session, rota.link_code(session, by=user.actor, now=clock.now()), "7001", now=clock.now())
    alerts.send_demo(session, by=user.actor, now=clock.now())
    alerts.send_due(session, {"telegram": bot}, clock=clock, public_url="http://x", secret=b"a" * 32)
    data = bot.sent[0].buttons[0].data
    bot.updates = [{"update_id": 5, "callback_query": {"id": "c", "from": {"id": 7001}, "data": data}}]

    listen()

    assert bot.callbacks == [("c", "Acknowledged.")]
    assert bot.edits[0][2].endswith("quiet until the next threshold.")


def test_when_telegram_cannot_be_asked_nothing_happens(bot: FakeBot) -> None:
    class Away(FakeBot):
        def poll(self, offset: int, timeout: int) -> list[dict[str, object]]:
            raise ConnectionError("Telegram cannot be reached.")

    bot.__class__ = Away

    assert listen() == 0
    assert PULSE not in alerts.heartbeats(db.session())


def test_an_update_whose_answer_fails_in_the_database_comes_again(bot: FakeBot) -> None:
    class Broken(FakeBot):
        def say(self, chat_id: str, text: str) -> Outcome:
            if chat_id == "7002":
                raise OperationalError("select 1", {}, ConnectionError("gone"))
            return super().say(chat_id, text)

    bot.__class__ = Broken
    bot.updates = [_message(21, "/help"), _message(22, "/help", chat=7002), _message(23, "/help")]

    listen()

    assert alerts.heartbeats(db.session())[PULSE].detail == "22"


def test_a_simulated_channel_hears_nothing(app: Flask) -> None:
    with app.app_context():
        assert listen() == 0
