"""What people say to the bot, as the raw updates Telegram hands out."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.bot.updates import Bot, answer
from incident_app.domain.accounts import Actor
from incident_app.domain.alerts import button_data
from incident_app.models.accounts import User
from incident_app.services import rota
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import SECRET, Phones
from tests.services.duties import a_duty, a_plain_case


class Chat:
    """Writes to the bot and reads its answers."""

    def __init__(self, phones: Phones) -> None:
        self.phones = phones

    def _update(self, update: dict[str, object]) -> None:
        bot = Bot(self.phones.session, self.phones.telegram, now=self.phones.clock.now(), secret=SECRET)
        answer(bot, update)

    def says(self, text: str, chat: int = 7001, kind: str = "private") -> str:
        """Send a message and return the answer."""
        before = len(self.phones.telegram.said)
        self._update({"update_id": 1, "message": {"chat": {"id": chat, "type": kind}, "text": text}})
        return "\n".join(words for _, words in self.phones.telegram.said[before:])

    def taps(self, data: str, chat: int = 7001) -> str:
        """Tap a button and return what the phone shows."""
        before = len(self.phones.telegram.callbacks)
        self._update({"update_id": 2, "callback_query": {"id": "c1", "from": {"id": chat}, "data": data}})
        return "\n".join(words for _, words in self.phones.telegram.callbacks[before:])


def _link(session: Session, who: Actor, chat: str) -> None:
    session.get_one(User, who.id).telegram_chat_id = chat
    session.commit()


@pytest.fixture
def chat(session: Session, people: People, clock: FakeClock) -> Chat:
    """The on-call person's chat 7001; a case with a duty of 72 hours."""
    _link(session, people.oncall_person, "7001")
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    a_duty(session, a_plain_case(session))
    return Chat(Phones(session, clock))


@pytest.mark.parametrize(
    ("label", "words", "state"),
    [("Acknowledge", "Acknowledged.", "acknowledged"), ("I take it", "It is yours.", "acknowledged"),
     ("Escalate", "The next person is being paged.", "raised")],
)
def test_the_buttons_of_an_alert_do_what_they_say(chat: Chat, label: str, words: str, state: str) -> None:
    chat.phones.run(hours=66)
    data = next(button.data for button in chat.phones.telegram.sent[0].buttons if button.label == label)

    assert chat.taps(data) == words
    assert chat.phones.alert().state == state


def test_a_button_forwarded_to_somebody_else_does_nothing(chat: Chat, people: People) -> None:
    chat.phones.run(hours=66)
    _link(chat.phones.session, people.responder, "7002")
    data = chat.phones.telegram.sent[0].buttons[0].data

    assert chat.taps(data, chat=7002) == "This button does not belong to this chat."
    assert "not linked" in chat.taps(data, chat=9999)
    assert chat.phones.alert().state == "raised"


def test_a_tap_on_an_alert_that_is_over_says_why(chat: Chat) -> None:
    chat.phones.run(hours=24)
    data = chat.phones.telegram.sent[0].buttons[0].data
    chat.phones.run(hours=24)

    assert chat.taps(data).startswith("This alert is over. The next threshold was reached")
    assert chat.taps(button_data(SECRET, "ack", 4711, "7001")) == "There is no such alert."


def test_a_chat_is_linked_by_the_code_of_the_web_page(chat: Chat, people: People) -> None:
    code = rota.link_code(chat.phones.session, by=people.responder, now=START)

    assert chat.says(f"/start {code}", chat=7002).startswith("Linked to Rene Responder.")
    assert "not valid any more" in chat.says(f"/start {code}", chat=7003)
    found = rota.by_chat(chat.phones.session, "7002")
    assert found is not None
    assert found.name == "Rene Responder"


@pytest.mark.parametrize("text", ["/start", "/deadlines", "hello", ""])
def test_a_stranger_learns_only_how_to_link(chat: Chat, text: str) -> None:
    assert "not linked to an account" in chat.says(text, chat=9999)


def test_the_deadlines_are_told_with_number_recipient_and_time(chat: Chat) -> None:
    assert chat.says("/deadlines") == "BR-2026-021 · AEPD · 72 h left · Thu 26 Nov 2026 10:40 CET".replace("72 h", "3 d")


def test_without_anything_open_the_answers_say_so(chat: Chat, people: People) -> None:
    _link(chat.phones.session, people.responder, "7002")
    from incident_app.models.obligations import DISCHARGED, Obligation

    duty = chat.phones.session.get_one(Obligation, 1)
    duty.state, duty.case.state = DISCHARGED, "closed"
    chat.phones.session.commit()

    assert chat.says("/deadlines") == "Nothing is due."
    assert chat.says("/ack") == "No alert is running."
    assert chat.says("/cases", chat=7002) == "No case is open."


def test_who_sees_cases_gets_their_numbers_and_nothing_else(chat: Chat, people: People) -> None:
    _link(chat.phones.session, people.responder, "7002")

    assert chat.says("/cases", chat=7002) == "BR-2026-021 · logged"
    assert chat.says("/cases").startswith("You may not do this")


def test_who_is_on_call_and_who_is_next(chat: Chat, people: People) -> None:
    assert chat.says("/oncall@ia_bot").splitlines() == [
        "On call: Ola Oncall, until Mon 30 Nov 2026 10:40 CET.", "Nobody is next.",
    ]
    later = chat.phones.clock.move(days=8)
    rota.add_shift(chat.phones.session, people.approver.id, START + timedelta(days=9), START + timedelta(days=10),
                   by=people.admin, now=later)

    assert chat.says("/oncall").splitlines() == [
        "Nobody is on call.", "Next: Ada Approver, from Wed 02 Dec 2026 10:40 CET.", "Gaps within 7 days: 2.",
    ]


def test_an_alert_is_acknowledged_by_command(chat: Chat) -> None:
    chat.phones.run(hours=66)
    number = chat.phones.alert().id

    assert chat.says("/ack") == f"Alert {number} acknowledged, expires 05:10 CET."
    assert chat.says(f"/ack {number}").startswith(f"Alert {number} acknowledged")
    assert chat.says("/ack 4711") == "There is no such alert."
    assert chat.says("/ack twelve").startswith("Say /ack")


def test_with_time_left_an_acknowledgement_by_command_names_no_end(chat: Chat) -> None:
    chat.phones.run(hours=24)

    assert chat.says("/ack") == f"Alert {chat.phones.alert().id} acknowledged."


@pytest.mark.parametrize("text", ["/help", "/start", "/dance", "what?"])
def test_anything_else_is_answered_with_the_list_of_commands(chat: Chat, text: str) -> None:
    assert "/deadlines" in chat.says(text)


def test_groups_and_odd_updates_are_passed_over(chat: Chat) -> None:
    assert not chat.says("/deadlines", kind="group")
    odd_ones: list[dict[str, object]] = [{}, {"message": "text"}, {"message": {"chat": 7}}, {"edited_message": {}}]
    for odd in odd_ones:
        chat._update({"update_id": 3, **odd})
    chat._update({"callback_query": {}})
    assert chat.phones.telegram.said == []
