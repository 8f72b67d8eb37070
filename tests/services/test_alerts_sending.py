"""Who is paged, when and by which channel; and what becomes of each message."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Message, Outcome, Rejected, Sent, Uncertain
from incident_app.models.accounts import User
from incident_app.models.alerts import AlertSend, LadderRow
from incident_app.models.cases import Case
from incident_app.services import alerts, rota
from incident_app.services.alerts import by_mail
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import SECRET, Phones
from tests.services.duties import a_duty, a_plain_case


def _link(session: Session, who: Actor, chat: str) -> None:
    session.get_one(User, who.id).telegram_chat_id = chat
    session.commit()


@pytest.fixture
def case(session: Session, people: People) -> Case:
    """A case owned by the responder, who has Telegram; the on-call person has it too."""
    _link(session, people.oncall_person, "7001")
    _link(session, people.responder, "7002")
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    made = a_plain_case(session, owner_id=people.responder.id)
    a_duty(session, made)
    return made


@pytest.fixture
def phones(session: Session, clock: FakeClock, case: Case) -> Phones:
    return Phones(session, clock)


def test_the_ladder_goes_from_the_on_call_to_the_owner_to_everyone(phones: Phones) -> None:
    assert phones.run(hours=24) == [("telegram", "7001")]
    assert phones.run(minutes=3) == []
    assert phones.run(minutes=7) == [("telegram", "7002")]
    assert sorted(phones.run(minutes=10)) == [("email", "approver"), ("email", "second_approver")]
    assert phones.run(minutes=29) == []


def test_where_nobody_answers_the_whole_ladder_it_begins_again_until_somebody_does(phones: Phones, people: People) -> None:
    phones.run(hours=24)
    phones.run(minutes=20)

    assert phones.run(minutes=30) == [("telegram", "7001")]
    assert phones.run(minutes=10) == [("telegram", "7002")]
    assert phones.alert().rounds == 2

    alerts.acknowledge(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())
    assert phones.run(hours=3) == []


def test_the_message_says_what_is_due_without_personal_data(phones: Phones) -> None:
    phones.run(hours=66)

    (message,) = phones.telegram.sent
    assert message.text.splitlines()[:3] == [
        "BR-2026-021 · AEPD · 6 h left", "Due Thu 26 Nov 2026 10:40 CET.", "It is owed and not done yet.",
    ]
    assert message.text.splitlines()[-1] == f"https://incident.test/alerts/{phones.alert().id}"
    assert [button.label for button in message.buttons] == ["Acknowledge", "I take it", "Escalate"]
    assert "Export" not in message.text


def test_email_follows_after_two_minutes_when_telegram_did_not_accept(phones: Phones) -> None:
    phones.telegram.answer = lambda _: Rejected("Too many requests", permanent=False, retry_after=300)

    assert phones.run(hours=24) == []
    assert phones.run(minutes=1) == []
    assert phones.run(minutes=1) == [("email", "oncall_person")]


def test_email_follows_at_once_when_telegram_refuses_for_good(phones: Phones) -> None:
    phones.telegram.answer = lambda _: Rejected("The person has blocked the bot.", permanent=True)

    assert phones.run(hours=24) == [("email", "oncall_person")]

    first = phones.sends()[0]
    assert (first.state, first.reason) == ("failed", "The person has blocked the bot.")


def test_email_is_skipped_with_the_reason_when_telegram_accepted(phones: Phones) -> None:
    phones.run(hours=24)

    second = phones.sends()[1]
    assert (second.channel, second.state, second.reason) == ("email", "skipped", "Not needed: Telegram was accepted.")


def test_when_nobody_of_a_step_can_be_reached_the_next_person_is_paged_at_once(phones: Phones) -> None:
    def refuse(message: Message) -> Outcome:
        return Rejected("refused", permanent=True) if message.address != "7002" else Sent("1")

    phones.telegram.answer = phones.email.answer = refuse
    assert phones.run(hours=24) == []

    assert phones.run(seconds=1) == [("telegram", "7002")]


def test_a_lost_answer_means_a_second_try_that_says_so(phones: Phones) -> None:
    phones.telegram.answer = lambda _: Uncertain("time-out")
    assert phones.run(hours=24) == []

    phones.telegram.answer = lambda _: Sent("55")
    assert phones.run(seconds=30) == [("telegram", "7001")]

    assert phones.telegram.sent[-1].text.splitlines()[0].endswith("48 h left (repeat)")
    assert [item["outcome"] for item in phones.sends()[0].tries] == ["uncertain", "sent"]


def test_after_the_last_try_a_way_counts_as_failed(phones: Phones) -> None:
    phones.telegram.answer = phones.email.answer = lambda _: Uncertain("time-out")
    phones.run(hours=24)
    for _ in range(45):
        phones.run(minutes=1)

    assert {(send.state, len(send.tries)) for send in phones.sends() if send.state != "skipped"} == {("failed", 6)}


def test_a_sender_that_dies_leaves_a_lease_and_the_alert_goes_out_again(phones: Phones, session: Session) -> None:
    phones.run(hours=24)
    send = phones.sends()[0]
    send.state, send.claim, send.lease_until = "sending", "dead", phones.clock.now() + timedelta(seconds=60)
    session.commit()

    assert phones.run(seconds=59) == []
    phones.run(seconds=1)
    assert phones.run(seconds=60) == [("telegram", "7001")]

    assert phones.telegram.sent[-1].text.splitlines()[0].endswith("(repeat)")


def test_the_late_answer_of_a_sender_whose_lease_ran_out_changes_nothing(phones: Phones, session: Session) -> None:
    def slow(message: Message) -> Outcome:
        send = session.scalars(select(AlertSend).where(AlertSend.public_id == message.delivery_id)).one()
        send.claim = "somebody else"
        session.commit()
        return Sent("late")

    phones.telegram.answer = slow
    phones.run(hours=24)

    assert (phones.sends()[0].state, phones.sends()[0].reference) == ("sending", "")


def test_a_channel_that_is_not_set_up_is_said_and_passed_over(phones: Phones) -> None:
    del phones.channels["telegram"]

    assert phones.run(hours=24) == [("email", "oncall_person")]

    assert phones.sends()[0].reason == "No Telegram bot is set up for staff."


def test_no_more_than_the_limit_is_sent_in_one_turn(phones: Phones) -> None:
    phones.clock.move(hours=24)
    alerts.raise_due(phones.session, now=phones.clock.now())

    assert alerts.send_due(phones.session, phones.channels, clock=phones.clock, public_url="x", secret=SECRET, limit=0) == 0


def test_without_anybody_on_call_the_next_person_is_paged_at_once(phones: Phones, session: Session, people: People) -> None:
    session.get_one(User, people.oncall_person.id).active = False
    session.commit()

    assert phones.run(hours=24) == [("telegram", "7002")]

    assert phones.alert().note == "Nobody was on call."


def test_without_anybody_at_all_the_alert_says_so(phones: Phones, session: Session) -> None:
    for user in session.scalars(select(User)).unique():
        user.active = False
    session.commit()

    assert phones.run(hours=24) == []

    assert phones.alert().note == "Nobody was on call. Nobody could be paged: there is no active approver."


def test_without_an_owner_the_next_on_the_rota_is_the_next_person(
    phones: Phones, session: Session, case: Case, people: People
) -> None:
    case.owner_id = None
    session.commit()
    rota.add_shift(session, people.second_approver.id, START + timedelta(days=7), START + timedelta(days=8),
                   by=people.admin, now=START)
    phones.run(hours=24)

    assert phones.run(minutes=10) == [("email", "second_approver")]


def test_a_person_without_telegram_gets_email_at_once_and_the_page_says_why(
    phones: Phones, session: Session, people: People
) -> None:
    session.get_one(User, people.oncall_person.id).telegram_chat_id = None
    session.commit()

    assert phones.run(hours=24) == [("email", "oncall_person")]

    assert (phones.sends()[0].state, phones.sends()[0].reason) == ("skipped", "Ola Oncall has not linked Telegram.")


@pytest.mark.parametrize("kept", [True, False])
def test_whoever_a_ladder_wakes_can_open_what_its_email_links_to(
    kept: bool, phones: Phones, session: Session, people: People
) -> None:
    # Given the default, or a ladder that was kept when administrators, who see no case and answer nothing, were woken too.
    steps = [{"after_minutes": 0, "who": "on_call", "ways": "both"}, {"after_minutes": 5, "who": "leads", "ways": "both"}]
    if kept:
        session.add(LadderRow(kind="authority", body={"steps": steps}, changed_at=START, changed_by_id=people.approver.id))
        session.commit()

    # When a deadline goes through all its steps.
    phones.run(hours=24)
    phones.run(minutes=5)
    phones.run(minutes=15)

    # Then every link that was sent shows the alert.
    links = [line for message in phones.email.sent for line in message.text.splitlines() if "/a/" in line]
    pages = [by_mail(session, link.rpartition("/")[2], secret=SECRET, now=phones.clock.now()) for link in links]
    assert {page.name for page in pages} == {"Ada Approver", "Sam Second", *(["Ola Oncall"] if kept else [])}
    assert not {send.person_id for send in phones.sends()} & {people.admin.id}


def test_whoever_may_not_answer_any_more_when_their_step_comes_is_passed_over_and_the_ladder_goes_on(
    phones: Phones, session: Session, people: People
) -> None:
    # Given a ladder under way, whose next person became an administrator meanwhile.
    phones.run(hours=24)
    session.get_one(User, people.responder.id).roles = list(session.get_one(User, people.admin.id).roles)
    session.commit()

    # Then nothing is sent to them, the page says why, and the next step comes.
    assert phones.run(minutes=10) == []
    skipped = [send for send in phones.sends() if send.person_id == people.responder.id]
    assert {(send.state, send.reason) for send in skipped} == {("failed", f"{skipped[0].person.name} may not answer alerts.")}
    assert sorted(phones.run(minutes=10)) == [("email", "approver"), ("email", "second_approver")]


def test_somebody_whose_account_was_disabled_meanwhile_is_not_woken(phones: Phones, session: Session, people: People) -> None:
    phones.run(hours=24)
    session.get_one(User, people.responder.id).active = False
    session.commit()

    assert ("telegram", "7002") not in phones.run(minutes=10)
