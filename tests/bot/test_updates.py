"""What people say to the bot, as the raw updates Telegram hands out."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.buttons import LIVES, button_data
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.linking import StaffNote
from incident_app.services import alerts, linking, rota
from tests.bot.kit import Chat, link, tap
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import SECRET, Phones
from tests.services.duties import a_duty, a_plain_case


class Talk(Chat):
    """A chat of somebody who is paged."""

    def __init__(self, phones: Phones) -> None:
        super().__init__(phones.session, phones.clock)
        self.phones = phones

    def button(self, verb: str, chat: str = "7001") -> str:
        """Return what the button of the alert raised last carries."""
        return button_data(SECRET, verb, self.phones.alert().id, chat, now=self.clock.now())


@pytest.fixture
def chat(session: Session, people: People, clock: FakeClock) -> Talk:
    """The on-call person's chat 7001; a case with a duty of 72 hours."""
    link(session, people.oncall_person.id, "7001")
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    a_duty(session, a_plain_case(session))
    return Talk(Phones(session, clock))


@pytest.mark.parametrize(
    ("verb", "words", "state"),
    [("ack", "Acknowledged.", "acknowledged"), ("take", "It is yours.", "acknowledged"),
     ("esc", "The next person is being paged.", "raised")],
)
def test_the_buttons_of_an_alert_do_what_they_say(chat: Talk, verb: str, words: str, state: str) -> None:
    chat.phones.run(hours=66)

    assert chat.taps(chat.button(verb)) == words
    assert chat.phones.alert().state == state


def test_a_button_forwarded_to_somebody_else_does_nothing(chat: Talk, people: People) -> None:
    chat.phones.run(hours=66)
    link(chat.session, people.responder.id, "7002")
    data = chat.button("ack")

    assert chat.taps(data, chat=7002) == "This button does not belong to this chat."
    assert "not linked" in chat.taps(data, chat=9999)
    assert chat.phones.alert().state == "raised"


def test_a_forged_button_does_nothing(chat: Talk) -> None:
    chat.phones.run(hours=66)
    verb, number, minutes, seal = chat.button("ack").split(":")

    for forged in (f"take:{number}:{minutes}:{seal}", f"{verb}:{number}:{int(minutes) + 1}:{seal}", "approve:1:2:x", ""):
        assert chat.taps(forged) == "This button does not belong to this chat."
    assert chat.phones.alert().state == "raised"


def test_a_button_from_a_week_ago_says_what_to_do_instead(chat: Talk) -> None:
    chat.phones.run(hours=66)
    data = chat.button("ack")
    chat.clock.move(seconds=LIVES.total_seconds())

    assert chat.taps(data) == "This button is too old. Say /ack, or open the alert by its link."
    assert chat.phones.alert().state == "raised"


def test_a_tap_on_an_alert_that_is_over_says_why(chat: Talk) -> None:
    chat.phones.run(hours=24)
    data = chat.button("ack")
    chat.phones.run(hours=24)

    assert chat.taps(data).startswith("This alert is over. The next threshold was reached")
    assert chat.taps(button_data(SECRET, "ack", 4711, "7001", now=chat.clock.now())) == "There is no such alert."


def test_a_second_tap_changes_nothing_and_pages_nobody_further(chat: Talk, people: People) -> None:
    chat.phones.run(hours=66)
    assert chat.taps(chat.button("esc")) == "The next person is being paged."
    assert chat.taps(chat.button("esc")) == "The next person is being paged already."
    assert chat.phones.alert().rounds == 2

    assert [chat.taps(chat.button("ack")) for _ in range(2)] == ["Acknowledged."] * 2
    link(chat.session, people.responder.id, "7002")
    assert chat.taps(chat.button("ack", "7002"), chat=7002) == "Ola Oncall has acknowledged this alert already."


