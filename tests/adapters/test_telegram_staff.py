"""The on-call bot, against a server that speaks the Bot API."""

import threading
from collections.abc import Iterator

import pytest

from incident_app.adapters.rate_limit import SlotLimiter
from incident_app.adapters.telegram import TelegramChannel
from incident_app.adapters.telegram_staff import TelegramStaff
from incident_app.domain.ports import Channel, Message, Outcome, Rejected, Sent
from incident_app.domain.staff_bot import BotTrouble, TalkingBot, Trouble, Webhook
from tests.fakes import FakeLimiter
from tests.loopback.telegram_api import BOT_NAME, TOKEN, TelegramApi


@pytest.fixture
def api() -> Iterator[TelegramApi]:
    with TelegramApi() as running:
        yield running


@pytest.fixture
def staff(api: TelegramApi) -> Iterator[TelegramStaff]:
    made = TelegramStaff(TOKEN, api.url, connect_timeout=3, total=10)
    yield made
    made.close()


def test_the_bot_fulfils_its_ports(staff: TelegramStaff) -> None:
    port: Channel = staff
    bot: TalkingBot = staff
    assert port.name == "telegram"
    assert isinstance(bot, TalkingBot)


def test_an_answered_alert_is_changed_in_place(api: TelegramApi, staff: TelegramStaff) -> None:
    assert staff.edit("42", "7", "Taken by Kim") == Sent("7")

    (edit,) = api.edits
    assert (edit["chat_id"], edit["message_id"], edit["text"]) == (42, 7, "Taken by Kim")
    assert "reply_markup" not in edit


def test_an_edit_that_changes_nothing_is_done(api: TelegramApi, staff: TelegramStaff) -> None:
    api.fail(42, "not_modified")
    assert staff.edit("42", "7", "Taken by Kim") == Sent("7")


def test_an_edit_that_fails_says_why(api: TelegramApi, staff: TelegramStaff) -> None:
    api.fail(42, "blocked", times=1)
    assert staff.edit("42", "7", "x") == Rejected("The person has blocked the bot.", permanent=True)
    api.fail(42, "not_found", times=1)
    assert isinstance(staff.edit("42", "7", "x"), Rejected)
    assert staff.edit("-42", "7", "x") == Rejected("This is not a message in a private chat.", permanent=True)
    assert staff.edit("42", "x", "x") == Rejected("This is not a message in a private chat.", permanent=True)


def test_the_bot_answers_commands_and_taps(api: TelegramApi, staff: TelegramStaff) -> None:
    assert staff.say("42", "Linked.") == Sent("1")
    staff.answer_callback("9", "Done")
    api.fail(None, "bad_request")
    staff.answer_callback("10", "Too late")  # Telegram forgot the tap: nothing to be said

    assert api.sent[0]["text"] == "Linked."
    assert [answer["callback_query_id"] for answer in api.callback_answers] == ["9"]


def test_updates_are_handed_on_raw(api: TelegramApi, staff: TelegramStaff) -> None:
    number = api.tap(42, 7, "ack:1:aa")

    (update,) = staff.poll(0, 1)

    assert update["update_id"] == number
    assert isinstance(update["callback_query"], dict)
    assert update["callback_query"]["data"] == "ack:1:aa"
    assert staff.poll(number + 1, 0) == []


@pytest.mark.parametrize("kind", ["conflict", "bad_gateway", "unauthorized", "reset"])
def test_updates_that_cannot_be_had_are_said_so_without_the_token(
    api: TelegramApi, staff: TelegramStaff, kind: str
) -> None:
    api.fail("getUpdates", kind)
    with pytest.raises(ConnectionError) as caught:
        staff.poll(0, 0)
    assert str(caught.value)
    assert TOKEN not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(("kind", "trouble"), [
    ("conflict", Trouble.CONFLICT), ("webhook_on", Trouble.CONFLICT), ("unauthorized", Trouble.TOKEN),
    ("bad_token", Trouble.TOKEN), ("bad_gateway", Trouble.AWAY), ("flood", Trouble.AWAY),
])
def test_what_kind_of_trouble_it_is_can_be_told(api: TelegramApi, staff: TelegramStaff, kind: str, trouble: Trouble) -> None:
    api.fail("getUpdates", kind)
    with pytest.raises(BotTrouble) as caught:
        staff.poll(0, 0)
    assert caught.value.kind is trouble


def test_the_name_is_asked_for_once(api: TelegramApi, staff: TelegramStaff) -> None:
    assert [staff.user_name() for _ in range(3)] == [BOT_NAME] * 3
    assert [method for method, _ in api.calls] == ["getMe"]


def test_a_name_that_cannot_be_had_is_asked_for_again(api: TelegramApi, staff: TelegramStaff) -> None:
    api.fail("getMe", "bad_gateway", times=1)
    with pytest.raises(BotTrouble):
        staff.user_name()
    assert staff.user_name() == BOT_NAME


def test_telegram_is_told_of_the_commands(api: TelegramApi, staff: TelegramStaff) -> None:
    staff.show_commands([("ack", "acknowledge an alert")])
    assert api.commands == [{"command": "ack", "description": "acknowledge an alert"}]


def test_the_webhook_is_set_shown_and_removed(api: TelegramApi, staff: TelegramStaff) -> None:
    assert staff.webhook() == Webhook("")

    staff.set_webhook("https://incident.test/hooks/telegram/staff", "a-secret")
    assert staff.webhook().url == "https://incident.test/hooks/telegram/staff"
    assert api.webhook["secret_token"] == "a-secret"
    assert api.webhook["allowed_updates"] == ["message", "callback_query"]

    staff.remove_webhook()
    assert staff.webhook() == Webhook("")


