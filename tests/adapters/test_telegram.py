"""Telegram, row by row of the error table, against a server that speaks the Bot API."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from incident_app.adapters.telegram import CONNECTIONS, TelegramChannel, private_chat
from incident_app.domain.ports import Button, Channel, Message, Outcome, Rejected, Sent, Uncertain
from tests.fakes import FakeLimiter
from tests.loopback.telegram_api import TOKEN, TelegramApi


@pytest.fixture
def api() -> Iterator[TelegramApi]:
    with TelegramApi() as running:
        yield running


@pytest.fixture
def channel(api: TelegramApi) -> Iterator[TelegramChannel]:
    made = TelegramChannel(TOKEN, api.url, connect_timeout=3, total=10)
    yield made
    made.close()


def message(address: str = "42", text: str = "Your data.", buttons: tuple[Button, ...] = ()) -> Message:
    return Message(f"id-{address}", address, "Subject", text, buttons=buttons)


def test_a_message_arrives_as_plain_text_without_a_link_preview(api: TelegramApi, channel: TelegramChannel) -> None:
    text = "*not bold* <b>nor this</b> {{ 7*7 }} https://example.org"

    outcomes = channel.send([message(text=text)])

    assert outcomes == [Sent("1")]
    (sent,) = api.sent
    assert (sent["chat_id"], sent["text"]) == (42, text)
    assert "parse_mode" not in sent
    assert '"is_disabled": true' in sent["link_preview_options"]


@pytest.mark.parametrize("written", [
    lambda answer: json.dumps(answer, indent=1),
    lambda answer: json.dumps({**answer, "result": dict(reversed(answer["result"].items()))}, separators=(",", ":")),
])
def test_an_answer_is_understood_however_it_is_laid_out(
    api: TelegramApi, channel: TelegramChannel, written: Callable[[Any], str]
) -> None:
    api.written = written

    outcomes = channel.send([message(), message("43")])

    numbers = {sent["chat_id"]: Sent(str(sent["message_id"])) for sent in api.sent}
    assert outcomes == [numbers[42], numbers[43]]


def test_the_channel_fulfils_its_port(channel: TelegramChannel) -> None:
    port: Channel = channel
    assert (port.name, port.batch) == ("telegram", 500)


def test_an_alert_carries_its_buttons(api: TelegramApi, channel: TelegramChannel) -> None:
    channel.send([message(buttons=(Button("I have it", "ack:1:0123456789abcdef"), Button("Pass on", "esc:1:aa")))])

    assert api.sent[0]["reply_markup"] == {"inline_keyboard": [[
        {"text": "I have it", "callback_data": "ack:1:0123456789abcdef"},
        {"text": "Pass on", "callback_data": "esc:1:aa"},
    ]]}


def test_each_person_of_a_batch_gets_their_own_text_once(api: TelegramApi, channel: TelegramChannel) -> None:
    people = [message(str(1000 + number), f"canary {number}") for number in range(200)]

    outcomes = [outcome for start in range(0, 200, 20) for outcome in channel.send(people[start : start + 20])]

    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert sorted((sent["chat_id"], sent["text"]) for sent in api.sent) == [
        (1000 + number, f"canary {number}") for number in range(200)]
    references = {sent["chat_id"]: Sent(str(sent["message_id"])) for sent in api.sent}
    assert outcomes == [references[1000 + number] for number in range(200)]


PERMANENT = {
    "blocked": "The person has blocked the bot.",
    "deactivated": "The Telegram account was deleted.",
    "never_started": "The person has never started the bot.",
    "not_found": "Telegram knows no such chat: the person has never started the bot, or the id is wrong.",
    "too_long": "The message is longer than Telegram's 4096 characters.",
    "bad_request": "Telegram refused: Something else",
    "migrated": "This is a group, not a person.",
}


@pytest.mark.parametrize(("kind", "words"), PERMANENT.items())
def test_a_refusal_of_this_person_is_permanent(
    api: TelegramApi, channel: TelegramChannel, kind: str, words: str
) -> None:
    api.fail(42, kind)

    outcomes = channel.send([message("41"), message("42"), message("43")])

    assert outcomes[1] == Rejected(words, permanent=True)
    assert [type(outcome) for outcome in outcomes] == [Sent, Rejected, Sent]


@pytest.mark.parametrize("kind", ["unauthorized", "bad_token"])
def test_a_wrong_token_turns_the_whole_channel_away(api: TelegramApi, channel: TelegramChannel, kind: str) -> None:
    api.fail(None, kind)

    assert channel.send([message()]) == [
        Rejected("Telegram does not accept the bot's token.", permanent=True, channel_wide=True)]


@pytest.mark.parametrize(("kind", "seconds"), [("flood", 7.0), ("flood_without_time", 5.0)])
def test_being_asked_to_slow_down_is_a_refusal_with_a_time(
    api: TelegramApi, channel: TelegramChannel, kind: str, seconds: float
) -> None:
    api.fail(42, kind, seconds=7)

    assert channel.send([message()]) == [
        Rejected("Telegram asks us to slow down.", permanent=False, retry_after=seconds)]


def test_after_being_asked_to_slow_down_the_rest_of_a_paced_batch_does_not_leave(api: TelegramApi) -> None:
    api.fail(2, "flood", seconds=3)
    channel = TelegramChannel(TOKEN, api.url, total=2, pace=1)  # the answer comes before the next slot, on any machine

    outcomes = channel.send([message(str(number)) for number in (1, 2, 3)])
    channel.close()

    held = Rejected("Telegram asks us to slow down.", permanent=False, retry_after=3.0)
    assert outcomes == [Sent("1"), held, held]
    assert len(api.calls) == 2


@pytest.mark.parametrize(("kind", "words"), [
    ("timeout", "Telegram did not answer in time."),
    ("reset", "Telegram's answer was lost or cannot be read."),
    ("bad_gateway", "Telegram's answer was lost or cannot be read."),
    ("html_502", "Telegram's answer was lost or cannot be read."),
    ("server_error", "Telegram's answer was lost or cannot be read."),
    ("garbage", "Telegram's answer was lost or cannot be read."),
    ("list", "Telegram's answer was lost or cannot be read."),
])
def test_a_lost_answer_is_uncertain_and_never_asked_again(
    api: TelegramApi, kind: str, words: str
) -> None:
    api.fail(42, kind)
    channel = TelegramChannel(TOKEN, api.url, total=0.4 if kind == "timeout" else 10)

    assert channel.send([message()]) == [Uncertain(words)]
    assert len(api.calls) == 1
    channel.close()


def test_a_reset_on_a_kept_connection_is_not_repeated_either(api: TelegramApi, channel: TelegramChannel) -> None:
    channel.send([message()])
    api.fail(42, "reset", times=1)

    assert isinstance(channel.send([message()])[0], Uncertain)
    assert len(api.calls) == 2


def test_where_there_is_no_connection_nothing_left_and_it_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    channel = TelegramChannel(TOKEN, f"http://127.0.0.1:{port}")

    (outcome,) = channel.send([message()])
    channel.close()

    assert isinstance(outcome, Rejected)
    assert not outcome.permanent
    assert "cannot be reached" in outcome.reason
    assert TOKEN not in outcome.reason


def test_a_connection_that_is_not_taken_up_in_time_counts_as_not_sent() -> None:
    # A queue of one that is full: further connections hang, as behind a firewall that drops.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        channel = TelegramChannel(TOKEN, f"http://127.0.0.1:{port}", connect_timeout=0.2, total=2)
        (outcome,) = channel.send([message()])
        channel.close()
        for each in waiting:
            each.close()

    assert outcome == Rejected("Telegram cannot be reached (no connection in time).", permanent=False)


@pytest.mark.parametrize("address", ["-100123", "0", "", "abc", "@name", "4503599627370496", "1 2", "٤٢", "1" * 20])
def test_only_private_chats_are_asked_at_all(api: TelegramApi, channel: TelegramChannel, address: str) -> None:
    assert private_chat(address) is None
    assert channel.send([message(address)]) == [Rejected("This is not the id of a private chat.", permanent=True)]
    assert api.calls == []


def test_no_messages_are_no_work(channel: TelegramChannel, api: TelegramApi) -> None:
    assert channel.send([]) == []
    assert api.calls == []


def test_a_channel_works_again_after_it_was_closed(api: TelegramApi, channel: TelegramChannel) -> None:
    channel.send([message()])
    channel.close()

    assert isinstance(channel.send([message()])[0], Sent)


def test_threads_may_share_a_channel(api: TelegramApi, channel: TelegramChannel) -> None:
    outcomes: list[Outcome] = []
    batches = [[message(str(100 * batch + number)) for number in range(1, 11)] for batch in range(1, 5)]
    threads = [threading.Thread(target=lambda batch=batch: outcomes.extend(channel.send(batch))) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outcomes) == len(api.sent) == len({sent["chat_id"] for sent in api.sent}) == 40


@pytest.mark.parametrize(("pace", "batch"), [(None, 500), (1, 25), (29.7, 25), (250, 175), (990, 500)])
def test_a_batch_holds_what_leaves_in_less_than_a_second(api: TelegramApi, pace: float | None, batch: int) -> None:
    assert TelegramChannel(TOKEN, api.url, pace=pace).batch == batch
    assert TelegramChannel(TOKEN, api.url, pace=pace, batch=5).batch == 5


def test_a_paced_batch_keeps_its_distance(api: TelegramApi) -> None:
    channel = TelegramChannel(TOKEN, api.url, pace=400)
    begun = time.monotonic()
    outcomes = channel.send([message(str(number)) for number in range(1, 201)], wait=0.1)
    took = time.monotonic() - begun
    channel.close()

    assert all(isinstance(one, Sent) for one in outcomes)
    assert 0.1 + 199 / 400 < took < 5
    assert len(api.sent) == 200


def paced(api: TelegramApi) -> TelegramChannel:
    return TelegramChannel(TOKEN, api.url, pace=1000, slots=FakeLimiter())


def test_messages_move_up_when_slots_were_missed_and_the_last_have_not_been_tried(api: TelegramApi) -> None:
    # Given sixteen hundred messages, and a line whose first half second has gone by
    channel = paced(api)

    # When they are sent
    outcomes = channel.send([message(str(number)) for number in range(1, 1601)], wait=-0.5)
    channel.close()

    # Then the first of them left, one at a slot, and of the others nothing is said
    assert 0 < len(outcomes) < 1150
    assert all(isinstance(one, Sent) for one in outcomes)
    assert sorted(sent["chat_id"] for sent in api.sent) == list(range(1, len(outcomes) + 1))
    assert len(api.calls) == len(outcomes)


def test_slots_to_spare_make_up_for_those_that_were_missed(api: TelegramApi) -> None:
    channel = paced(api)

    outcomes = channel.send([message(str(number)) for number in range(1, 11)], wait=-0.1, spare=5000)
    channel.close()

    assert outcomes == [Sent(str(sent["message_id"])) for sent in sorted(api.sent, key=lambda sent: int(sent["chat_id"]))]
    assert len(api.calls) == 10


def test_when_every_slot_went_by_nobody_was_tried(api: TelegramApi) -> None:
    channel = paced(api)
    assert channel.send([message("1"), message("2")], wait=-1) == []
    channel.close()
    assert api.calls == []


def test_a_slot_that_is_used_in_time_is_enough(api: TelegramApi) -> None:
    channel = paced(api)
    outcomes = channel.send([message(str(number)) for number in range(1, 11)], wait=0.05, spare=5000)
    assert [type(one) for one in outcomes] == [Sent] * 10
    channel.close()


def test_no_message_takes_a_slot_that_it_could_not_use_for_want_of_a_connection(api: TelegramApi) -> None:
    # Given a server that answers nobody, and as many messages under way as there are connections
    api.fail(None, "timeout")
    channel = TelegramChannel(TOKEN, api.url, total=3, pace=1000, slots=FakeLimiter())

    # When there are slots for many more within the time limit
    outcomes = channel.send([message(str(number)) for number in range(1, 2001)], wait=0.05)
    channel.close()

    # Then these are not tried: they would leave whenever the others are given up, all of them at once
    assert 0 < len(outcomes) <= CONNECTIONS
    assert {type(one) for one in outcomes} == {Uncertain}


class Room(FakeLimiter):
    """Says so many times how long until one more fits into the last second."""

    def __init__(self, *waits: float) -> None:
        super().__init__()
        self.until = list(waits)

    def leaves(self, channel: str) -> float:
        assert channel == "telegram"
        return self.until.pop(0)


def test_at_thirty_a_second_a_late_message_leaves_as_soon_as_there_is_room(api: TelegramApi) -> None:
    slots = Room(0.05, 0.0)
    channel = TelegramChannel(TOKEN, api.url, pace=29.7, slots=slots)

    outcomes = channel.send([message("1")], wait=-0.5, spare=3)  # none of which is counted as left
    channel.close()

    assert outcomes == [Sent("1")]
    assert slots.until == []


def test_where_no_room_comes_soon_the_message_goes_back(api: TelegramApi) -> None:
    channel = TelegramChannel(TOKEN, api.url, pace=29.7, slots=Room(11.0))

    (outcome,) = channel.send([message("1")], wait=0)
    channel.close()

    assert isinstance(outcome, Rejected)
    assert (outcome.permanent, outcome.retry_after) == (False, 11.0)
    assert api.calls == []


def test_without_a_limit_a_late_batch_leaves_at_once(api: TelegramApi, channel: TelegramChannel) -> None:
    assert channel.send([message("1")], wait=-5) == [Sent("1")]


def test_messages_that_share_their_words_are_filled_for_each_person(
    api: TelegramApi, channel: TelegramChannel
) -> None:
    shared = "Dear -n3f9a-, {{ 7*7 }} -n3f9a- -c77-"
    channel.send([
        Message(str(number), str(number), "", shared, fill={"-n3f9a-": f"Kim {number} %s <b>", "-c77-": "é\u2028ع"})
        for number in (1, 2)])

    assert {sent["chat_id"]: sent["text"] for sent in api.sent} == {
        number: f"Dear Kim {number} %s <b>, {{{{ 7*7 }}}} Kim {number} %s <b> é\u2028ع" for number in (1, 2)}