@pytest.mark.parametrize(("verb", "words"), [("take", "It is yours."), ("esc", "The next person is being paged.")])
def test_a_tap_that_was_carried_out_before_the_worker_died_is_not_carried_out_again(
    chat: Talk, verb: str, words: str
) -> None:
    # Given a tap that was carried out, and nobody left to say so
    chat.phones.run(hours=66)
    data = chat.button(verb)
    chat.taps(data)
    before = chat.phones.alert().acked_at, [send.due_at for send in chat.phones.sends()]

    # When another worker takes the same update up
    answered = chat.taps(data, again=True)

    # Then it says what was done, and does nothing
    assert answered == words
    assert (chat.phones.alert().acked_at, [send.due_at for send in chat.phones.sends()]) == before


def test_a_tap_nobody_carried_out_is_carried_out_by_whoever_takes_it_up(chat: Talk) -> None:
    chat.phones.run(hours=66)
    assert chat.taps(chat.button("ack"), again=True) == "Acknowledged."
    assert chat.phones.alert().state == "acknowledged"


def test_acknowledging_all_of_nothing_is_answered_in_words(chat: Talk) -> None:
    words = chat.taps(button_data(SECRET, "all", 4711, "7001", now=chat.clock.now()))
    assert words in {"This message tells of no alerts.", "All of them are answered already."}


def test_a_chat_that_sends_the_code_is_told_to_confirm_it(chat: Talk, people: People) -> None:
    code = linking.new_code(chat.session, by=people.responder, browser="b", now=START)

    assert chat.says(f"/start {code}", chat=7002) == "Now confirm it in the browser where you asked."
    assert "not valid any more" in chat.says(f"/start {code}", chat=7003)
    assert linking.by_chat(chat.session, "7002") is None
    waiting = linking.latest(chat.session, by=people.responder, browser="b", now=START)
    assert waiting is not None
    assert (waiting.chat_id, waiting.chat_name) == ("7002", "Ana (@ana)")


def test_who_was_taken_for_a_colleagues_chat_frees_it_from_the_phone_and_links_it_to_their_own(
    chat: Talk, people: People
) -> None:
    # Given a colleague whose link Ana pressed, and who confirmed it
    session, mallory, ana = chat.session, people.responder, people.approver
    chat.says(f"/start {linking.new_code(session, by=mallory, browser='m', now=START)}", chat=7002)
    waiting = linking.latest(session, by=mallory, browser="m", now=START)
    assert waiting is not None
    linking.confirm(session, waiting.id, by=mallory, browser="m", now=START)
    told = session.scalars(select(StaffNote.text).where(StaffNote.address == "7002")).one()
    assert told.endswith("Not yours? Say /unlink.")
    own = linking.new_code(session, by=ana, browser="a", now=START)
    assert chat.says(f"/start {own}", chat=7002).endswith("or say /unlink in the chat.")

    # When Ana says so, whatever that account may do by now
    session.get_one(User, mallory.id).roles = []
    session.commit()
    assert chat.says("/unlink", chat=7002) == "This chat is unlinked."

    # Then the chat is nobody's, the record says where it was asked, and she links it to her own account
    assert linking.by_chat(session, "7002") is None
    entry = session.scalars(select(Entry).where(Entry.action == "linking.telegram_unlinked")).one()
    assert entry.details == {"said": "in the chat"}
    assert chat.says(f"/start {own}", chat=7002) == "Now confirm it in the browser where you asked."


@pytest.mark.parametrize("text", ["/start", "/deadlines", "hello", ""])
def test_a_stranger_learns_whom_to_ask_and_how_to_link(chat: Talk, text: str) -> None:
    said = chat.says(text, chat=9999)

    assert "whom to ask stands in that message" in said
    assert "link this chat on your page" in said


def test_the_deadlines_are_told_with_number_recipient_and_time(chat: Talk) -> None:
    assert chat.says("/deadlines") == "BR-2026-021 · AEPD · 72 h left · Thu 26 Nov 2026 10:40 CET".replace("72 h", "3 d")


