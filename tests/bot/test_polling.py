"""Hearing what people say: asked for by one process, or sent by Telegram; each update is answered once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from incident_app import bot as floor
from incident_app.bot.commands import OFFERED
from incident_app.bot.polling import PULSE, answer_waiting, holder, keep, listen
from incident_app.domain.ports import Outcome
from incident_app.domain.staff_bot import Trouble, Webhook, hook_address
from incident_app.extensions import db
from incident_app.models.alerts import Alert
from incident_app.models.hearing import BotTurn
from incident_app.services import accounts, alerts, hearing, linking
from incident_app.tasks import bot as tasks
from incident_app.wiring import KEY, Ports, expected
from tests.bot.kit import HearingBot, link, message, tap
from tests.fakes import START, FakeChannel, FakeClock


@pytest.fixture
def bot(app: Flask, test_ports: Ports) -> Iterator[HearingBot]:
    """The running app with a bot that hears, inside an app context; 7001 is the on-call person's chat."""
    made = HearingBot()
    app.extensions[KEY] = replace(test_ports, staff_channels={"telegram": made, "email": FakeChannel("email")})
    with app.app_context():
        user = accounts.find(db.session(), "oncall_person@example.org")
        assert user is not None
        link(db.session(), user.id, "7001")
        yield made


def test_every_update_is_answered_once(bot: HearingBot) -> None:
    bot.updates = [message(11, "/help"), {"odd": True}, message(12, "/help")]
    assert listen() == 2
    bot.updates = [*bot.updates[:1], message(13, "/help")]

    assert listen() == 1
    assert listen() == 0

    assert bot.offsets == [0, 13, 14]
    assert [chat for chat, _ in bot.said] == ["7001"] * 3
    assert alerts.heartbeats(db.session())[PULSE].detail == "asks Telegram"


def test_while_another_process_asks_this_one_does_not(bot: HearingBot) -> None:
    hearing.take_turn(db.session(), "another", now=START)
    assert listen() is None
    assert bot.offsets == []


def test_what_a_killed_process_left_behind_is_answered_by_the_next(bot: HearingBot, clock: FakeClock) -> None:
    # Given a process that took an update, and was killed over it
    hearing.take_turn(db.session(), "killed", now=START)
    keep(db.session(), [message(11, "/help")])
    hearing.take(db.session(), 11, now=START)

    # When another has the turn
    assert listen() is None
    clock.move(seconds=30)
    assert listen() == 1

    # Then it is answered once
    assert listen() == 0
    assert len(bot.said) == 1


def test_a_demo_alert_is_acknowledged_by_a_tap_and_the_message_is_edited(bot: HearingBot, clock: FakeClock) -> None:
    from incident_app.domain.buttons import button_data

    session = db.session()
    user = linking.by_chat(session, "7001")
    assert user is not None
    alert = alerts.send_demo(session, by=user.actor, now=clock.now())
    alerts.send_due(session, {"telegram": bot}, clock=clock, public_url="http://x", secret=b"a" * 32)
    bot.updates = [tap(5, button_data(b"a" * 32, "ack", alert.id, "7001", now=clock.now()))]

    listen()

    assert bot.callbacks == [("c5", "Acknowledged.")]
    assert bot.edits[0][2].endswith("Acknowledged by Ola Oncall 10:40 CET.")


def test_a_code_links_a_chat_that_is_a_stranger_so_far(bot: HearingBot) -> None:
    user = accounts.find(db.session(), "responder@example.org")
    assert user is not None
    code = linking.new_code(db.session(), by=user.actor, browser="b", now=START)
    bot.updates = [message(1, "hello", 9), message(2, "/start nonsense", 9), message(3, f"/start {code}", 9)]

    listen()

    assert [words.split(" ")[0] for _, words in bot.said] == ["Nobody", "Now"]


@pytest.mark.parametrize("kind", list(Trouble))
def test_when_telegram_cannot_be_asked_nothing_happens(bot: HearingBot, kind: Trouble) -> None:
    bot.trouble = kind

    assert listen() is None
    assert PULSE not in alerts.heartbeats(db.session())
    assert db.session().get_one(BotTurn, 1).trouble == kind


def test_an_update_whose_answer_fails_in_the_database_is_tried_again_and_holds_up_no_other(
    bot: HearingBot, clock: FakeClock
) -> None:
    class Broken(HearingBot):
        def say(self, chat_id: str, text: str) -> Outcome:
            if text.startswith("I know") and len(self.said) < 2:
                raise OperationalError("select 1", {}, ConnectionError("gone"))
            return super().say(chat_id, text)

    bot.__class__ = Broken
    bot.updates = [message(21, "/help"), message(22, "what?"), message(23, "/help")]

    assert listen() == 2
    clock.move(seconds=30)
    assert listen() == 1
    assert [words[:6] for _, words in bot.said] == ["/ack –", "/ack –", "I know"]


def test_telegram_is_told_of_the_commands_once(bot: HearingBot) -> None:
    listen()
    assert bot.commands == list(OFFERED)
    bot.commands = []
    listen()
    assert bot.commands == []


def test_commands_that_could_not_be_told_are_told_an_hour_later(bot: HearingBot, clock: FakeClock) -> None:
    class Shy(HearingBot):
        def show_commands(self, commands: object) -> None:
            self.trouble = Trouble.AWAY
            self._ask()

    bot.__class__ = Shy
    assert listen() == 0
    bot.__class__, bot.trouble = HearingBot, None
    listen()
    assert bot.commands == []
    clock.move(hours=1)
    listen()
    assert bot.commands == list(OFFERED)


