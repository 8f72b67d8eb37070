"""What is said to the on-call bot by whoever finds it: proved, once, and nothing but an acknowledgement (T-72 to T-75)."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select

from incident_app import api
from incident_app.api.bot_hook import SECRET
from incident_app.bot import strangers, updates
from incident_app.bot.polling import listen
from incident_app.domain.buttons import ALL, VERBS, button_data, read_button
from incident_app.domain.refusals import Refused
from incident_app.extensions import Base, db
from incident_app.models.alerts import Alert
from incident_app.models.organisation import Organisation
from incident_app.services import accounts, alerts
from incident_app.services.public_words import public_language, public_languages, public_words
from incident_app.wiring import KEY, Ports
from tests.bot.kit import HearingBot, link, message, tap
from tests.fakes import START, FakeChannel

HOOK = "/hooks/telegram/staff"
RIGHT = {SECRET: "h" * 64}
SEAL = b"a" * 32
STRANGER = 70_0815
SAID = ("Who has read my diary?", "/approve 1", "/deadlines", "/ack", "/stop", "/start")


@pytest.fixture
def bot(app: Flask, test_ports: Ports) -> HearingBot:
    """The running app with its webhook on; 7001 is the on-call person's chat."""
    made = HearingBot()
    app.extensions[KEY] = replace(test_ports, staff_channels={"telegram": made, "email": FakeChannel("email")},
                                  staff_hook_secret="h" * 64)
    with app.app_context():
        user = accounts.find(db.session(), "oncall_person@example.org")
        assert user is not None
        link(db.session(), user.id, "7001")
        alerts.send_demo(db.session(), by=user.actor, now=START)
    return made


def say(app: Flask, update: dict[str, object]) -> None:
    """Let Telegram hand an update over, and a worker answer it."""
    assert app.test_client().post(HOOK, json=update, headers=RIGHT).status_code == 200
    with app.app_context():
        listen()


def test_an_affected_person_gets_one_neutral_answer_and_nothing_they_said_is_kept(app: Flask, bot: HearingBot, test_ports: Ports) -> None:
    # Given somebody whose chat belongs to nobody here, as people who were told something have one
    clock = test_ports.clock

    # When they say six things, an hour apart
    for number, words in enumerate(SAID):
        say(app, message(100 + number, words, chat=STRANGER))
        clock.move(minutes=61)  # type: ignore[attr-defined]  # the clock of the tests
    # … and two more within an hour
    for number in (201, 202, 203):
        say(app, message(number, "Anybody there?", chat=STRANGER))

    # Then each gets the same words, which say where to ask; of many within an hour, the first alone
    answers = {text for _, text in bot.said}
    with app.app_context():
        assert answers == {strangers.neutral(db.session(), "", SAID[0])}
    assert "whom to ask stands in that message" in next(iter(answers))
    assert "dpo@example.org" in next(iter(answers))
    assert len(updates.NOT_LINKED) <= 200  # the most a tap is answered with
    assert len(bot.said) == len(SAID) + 1

    # … and no table holds who they are, or a word of it
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            kept = repr(db.session().execute(select(table)).all())
            assert str(STRANGER) not in kept, table.name
            assert not any(words in kept for words in (*SAID, "Anybody there?")), table.name


@pytest.mark.parametrize("language", [*public_languages(), "pt-BR", "zh-hans", "", "<b>"])
def test_an_affected_person_is_answered_in_the_language_of_their_telegram(app: Flask, bot: HearingBot, language: str) -> None:
    # Given somebody whose Telegram speaks a language
    said = message(500, "Am I in your list?", chat=STRANGER)
    said["message"]["from"]["language_code"] = language

    # When they ask whether they are in a list, and then what the bot keeps
    say(app, said)
    asked = message(501, "/privacy@acme_oncall_bot", chat=STRANGER)
    asked["message"]["from"]["language_code"] = language
    say(app, asked)
    say(app, message(502, "/privacy", chat=STRANGER))

    # Then both are answered in it, the same words as to everybody, and a second /privacy within the hour is not
    words = public_words(public_language(language))["bot"]
    first, second = (text for _, text in bot.said)
    assert first.startswith(words["answer"])
    assert words["staff"] in first
    assert second.startswith(words["privacy"])
    assert "dpo@example.org" in first
    assert "dpo@example.org" in second
    with app.app_context():
        kept = repr([db.session().execute(select(table)).all() for table in Base.metadata.sorted_tables])
    assert "Am I in your list?" not in kept
    assert str(STRANGER) not in kept


def test_without_an_organisation_nobody_is_named(app: Flask, bot: HearingBot) -> None:
    with app.app_context():
        db.session().execute(delete(Organisation))
        db.session().commit()
    say(app, message(510, "Hello", chat=STRANGER))
    say(app, message(511, "/privacy"))

    assert bot.said[0][1].count("\n\n") == 1
    assert "linked to your account" in bot.said[1][1]
    assert "ask:" not in bot.said[1][1]


def test_a_colleague_is_told_what_the_bot_keeps_of_them(app: Flask, bot: HearingBot) -> None:
    say(app, message(520, "/privacy"))

    assert "/unlink ends that" in bot.said[0][1]
    assert "About your data ask: Dana Dataprotection" in bot.said[0][1]


def test_a_button_says_nothing_but_acknowledge_take_escalate_even_with_our_own_seal(app: Flask, bot: HearingBot) -> None:
    # Given a seal that only we can make, on a verb that decides something
    with app.app_context():
        number = db.session().scalars(select(Alert.id)).one()
    for verb in ("approve", "launch", "decide", "close", "agree"):
        data = button_data(SEAL, verb, number, "7001", now=START)

        # Then it is no button of ours, and a tap on it does nothing
        with pytest.raises(Refused, match="does not belong"):
            read_button(SEAL, data, "7001", now=START)
        say(app, tap(number=300 + len(verb), data=data))
    assert set(VERBS) | {ALL} == {"ack", "take", "esc", "all"}
    assert set(updates.SERVICES) == set(VERBS)
    with app.app_context():
        assert db.session().scalars(select(Alert.state)).one() == "raised"


def test_secrets_of_hooks_are_compared_in_constant_time() -> None:
    # Given the source of everything that is called from outside with a secret
    compared, plain = 0, []
    for name in ("bot_hook", "hooks"):
        source = Path(api.__path__[0], f"{name}.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            compared += isinstance(node, ast.Call) and ast.unparse(node.func) == "hmac.compare_digest"

            # Then nothing that is secret is compared sign by sign
            if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
                words = ast.unparse(node).lower()
                plain += [words] if "secret" in words or "signature" in words else []
    assert (compared, plain) == (1, [])


def test_updates_out_of_order_and_again_count_once(app: Flask, bot: HearingBot) -> None:
    # Given three updates that arrive backwards, each of them three times
    for number in (13, 12, 11, 12, 13, 11, 11, 13, 12):
        say(app, message(number, "/help"))

    # Then each was answered once
    assert len(bot.said) == 3