def test_without_anything_open_the_answers_say_so(chat: Talk, people: People) -> None:
    link(chat.session, people.responder.id, "7002")
    from incident_app.models.obligations import DISCHARGED, Obligation

    duty = chat.phones.session.get_one(Obligation, 1)
    duty.state, duty.case.state = DISCHARGED, "closed"
    chat.phones.session.commit()

    assert chat.says("/deadlines") == "Nothing is due."
    assert chat.says("/ack") == "No alert waits for an answer."
    assert chat.says("/cases", chat=7002) == "No case is open."


def test_who_sees_cases_gets_their_numbers_and_nothing_else(chat: Talk, people: People) -> None:
    link(chat.session, people.responder.id, "7002")

    assert chat.says("/cases", chat=7002) == "BR-2026-021 · logged"
    assert chat.says("/cases").startswith("You may not do this")


def test_who_is_on_call_and_who_is_next(chat: Talk, people: People) -> None:
    assert chat.says("/oncall@ia_bot").splitlines() == [
        "On call: Ola Oncall, until Mon 30 Nov 2026 10:40 CET.", "Nobody is next.",
    ]
    later = chat.phones.clock.move(days=8)
    rota.add_shift(chat.phones.session, people.approver.id, START + timedelta(days=9), START + timedelta(days=10),
                   by=people.admin, now=later)

    assert chat.says("/oncall").splitlines() == [
        "Nobody is on call.", "Next: Ada Approver, from Wed 2 Dec 2026 10:40 CET.", "Gaps within 7 days: 2.",
    ]


def test_an_alert_is_acknowledged_by_command(chat: Talk) -> None:
    chat.phones.run(hours=66)
    number = chat.phones.alert().id

    assert chat.says("/ack") == f"Alert {number} acknowledged, expires 05:10 CET."
    assert chat.says(f"/ack {number}").startswith(f"Alert {number} acknowledged")
    assert chat.says("/ack 4711") == "There is no such alert."
    assert chat.says("/ack twelve").startswith("Say /ack")


def test_with_time_left_an_acknowledgement_by_command_names_no_end(chat: Talk) -> None:
    chat.phones.run(hours=24)

    assert chat.says("/ack") == f"Alert {chat.phones.alert().id} acknowledged."


@pytest.mark.parametrize("text", ["/help", "/start", "/dance", "what?"])
def test_anything_else_is_answered_with_the_list_of_commands(chat: Talk, text: str) -> None:
    assert "/deadlines" in chat.says(text)


def test_groups_and_odd_updates_are_passed_over(chat: Talk) -> None:
    assert not chat.says("/deadlines", kind="group")
    odd_ones: list[dict[str, object]] = [
        {}, {"message": "text"}, {"message": {"chat": 7}}, {"edited_message": {}}, {"update_id": "x", **tap(1, "ack:1:1:x")},
    ]
    for odd in odd_ones:
        chat.update({"update_id": 3, **odd})
    chat.update({"update_id": 4, "callback_query": {}})
    assert chat.bot.said == []


def test_with_several_alerts_the_command_lists_them_and_acknowledges_none(chat: Talk, people: People) -> None:
    # Given an alert of a duty, a demo alert of one's own, and one of somebody else
    chat.phones.run(hours=66)
    duty = chat.phones.alert().id
    own = alerts.send_demo(chat.session, by=people.oncall_person, now=chat.clock.now()).id
    alerts.send_demo(chat.session, by=people.responder, now=chat.clock.now())

    # When one says no number, the answer names those one may choose of
    assert chat.says("/ack").splitlines() == [
        "2 alerts wait for an answer. Which one?",
        f"/ack {own} – incident-app · demo alert, nothing is due",
        f"/ack {duty} – BR-2026-021 · AEPD · 6 h left",
    ]

    # And with the other one answered, it is clear which is meant
    chat.says(f"/ack {own}")
    assert chat.says("/ack").startswith(f"Alert {duty} acknowledged")


def test_a_long_list_says_how_many_more(chat: Talk, people: People) -> None:
    for _ in range(12):
        alerts.send_demo(chat.session, by=people.oncall_person, now=START)
    lines = chat.says("/ack").splitlines()
    assert (len(lines), lines[-1]) == (12, "and 2 more")