def test_with_a_webhook_nobody_asks_and_what_telegram_sent_is_answered(app: Flask, bot: HearingBot) -> None:
    app.extensions[KEY] = replace(app.extensions[KEY], staff_hook_secret="h" * 64)
    assert floor.KEEP in app.extensions
    for _ in range(2):  # sent twice
        app.extensions[floor.KEEP](message(11, "/help"))

    assert listen() is None

    assert bot.offsets == []
    assert len(bot.said) == 1
    assert alerts.heartbeats(db.session())[PULSE].detail == "webhook"
    assert expected(app.extensions[KEY]).staff_bot


def test_an_update_another_worker_has_is_left_to_it(bot: HearingBot) -> None:
    class Greedy(HearingBot):
        def say(self, chat_id: str, text: str) -> Outcome:
            hearing.take(db.session(), 12, now=START)  # meanwhile, by another
            return super().say(chat_id, text)

    bot.__class__ = Greedy
    keep(db.session(), [message(11, "/help"), message(12, "/help")])
    assert answer_waiting(db.session(), bot) == 1


def test_a_simulated_channel_hears_nothing_and_notes_leave_by_a_task_of_their_own(app: Flask) -> None:
    with app.app_context():
        user = accounts.find(db.session(), "oncall_person@example.org")
        assert user is not None
        linking.test(db.session(), "email", by=user.actor, now=START)
        assert listen() is None
        assert linking.ways(db.session(), by=user.actor)[1].under_test
    tasks.notes()
    with app.app_context():
        assert not linking.ways(db.session(), by=user.actor)[1].under_test


def test_the_task_listens_until_it_is_not_its_turn(app: Flask) -> None:
    answers: list[int | None] = [2, 0, None]
    app.extensions[floor.KEY] = lambda: answers.pop(0)
    looked: list[int] = []
    app.extensions[floor.CHECK] = lambda: looked.append(1)

    tasks.poll()
    tasks.check()
    assert (answers, looked) == ([], [1])

    del app.extensions[floor.KEY], app.extensions[floor.CHECK]
    tasks.poll()
    tasks.check()


# --------------------------------------------------------------------------------------------------- somebody else's bot


def _stolen() -> list[str]:
    return [alert.words for alert in db.session().scalars(select(Alert).where(Alert.kind == "bot_stolen"))]


@pytest.mark.parametrize(("url", "words"), [
    ("", ""), ("https://evil.test/x", "Telegram sends to evil.test"), ("ours", "switched off"),
])
def test_an_address_that_is_not_ours_wakes_somebody(app: Flask, bot: HearingBot, url: str, words: str) -> None:
    bot.hook = Webhook(hook_address("http://incident.test") if url == "ours" else url)

    for _ in range(2):
        app.extensions[floor.CHECK]()

    assert len(_stolen()) == bool(words)
    assert all(words in one for one in _stolen())


@pytest.mark.parametrize(("kind", "count"), [(Trouble.TOKEN, 1), (Trouble.CONFLICT, 1), (Trouble.AWAY, 0)])
def test_a_token_that_is_refused_wakes_somebody(app: Flask, bot: HearingBot, kind: Trouble, count: int) -> None:
    bot.trouble = kind
    app.extensions[floor.CHECK]()
    assert len(_stolen()) == count


def test_what_a_look_woke_somebody_about_ends_when_the_next_finds_nothing(app: Flask, bot: HearingBot) -> None:
    bot.hook = Webhook("https://evil.test/x")
    assert "evil.test" in app.extensions[floor.CHECK]()

    bot.trouble = Trouble.AWAY  # where nothing could be seen, nothing is over
    assert app.extensions[floor.CHECK]() == ""
    assert [alert.state for alert in db.session().scalars(select(Alert))] == ["raised"]

    bot.trouble, bot.hook = None, Webhook("")
    assert app.extensions[floor.CHECK]() == ""
    db.session().expire_all()
    assert [alert.state for alert in db.session().scalars(select(Alert))] == ["cancelled"]


def test_a_webhook_telegram_cannot_reach_wakes_somebody_until_it_can(app: Flask, bot: HearingBot) -> None:
    app.extensions[KEY] = replace(app.extensions[KEY], staff_hook_secret="h" * 64)
    ours = hook_address(app.extensions[KEY].public_url)
    states = []

    for hook in (Webhook(ours, 0, "an old error"), Webhook(ours, 3, "Connection refused by 10.1.2.3"), Webhook(ours, 0, "it was")):
        bot.hook = hook
        app.extensions[floor.CHECK]()
        db.session().expire_all()
        states.append([(alert.kind, alert.state) for alert in db.session().scalars(select(Alert))])

    assert states == [[], [("bot_unheard", "raised")], [("bot_unheard", "cancelled")]]
    words = db.session().scalars(select(Alert.words)).one()
    assert "10.1.2.3" not in words
    assert words.startswith("Telegram cannot reach us")


def test_nobody_looks_where_there_is_no_bot(app: Flask) -> None:
    with app.app_context():
        assert app.extensions[floor.CHECK]() == ""


def test_a_process_has_a_name() -> None:
    assert ":" in holder()
