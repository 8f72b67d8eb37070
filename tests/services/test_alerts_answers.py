"""What people answer, what their phones then show, and the pages about it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Message, Outcome, Rejected, Sent, Uncertain
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.services import alerts, rota
from tests.fakes import START, FakeChannel, FakeClock
from tests.people import People
from tests.phones import Phones
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


def test_acknowledging_stops_the_ladder_and_edits_the_message(phones: Phones, people: People) -> None:
    phones.run(hours=66)

    alert = alerts.acknowledge(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())
    assert alerts.refresh_messages(phones.session, phones.channels, now=phones.clock.now()) == 1

    assert alert.ack_expires_at == phones.clock.now() + timedelta(minutes=30)
    assert phones.run(minutes=29) == []
    (chat, _, words) = phones.telegram.edits[0]
    assert chat == "7001"
    assert words.endswith("Acknowledged by Ola Oncall 04:40 CET, expires 05:10 CET.")
    assert alerts.refresh_messages(phones.session, phones.channels, now=phones.clock.now()) == 0


def test_an_acknowledgement_that_lasts_a_day_says_which_day(session: Session, phones: Phones, people: People) -> None:
    # Given an alert about overdue actions of the responder, who acknowledges it a quarter to midnight in Berlin
    session.get_one(User, people.responder.id).zone = "Europe/Berlin"
    session.commit()
    alerts.raise_about(session, kind="actions", key="1", words="2 actions overdue", now=phones.clock.now(),
                       owner_id=people.responder.id)
    session.commit()
    phones.run(hours=13, minutes=5)
    alert = alerts.acknowledge(session, phones.alert().id, by=people.responder, now=phones.clock.now())

    # Then their phone says when it expires with the day, and a day later the page says so of both
    alerts.refresh_messages(session, phones.channels, now=phones.clock.now())
    assert phones.telegram.edits[0][2].endswith("Acknowledged by Rene Responder 23:45 CET, expires Tue 24 Nov 23:45 CET.")
    later = alerts.overview(session, alert.id, by=people.responder, now=phones.clock.move(hours=1), zone="Europe/Berlin")
    assert later.status == "Acknowledged by Rene Responder Mon 23 Nov 23:45 CET, expires 23:45 CET."


def test_an_acknowledgement_that_expires_goes_on_at_the_next_step(phones: Phones, people: People) -> None:
    phones.run(hours=66)
    alerts.acknowledge(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())

    assert phones.run(minutes=30) == [("telegram", "7002")]

    assert phones.alert().note.endswith("The acknowledgement of Ola Oncall expired and nothing had moved.")
    page = alerts.overview(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())
    assert page.status == "Not acknowledged: paging goes on. The ladder is in round 2."
    assert [(item.round, item.step, item.name) for item in page.paged if item.sends[0].accepted_at] == [
        (2, 2, "Rene Responder"), (1, 1, "Ola Oncall"),
    ]


def test_with_time_left_an_acknowledgement_lasts_until_the_next_threshold(phones: Phones, people: People) -> None:
    phones.run(hours=24)

    alert = alerts.acknowledge(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())

    assert alert.ack_expires_at is None
    assert phones.run(hours=23) == []
    assert phones.run(hours=1) == [("telegram", "7001")]


def test_acknowledging_twice_changes_nothing_and_somebody_else_is_told(phones: Phones, people: People) -> None:
    phones.run(hours=66)
    number = phones.alert().id
    first = alerts.acknowledge(phones.session, number, by=people.oncall_person, now=phones.clock.now())
    expires = first.ack_expires_at

    again = alerts.acknowledge(phones.session, number, by=people.oncall_person, now=phones.clock.move(minutes=5))
    with pytest.raises(Conflict, match="Ola Oncall has acknowledged"):
        alerts.acknowledge(phones.session, number, by=people.responder, now=phones.clock.now())

    assert again.ack_expires_at == expires


def test_taking_it_makes_the_person_owner_of_the_case(phones: Phones, people: People, case: Case) -> None:
    phones.run(hours=66)

    alerts.take(phones.session, phones.alert().id, by=people.approver, now=phones.clock.now())

    phones.session.refresh(case)
    assert case.owner_id == people.approver.id
    assert phones.alert().state == "acknowledged"


def test_escalating_pages_the_next_step_now(phones: Phones, people: People) -> None:
    phones.run(hours=24)
    number = phones.alert().id

    alerts.escalate(phones.session, number, by=people.oncall_person, now=phones.clock.now())
    assert phones.run(seconds=1) == [("telegram", "7002")]
    alerts.escalate(phones.session, number, by=people.responder, now=phones.clock.now())
    assert len(phones.run(seconds=1)) == 2
    with pytest.raises(Refused, match="Nobody is next"):
        alerts.escalate(phones.session, number, by=people.responder, now=phones.clock.now())


def test_escalating_an_acknowledged_alert_wakes_the_next_one(phones: Phones, people: People) -> None:
    phones.run(hours=24)
    number = phones.alert().id
    alerts.acknowledge(phones.session, number, by=people.oncall_person, now=phones.clock.now())

    alerts.escalate(phones.session, number, by=people.oncall_person, now=phones.clock.now())

    assert phones.run(seconds=1) == [("telegram", "7002")]


def test_who_may_not_answer_is_refused(phones: Phones, people: People) -> None:
    phones.run(hours=24)
    number = phones.alert().id

    for verb in (alerts.acknowledge, alerts.take, alerts.escalate):
        with pytest.raises(Forbidden):
            verb(phones.session, number, by=people.auditor, now=START)
        with pytest.raises(NotFound):
            verb(phones.session, 4711, by=people.responder, now=START)


def test_an_alert_that_is_over_cannot_be_answered(phones: Phones, people: People) -> None:
    phones.run(hours=24)
    number = phones.alert().id
    phones.run(hours=24)

    with pytest.raises(Conflict, match="The next threshold was reached"):
        alerts.acknowledge(phones.session, number, by=people.responder, now=phones.clock.now())


def test_an_answer_between_claim_and_acceptance_is_shown_on_the_phone(phones: Phones, people: People) -> None:
    def answered(message: Message) -> Outcome:
        alerts.acknowledge(phones.session, phones.alert().id, by=people.responder, now=phones.clock.now())
        return Sent("77")

    phones.telegram.answer = answered
    phones.run(hours=24)

    assert phones.sends()[0].stale
    alerts.refresh_messages(phones.session, phones.channels, now=phones.clock.now())
    assert phones.telegram.edits[0][2].endswith("quiet until the next threshold.")


def test_an_answer_before_the_second_try_takes_it_back(phones: Phones, people: People) -> None:
    def answered(message: Message) -> Outcome:
        alerts.acknowledge(phones.session, phones.alert().id, by=people.responder, now=phones.clock.now())
        return Uncertain("time-out")

    phones.telegram.answer = answered
    phones.run(hours=24)

    assert phones.sends()[0].reason == "The alert was answered before the second try."


def test_a_send_left_over_from_an_answered_alert_is_cancelled(phones: Phones, people: People, session: Session) -> None:
    phones.run(hours=24)
    alerts.acknowledge(session, phones.alert().id, by=people.responder, now=phones.clock.now())
    left = phones.sends()[2]
    left.state = "planned"
    session.commit()

    assert phones.run(minutes=30) == []
    assert phones.sends()[2].reason == "The alert had been answered by then."


@pytest.mark.parametrize(
    ("answer", "again"),
    [(Uncertain("time-out"), True), (Rejected("wait", permanent=False), True), (Rejected("gone", permanent=True), False)],
)
def test_an_edit_that_failed_is_tried_again_unless_refused_for_good(
    phones: Phones, people: People, answer: Outcome, *, again: bool
) -> None:
    phones.run(hours=24)
    alerts.acknowledge(phones.session, phones.alert().id, by=people.responder, now=phones.clock.now())
    phones.telegram.edit_answer = answer

    alerts.refresh_messages(phones.session, phones.channels, now=phones.clock.now())

    assert phones.sends()[0].stale is again


def test_while_telegram_is_away_one_edit_is_tried_and_the_rest_waits(phones: Phones, people: People) -> None:
    a_duty(phones.session, a_plain_case(phones.session, "BR-2026-022"))
    phones.run(hours=24)
    alerts.acknowledge_all(phones.session, by=people.oncall_person, now=phones.clock.now())
    phones.telegram.edit_answer = Uncertain("time-out")

    assert alerts.refresh_messages(phones.session, phones.channels, now=phones.clock.now()) == 0
    assert len(phones.telegram.edits) == 1

    phones.telegram.edit_answer = Sent("edited")
    assert alerts.refresh_messages(phones.session, phones.channels, now=phones.clock.now()) == 2


def test_a_channel_that_cannot_edit_is_left_alone(phones: Phones) -> None:
    assert alerts.refresh_messages(phones.session, {"telegram": FakeChannel("telegram")}, now=START) == 0
    assert alerts.refresh_messages(phones.session, {}, now=START) == 0


def test_a_demo_alert_reaches_only_oneself(phones: Phones, people: People) -> None:
    made = alerts.send_demo(phones.session, by=people.responder, now=phones.clock.now())

    assert phones.run(seconds=1) == [("telegram", "7002")]
    assert phones.telegram.sent[0].text.splitlines()[0] == "incident-app · demo alert, nothing is due"
    assert phones.run(minutes=29) == []
    with pytest.raises(Refused):
        alerts.escalate(phones.session, made.id, by=people.responder, now=phones.clock.now())
    alerts.take(phones.session, made.id, by=people.responder, now=phones.clock.now())


def test_the_page_shows_what_was_tried_what_comes_and_why_earlier_ones_ended(phones: Phones, people: People) -> None:
    phones.run(hours=24)
    phones.run(hours=42)
    phones.run(minutes=20, hours=0)

    page = alerts.overview(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())

    assert page.head == "BR-2026-021 · AEPD · 5 h 40 min left"
    assert page.critical
    assert page.next_name == ""
    assert [alert.words for alert in page.earlier] == ["12 h left", "24 h left", "48 h left"]


def test_the_page_says_who_is_next_and_when(phones: Phones, people: People) -> None:
    phones.run(hours=24)

    page = alerts.overview(phones.session, phones.alert().id, by=people.oncall_person, now=phones.clock.now())

    assert (page.next_name, page.next_at) == ("Rene Responder", phones.clock.now() + timedelta(minutes=10))
    assert page.lines == ("Due Thu 26 Nov 2026 10:40 CET.", "It is owed and not done yet.")


def test_an_undecided_duty_is_called_undecided(phones: Phones, session: Session, people: People) -> None:
    alert_page = _page_of_undecided(phones, session, people)

    assert alert_page.lines[1] == "Nobody has decided yet whether it is owed."
    assert alert_page.status.startswith("Over. ") is False


def _page_of_undecided(phones: Phones, session: Session, people: People) -> alerts.AlertPage:
    other = a_plain_case(session, "BR-2026-030")
    a_duty(session, other, state="undecided", recipient="CNIL")
    phones.run(hours=24)
    number = session.scalars(select(Alert.id).where(Alert.case_id == other.id, Alert.raised_at.is_not(None))).one()
    return alerts.overview(session, number, by=people.auditor, now=phones.clock.now())


def test_the_page_of_an_alert_about_something_else_names_no_duty(phones: Phones, people: People) -> None:
    made = alerts.send_demo(phones.session, by=people.responder, now=START)

    page = alerts.overview(phones.session, made.id, by=people.auditor, now=START)

    assert (page.lines, page.critical, page.earlier) == ((), False, ())
    assert alerts.overview(phones.session, made.id, by=people.auditor, now=START).head.startswith("incident-app")


def test_the_ladder_says_who_would_be_woken_when(phones: Phones, people: People) -> None:
    steps = alerts.ladder(phones.session, "authority", by=people.auditor, now=START).steps

    assert [(step.after_minutes, step.names) for step in steps] == [
        (0, ("Ola Oncall",)), (10, ("Ada Approver",)), (20, ("Ada Approver", "Sam Second")),
    ]
    assert [step.at for step in steps][1] == START + timedelta(minutes=10)


def test_the_words_of_an_alert_whose_acknowledger_left_still_make_sense(phones: Phones, people: People) -> None:
    phones.run(hours=66)
    alert = phones.alert()
    alert.state, alert.acked_at, alert.acked_by_id = "acknowledged", START, None
    alert.ack_expires_at = phones.clock.now()
    phones.session.commit()

    page = alerts.overview(phones.session, alert.id, by=people.auditor, now=phones.clock.now())
    assert page.status.startswith("Acknowledged by somebody")
    with pytest.raises(Conflict, match="Somebody has"):
        alerts.acknowledge(phones.session, alert.id, by=people.responder, now=phones.clock.now())
    phones.run(seconds=1)
    assert phones.alert().note.endswith("The acknowledgement of somebody expired and nothing had moved.")


def test_a_superseded_alert_says_so_on_the_phone(phones: Phones) -> None:
    phones.run(hours=24)
    phones.run(hours=24)

    alerts.refresh_messages(phones.session, phones.channels, now=phones.clock.now())

    assert phones.telegram.edits[0][2].endswith("Over. The next threshold was reached: 24 h left.")
