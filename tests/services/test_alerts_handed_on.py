"""Whom pressing a button wakes, for how long it is quiet, and what the words beside it say about both."""

from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Refused
from incident_app.models.accounts import User
from incident_app.models.rota import Shift
from incident_app.services import alerts, mail_links, rota
from tests.fakes import START, FakeClock
from tests.people import People
from tests.phones import SECRET, Phones
from tests.services.duties import a_duty, a_plain_case


@pytest.fixture
def phones(session: Session, clock: FakeClock, people: People) -> Phones:
    """A duty of a case the responder owns; who is on call and the responder have Telegram."""
    for who, chat in ((people.oncall_person, "7001"), (people.responder, "7002")):
        session.get_one(User, who.id).telegram_chat_id = chat
    session.commit()
    rota.add_shift(session, people.oncall_person.id, START, START + timedelta(days=7), by=people.admin, now=START)
    a_duty(session, a_plain_case(session, owner_id=people.responder.id))
    return Phones(session, clock)


def reached(session: Session, phones: Phones, number: int, people: People) -> list[str]:
    """Return whom an alert reached, the last first."""
    page = alerts.overview(session, number, by=people.responder, now=phones.clock.now())
    return [item.name for item in page.paged if any(send.accepted_at for send in item.sends)]


def test_how_long_it_will_be_quiet_is_what_the_ladder_says_wherever_it_is_said(
    session: Session, phones: Phones, people: People
) -> None:
    # Given a ladder whose acknowledgements last five minutes
    alerts.save_ladder(session, "authority", {"ack_minutes": 5}, version=0, by=people.admin, now=START)

    # When an alert comes with time left, then it will be quiet until the next threshold
    phones.run(hours=24)
    page = alerts.overview(session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())
    assert page.quiet == "quiet until the next threshold"

    # … and with six hours left for five minutes: on the phone, on the page, and on the page of the mail
    phones.run(hours=42)
    now, number = phones.clock.now(), phones.alert().id
    assert phones.telegram.sent[-1].text.splitlines()[-2] == "Acknowledge: quiet for 5 min."
    assert alerts.overview(session, number, by=people.oncall_person, now=now).quiet == "quiet for 5 min"
    link = mail_links.link_for(number, people.oncall_person.id, public_url="", secret=SECRET, now=now)
    by_mail = alerts.by_mail(session, link.rpartition("/")[2], secret=SECRET, now=now)
    assert by_mail.quiet == "Acknowledge: quiet for 5 min."

    # Then that is how long it is; whoever opens the mail afterwards is promised nothing
    assert alerts.acknowledge(session, number, by=people.oncall_person, now=now).ack_expires_at == now + timedelta(minutes=5)
    assert alerts.by_mail(session, link.rpartition("/")[2], secret=SECRET, now=now).quiet == ""


def test_an_alert_about_actions_is_quiet_for_a_day_and_a_demo_for_good(session: Session, phones: Phones, people: People) -> None:
    overdue = alerts.raise_about(session, kind="actions", key="1", words="2 actions overdue", now=START)
    session.commit()
    demo = alerts.send_demo(session, by=people.responder, now=START)
    assert overdue is not None

    assert alerts.overview(session, overdue.id, by=people.responder, now=START).quiet == "quiet for 24 h"
    assert alerts.overview(session, demo.id, by=people.responder, now=START).quiet == "nobody else is paged"


def test_who_cannot_acknowledge_is_not_told_how_long_it_would_be_quiet(session: Session, phones: Phones, people: People) -> None:
    alerts.raise_about(session, kind="actions", key="1", words="2 actions overdue", now=START, owner_id=people.reporter.id)
    session.commit()

    phones.run(seconds=1)

    assert "Acknowledge" not in phones.email.sent[0].text


def test_whoever_escalates_is_not_paged_by_it_and_the_button_says_who_is(session: Session, phones: Phones, people: People) -> None:
    # Given an alert that went to who is on call; next would be the responder
    phones.run(hours=24)
    number = phones.alert().id
    seen = alerts.overview(session, number, by=people.oncall_person, now=phones.clock.now())
    assert seen.hands_to == "Rene Responder"

    # When the responder looks, then escalating hands it to the approvers, and so it does
    seen = alerts.overview(session, number, by=people.responder, now=phones.clock.now())
    assert seen.hands_to == "Ada Approver and Sam Second"
    alerts.escalate(session, number, by=people.responder, now=phones.clock.now())
    assert phones.run(seconds=1) == [("email", "approver"), ("email", "second_approver")]


def test_who_was_paged_by_an_alert_is_left_out_when_it_is_handed_on(session: Session, phones: Phones, people: People) -> None:
    # Given a case nobody owns, whose next person is an approver; the alert reached them and who is on call
    a_duty(session, a_plain_case(session, "BR-2026-022"))
    phones.run(hours=24)
    phones.run(minutes=10)
    number = phones.alert().id
    assert reached(session, phones, number, people) == ["Ada Approver", "Ola Oncall"]

    # When somebody takes it to be answered, and hands it on, then only the approver nobody told is paged
    alerts.acknowledge(session, number, by=people.oncall_person, now=phones.clock.now())
    assert alerts.overview(session, number, by=people.oncall_person, now=phones.clock.now()).hands_to == "Sam Second"
    alerts.escalate(session, number, by=people.oncall_person, now=phones.clock.now())
    assert ("email", "approver") not in phones.run(seconds=1)

    # Then nobody is left: it is not offered, and asked for all the same it is refused in words
    page = alerts.overview(session, number, by=people.oncall_person, now=phones.clock.now())
    assert page.hands_to == ""
    with pytest.raises(Refused, match="Nobody is next"):
        alerts.escalate(session, number, by=people.oncall_person, now=phones.clock.now())

    # … until the ladder begins again
    phones.run(minutes=31)
    page = alerts.overview(session, number, by=people.oncall_person, now=phones.clock.now())
    assert (phones.alert().rounds, page.hands_to) == (3, "Ada Approver")