def test_an_address_without_https_is_refused_in_telegrams_words(staff: TelegramStaff) -> None:
    with pytest.raises(BotTrouble, match="https"):
        staff.set_webhook("http://incident.test/hooks/telegram/staff", "a-secret")


def test_while_a_webhook_is_on_nobody_may_ask(staff: TelegramStaff) -> None:
    staff.set_webhook("https://incident.test/hooks/telegram/staff", "a-secret")
    with pytest.raises(BotTrouble) as caught:
        staff.poll(0, 0)
    assert caught.value.kind is Trouble.CONFLICT


def test_of_two_that_ask_at_once_the_first_is_told_so(api: TelegramApi, staff: TelegramStaff) -> None:
    # Given one that waits for updates
    found: list[BotTrouble] = []

    def ask() -> None:
        try:
            staff.poll(0, 5)
        except BotTrouble as trouble:
            found.append(trouble)

    first = threading.Thread(target=ask)
    first.start()
    while api.asks() == 0:
        pass

    # When another one asks too
    other = TelegramStaff(TOKEN, api.url)
    assert other.poll(0, 0) == []
    other.close()
    first.join()

    # Then the first one hears that it is not alone
    assert [trouble.kind for trouble in found] == [Trouble.CONFLICT]


def test_what_was_confirmed_does_not_come_again(api: TelegramApi, staff: TelegramStaff) -> None:
    first, second = api.say(42, "one"), api.say(42, "two")

    assert [one["update_id"] for one in staff.poll(0, 0)] == [first, second]
    assert [one["update_id"] for one in staff.poll(second, 0)] == [second]
    assert [one["update_id"] for one in staff.poll(0, 0)] == [second]


class Line(FakeLimiter):
    """Counts who overtakes."""

    def __init__(self) -> None:
        super().__init__()
        self.overtaken = 0

    def overtake(self, channel: str) -> float:
        assert channel == "telegram"
        self.overtaken += 1
        return 0.0


def test_by_the_bot_of_the_people_everything_takes_the_next_slot(api: TelegramApi) -> None:
    # Given a line that others stand in too; a slot that a busy machine misses is taken anew
    line, taken = Line(), [0]
    staff = TelegramStaff(TOKEN, api.url, line=line)

    # When two alerts, an answer and a change of a message go out
    staff.send([Message(str(number), str(number), "", "Alert") for number in (1, 2)])
    taken.append(line.overtaken)
    staff.say("3", "Linked.")
    taken.append(line.overtaken)
    staff.edit("3", "1", "Acknowledged.")
    taken.append(line.overtaken)
    staff.close()

    # Then each of them took a slot of its own
    assert [after - before >= least for before, after, least in zip(taken, taken[1:], (2, 1, 1), strict=False)] == [True] * 3


class Giving(FakeLimiter):
    """Gives the first slots away, and counts them."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.given = most, 0

    def give_way(self, channel: str, early: float) -> bool:
        gives = self.given < self.most
        self.given += gives
        return gives


def test_a_message_whose_slot_was_given_away_leaves_at_the_next_that_is_left(api: TelegramApi) -> None:
    # Given ten people in the line, and alerts that take up to eight of their slots: a busy machine asks too late for some
    line = Giving(8)
    channel = TelegramChannel(TOKEN, api.url, pace=20, slots=line, shared=True)
    people = [Message(str(number), str(number), "", "Your data.") for number in range(1, 11)]
    outcomes: list[Outcome] = []

    # When the line moves
    for _ in range(10):
        api.sent.clear()
        outcomes = channel.send(people, wait=0.3)
        if line.given:
            break
    channel.close()

    # Then as many fewer left, the first of them, and the others have not been tried
    assert line.given
    assert [type(one) for one in outcomes] == [Sent] * (10 - line.given)
    assert sorted(sent["chat_id"] for sent in api.sent) == list(range(1, 11 - line.given))


@pytest.mark.slow
def test_alerts_overtake_a_notice_and_no_second_holds_one_message_too_many(api: TelegramApi) -> None:
    # Given a notice that fills the line for seconds, and a server that bears one message a second more than the line
    # gives: a machine that is busy is late by some milliseconds, ten alerts beside the line would be three a second
    api.per_second = 31
    line = SlotLimiter({"telegram": 30})
    lanes = [TelegramChannel(TOKEN, api.url, pace=29.7, slots=line, shared=True) for _ in range(4)]
    staff = TelegramStaff(TOKEN, api.url, line=line)

    def notice(lane: TelegramChannel, first: int) -> None:
        for batch in range(2):
            people = [Message("", str(first + 20 * batch + number), "", "Your data.") for number in range(20)]
            while people:  # what a busy machine kept back is tried again, as a worker does
                outcomes = lane.send(people, wait=line.wait_for("telegram", len(people)))
                rest = people[len(outcomes):]
                people = [one for one, outcome in zip(people, outcomes, strict=False) if not isinstance(outcome, Sent)] + rest

    threads = [threading.Thread(target=notice, args=(lane, 1000 * number)) for number, lane in enumerate(lanes, 1)]
    for thread in threads:
        thread.start()

    # When alerts leave one by one meanwhile
    breath = threading.Event()
    while len(api.sent) < 20:
        breath.wait(0.01)
    ahead = line._ahead("telegram")
    for number in range(1, 11):
        assert isinstance(staff.send([Message("", str(number), "", "Alert")])[0], Sent)
    place = [one["chat_id"] for one in api.sent].index(10)
    for thread in threads:
        thread.join()
    for lane in [*lanes, staff]:
        lane.close()

    # Then they did not wait for the line, everybody was reached once, and nothing was refused
    assert ahead > 1
    assert place < 120
    assert len({one["chat_id"] for one in api.sent}) == len(api.sent) == 170
    assert api.refused == 0