def test_the_case_says_whom_each_of_its_alerts_would_page_next(session: Session, phones: Phones, people: People) -> None:
    phones.run(hours=24)
    alert = phones.alert()
    assert alert.case_id is not None

    (one,) = alerts.handings(session, alert.case_id, by=people.oncall_person, now=phones.clock.now())

    assert (one.alert_id, one.head, one.to) == (alert.id, "BR-2026-021 · AEPD · 48 h left", "Rene Responder")
    assert alerts.handings(session, alert.case_id, by=people.auditor, now=phones.clock.now())[0].to == ""


def hand_over(session: Session, phones: Phones, to: int, people: People) -> None:
    rota.hand_over(session, to, by=people.admin, now=phones.clock.now())


def test_an_unanswered_alert_wakes_who_comes_on_call_and_keeps_its_other_times(
    session: Session, phones: Phones, people: People
) -> None:
    # Given an alert of a case nobody owns, sent to who is on call; an approver is to be next
    a_duty(session, a_plain_case(session, "BR-2026-022"))
    phones.run(hours=24)
    number = phones.alert().id
    begun = phones.clock.now()
    assert reached(session, phones, number, people) == ["Ola Oncall"]

    # When the rota is handed over to somebody else three minutes later
    phones.run(minutes=3)
    hand_over(session, phones, people.responder.id, people)

    # Then that person is woken by it at once, and whoever came after them when they would have been
    assert ("telegram", "7002") in phones.run(seconds=1)
    page = alerts.overview(session, number, by=people.oncall_person, now=phones.clock.now())
    assert (page.next_name, page.next_at) == ("Ada Approver", begun + timedelta(minutes=10))
    assert {send.reason for item in page.spared for send in item.sends if send.state == "cancelled"} == {
        "Somebody else is on call by now."}

    # … and once: nothing more is planned anew
    assert phones.run(minutes=1) == []
    assert phones.alert().rounds == 2


def test_a_planned_step_for_who_is_on_call_wakes_who_is_on_call_when_it_comes(
    session: Session, phones: Phones, people: People
) -> None:
    # Given an alert about actions of the approver: in four hours it is to wake whoever is on call
    alerts.raise_about(session, kind="actions", key="1", words="2 actions overdue", now=phones.clock.now(), owner_id=people.approver.id)
    session.commit()
    assert phones.run(seconds=1) == [("email", "approver")]

    # When the responder has the rota by then
    phones.run(hours=1)
    hand_over(session, phones, people.responder.id, people)

    # Then nobody is woken before, and the responder then
    assert phones.run(hours=2, minutes=58) == []
    assert phones.run(minutes=2) == [("telegram", "7002")]


def test_escalating_after_a_hand_over_reaches_who_is_on_call_now(session: Session, phones: Phones, people: People) -> None:
    # Given an alert that who was on call acknowledged, and handed the rota over to an approver
    phones.run(hours=24)
    number = phones.alert().id
    alerts.acknowledge(session, number, by=people.oncall_person, now=phones.clock.now())
    hand_over(session, phones, people.second_approver.id, people)
    assert phones.run(minutes=1) == [], "it was answered: a hand-over alone wakes nobody"

    # When they escalate it, then the one who is on call now is paged, before the owner of the case
    page = alerts.overview(session, number, by=people.oncall_person, now=phones.clock.now())
    assert page.hands_to == "Sam Second"
    alerts.escalate(session, number, by=people.oncall_person, now=phones.clock.now())
    assert phones.run(seconds=1) == [("email", "second_approver")]
    assert phones.run(minutes=10) == [("telegram", "7002")]


def test_an_acknowledgement_that_expires_after_a_hand_over_wakes_who_is_on_call_now(
    session: Session, phones: Phones, people: People
) -> None:
    phones.run(hours=66)
    alerts.acknowledge(session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())
    hand_over(session, phones, people.second_approver.id, people)

    assert phones.run(minutes=30) == [("email", "second_approver")]


def test_who_is_on_call_and_cannot_be_reached_is_planned_for_once(session: Session, phones: Phones, people: People) -> None:
    # Given no way to reach anybody by email
    del phones.channels["email"]
    phones.run(hours=24)
    hand_over(session, phones, people.second_approver.id, people)

    # When the evaluator goes on, then the ladder was planned anew once, and not with every pass
    for _ in range(4):
        phones.run(seconds=10)
    assert phones.alert().rounds == 2


def test_nothing_is_planned_anew_while_nobody_is_on_call(session: Session, phones: Phones, people: People) -> None:
    phones.run(hours=24)
    session.execute(delete(Shift))
    session.commit()

    phones.run(minutes=1)

    assert phones.alert().rounds == 1


def test_an_alert_nobody_is_left_for_waits_for_its_ladder_to_begin_again(session: Session, phones: Phones, people: People) -> None:
    # Given an alert everybody was told of but the second approver, who leaves as the rota is handed over
    phones.run(hours=24)
    phones.run(minutes=10)
    session.get_one(User, people.second_approver.id).active = False
    session.get_one(User, people.approver.id).active = False
    session.commit()
    phones.run(minutes=1)
    hand_over(session, phones, people.responder.id, people)

    # Then nobody is left to be planned for, and the ladder begins again half an hour after its last step
    assert phones.run(seconds=1) == []
    assert phones.run(minutes=40) == [("telegram", "7002")]
