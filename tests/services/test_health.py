"""Everything is looked at, counted since when it is not well, and told once."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.alerts import AlertState
from incident_app.domain.health import Check, Disk
from incident_app.domain.ports import Message, Rejected
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.audit import Entry
from incident_app.models.deliveries import Chunk, Delivery, Receipt
from incident_app.models.health import HealthState
from incident_app.models.linking import StaffNote
from incident_app.models.suppressions import CHECKING, SuppressionCheck
from incident_app.models.uploads import Upload
from incident_app.services import alerts, health, linking
from incident_app.services.alerts import raise_once
from incident_app.services.unit import writing
from tests.builders import a_case
from tests.fakes import START, FakeChannel, FakeClock
from tests.letters_kit import Desk, csv_of
from tests.machines import FakeMachine, all_live
from tests.people import People
from tests.post_kit import POSTAL

MINUTE = timedelta(minutes=1)
BAD = Check("scheduler", ok=False, words="wakes the workers; seen 2 min ago")
GOOD = Check("scheduler", ok=True, words="wakes the workers; seen 1 s ago")


def words_of(session: Session, clock: FakeClock) -> dict[str, str]:
    """Return what is not well, in words."""
    found = health.look(session, now=clock.now())
    return {check.name: check.words for check in found if not check.ok}


def health_alerts(session: Session) -> list[Alert]:
    session.expire_all()
    return list(session.scalars(select(Alert).where(Alert.kind == "health").order_by(Alert.id)))


def test_when_all_is_well_nothing_is_said(session: Session, clock: FakeClock) -> None:
    all_live(session, clock.now())

    assert words_of(session, clock) == {}
    assert health.look(session, now=clock.now(), machine=FakeMachine())[1].name == "disk of host1"


def test_what_lasts_two_minutes_raises_one_alert_which_ends_by_itself(session: Session, people: People, clock: FakeClock) -> None:
    # Given a part that is found not well, minute after minute
    raised = [health.keep(session, [BAD], now=clock.move(minutes=1)) for _ in range(6)]

    # Then one alert was raised, after two minutes, to whoever is there to be woken
    assert raised == [0, 0, 1, 0, 0, 0]
    (alert,) = health_alerts(session)
    assert alert.words == "scheduler not well since 10:41 CET: wakes the workers; seen 2 min ago"
    assert session.scalars(select(AlertSend.alert_id)).first() == alert.id

    # When it is well again
    assert health.keep(session, [GOOD], now=clock.move(minutes=1)) == 0

    # Then the alert is over, and nobody is woken further
    (alert,) = health_alerts(session)
    assert (alert.state, alert.note.split(". ")[-1]) == (AlertState.CANCELLED, "scheduler is well again since 10:47 CET.")
    assert "planned" not in session.scalars(select(AlertSend.state)).all()
    assert "alert.ended" in session.scalars(select(Entry.action)).all()

    # And the next time is another alert
    assert [health.keep(session, [BAD], now=clock.move(minutes=1)) for _ in range(3)] == [0, 0, 1]
    assert len(health_alerts(session)) == 2


def test_two_that_watch_raise_it_once(session: Session, people: People, clock: FakeClock) -> None:
    for _ in range(4):
        at = clock.move(minutes=1)
        health.keep(session, [BAD], now=at)
        health.keep(session, [BAD], now=at)

    assert len(health_alerts(session)) == 1


def test_workers_that_stand_still_because_nobody_wakes_them_are_one_alert(
    session: Session, people: People, clock: FakeClock
) -> None:
    all_live(session, clock.now())
    for _ in range(8):
        at = clock.move(minutes=1)
        alerts.beat(session, "watchdog", now=at)
        health.keep(session, health.look(session, now=at), now=at)

    assert [alert.words.split()[0] for alert in health_alerts(session)] == ["scheduler"]


def test_an_alert_whose_words_were_raised_before_is_not_raised_again(session: Session, people: People, clock: FakeClock) -> None:
    with writing(session):
        alerts.raise_about(session, kind="health", key=f"scheduler/{START.isoformat()}", words="x", now=START)

    for minutes in (0, 2, 2):
        health.keep(session, [BAD], now=clock.move(minutes=minutes))

    assert len(health_alerts(session)) == 1


def test_what_nobody_looks_at_any_more_is_forgotten(session: Session, people: People, clock: FakeClock) -> None:
    disk = Check("disk of old", ok=False, words="full")
    for _ in range(3):
        health.keep(session, [disk, GOOD], now=clock.move(minutes=1))
    assert len(health_alerts(session)) == 1

    health.keep(session, [GOOD], now=clock.move(minutes=30))
    assert session.get(HealthState, "disk of old") is not None
    health.keep(session, [GOOD], now=clock.move(minutes=31))

    assert session.scalars(select(HealthState.name)).all() == ["scheduler"]
    (alert,) = health_alerts(session)
    assert "Nobody has looked at disk of old any more" in alert.note


def test_since_when_stands_beside_each_check(session: Session, people: People, clock: FakeClock) -> None:
    health.keep(session, [BAD], now=clock.now())

    same, other, unknown = health.remembered(session, [BAD, GOOD, Check("disk", ok=True, words="")])

    assert (same.since, other.since, unknown.since) == (START, None, None)


def test_the_head_of_every_page_says_what_the_watchdog_found(session: Session, clock: FakeClock) -> None:
    all_live(session, clock.now())
    assert health.glance(session, now=clock.now()).words == "worker 0 s ago"

    health.keep(session, health.look(session, now=clock.now(), machine=FakeMachine(room=Disk(1, 100))), now=clock.now())

    assert health.glance(session, now=clock.now()).words == "disk of host1: 0.0 GB free of 0.0 (1%)"


def test_an_alert_message_that_waits_five_minutes_is_said(session: Session, people: People, clock: FakeClock) -> None:
    with writing(session):
        raise_once(session, kind="test", about="x", words="x", now=clock.now())
        assert raise_once(session, kind="test", about="x", words="x", now=clock.now()) is None
    all_live(session, clock.move(minutes=21))

    assert words_of(session, clock)["alert messages"].startswith("due, and nobody has got one for ")


def test_a_note_to_our_own_people_that_nobody_sends_is_said(session: Session, people: People, clock: FakeClock) -> None:
    linking.test(session, "email", by=people.oncall_person, now=clock.now())
    all_live(session, clock.move(minutes=5))
    assert words_of(session, clock) == {}

    all_live(session, clock.move(minutes=1))

    assert words_of(session, clock) == {"notes to staff": "due, and nobody sends them for 6 min"}


def test_a_long_notice_that_goes_on_is_not_late_but_one_nobody_sends_is(session: Session, people: People, clock: FakeClock) -> None:
    # Given a notice that was launched three minutes ago
    desk = Desk(session, people, clock)
    desk.launched(csv_of(30), canary=False)
    clock.move(minutes=3)
    all_live(session, clock.now())

    # When no worker holds anything of it, then it is said
    assert words_of(session, clock) == {"sending": "due, and no worker sends for 3 min"}

    # And not while one does
    session.execute(update(Chunk).where(Chunk.id == 1).values(state="claimed", lease_until=clock.now() + MINUTE))
    session.commit()
    assert words_of(session, clock) == {}


def test_a_message_that_waits_for_its_next_try_is_late_too(session: Session, people: People, clock: FakeClock) -> None:
    desk = Desk(session, people, clock)
    desk.answer("email", lambda message: Rejected("Busy.", permanent=False))
    desk.launched(b"email\nann@example.org\n")
    desk.send_all()
    assert session.scalars(select(Delivery.state)).all() == ["retry_wait"]
    clock.move(minutes=10)
    all_live(session, clock.now())

    assert list(words_of(session, clock)) == ["sending"]


def test_letters_that_wait_for_people_are_nothing_a_worker_is_late_with(session: Session, people: People, clock: FakeClock) -> None:
    # Given a notice of which only two letters are left, and they wait for the post
    desk = Desk(session, people, clock)
    notice = desk.launched(POSTAL, order=["email", "post"])
    desk.send_all()
    assert desk.progress(notice).waiting == 2
    clock.move(minutes=60)
    all_live(session, clock.now())

    # Then nobody is woken for them; and for an email that waits beside them, since it is due
    assert words_of(session, clock) == {}
    email = session.scalars(select(Delivery).where(Delivery.channel == "email")).one()
    email.state, email.next_attempt_at = "retry_wait", clock.now() - 4 * MINUTE
    session.commit()
    assert words_of(session, clock) == {"sending": "due, and no worker sends for 4 min"}


def test_receipts_nobody_applies_and_lists_nobody_reads_are_said(session: Session, people: People, clock: FakeClock) -> None:
    # Given a receipt and a list that wait
    case = a_case(session, people.responder)
    session.add(Receipt(provider="sendgrid", event_key="e1", delivery_public_id="x", kind="delivered", at=clock.now(),
                        came_at=clock.now(), due_at=clock.now()))
    session.add(Upload(public_id="u1", case_id=case.id, name="people.csv", state="queued", at=clock.now(),
                       changed_at=clock.now()))
    session.commit()
    clock.move(minutes=11)
    all_live(session, clock.now())

    # Then both are said
    assert words_of(session, clock) == {
        "receipts": "came, and are not applied for 11 min", "lists": "uploaded, and nobody reads them for 11 min"}

    # And the list is not, while another one is read
    session.add(Upload(public_id="u2", case_id=case.id, name="other.csv", state="reading", at=clock.now(),
                       changed_at=clock.now(), lease_until=clock.now() + MINUTE))
    session.commit()
    assert list(words_of(session, clock)) == ["receipts"]


def test_a_worker_that_compares_a_list_is_busy(session: Session, people: People, clock: FakeClock) -> None:
    desk = Desk(session, people, clock)
    one = desk.listed(desk.case())
    session.add(SuppressionCheck(list_id=one.id, state=CHECKING, due_at=clock.now(), attempts=1, generation=0,
                                 lease_until=clock.now() + 20 * MINUTE, counts={}))
    session.commit()
    all_live(session, clock.now())
    clock.move(minutes=10)
    all_live(session, clock.now(), "worker documents")

    assert words_of(session, clock) == {}


# ------------------------------------------------------------------------------------------------------------ the ways


def test_a_try_of_a_way_goes_to_oneself_alone_and_is_kept(session: Session, people: People, clock: FakeClock) -> None:
    email = FakeChannel("email")

    tried = health.try_way(session, "email", {"email": email}, public_url="https://incident.test", by=people.oncall_person,
                           now=clock.now())

    assert (tried.ok, tried.words) == (True, "Email took the message. Look whether it arrives.")
    assert [message.address for message in email.sent] == ["oncall_person@example.org"]
    assert "health.tried" in session.scalars(select(Entry.action)).all()
    telegram, way = health.ways(session, {"email": email})
    assert (telegram.set_up, way.set_up, way.accepted_at, way.failed_at) == (False, True, START, None)


def test_a_try_that_is_refused_says_why(session: Session, people: People, clock: FakeClock) -> None:
    email = FakeChannel("email")
    email.answer = lambda message: Rejected("The mailbox is full.", permanent=True)

    tried = health.try_way(session, "email", {"email": email}, public_url="", by=people.oncall_person, now=clock.now())

    assert (tried.ok, tried.words) == (False, "Email did not take the message: The mailbox is full.")
    assert health.ways(session, {"email": email})[1].failed_at == START


def test_the_later_of_a_try_and_an_alert_counts(session: Session, people: People, clock: FakeClock) -> None:
    email = FakeChannel("email")
    made = alerts.send_demo(session, by=people.oncall_person, now=clock.now())
    alerts.send_due(session, {"email": email}, clock=clock, public_url="", secret=b"a" * 32)
    assert made.id
    health.try_way(session, "email", {"email": email}, public_url="", by=people.oncall_person, now=clock.move(minutes=5))

    assert health.ways(session, {"email": email})[1].accepted_at == clock.now()


@pytest.mark.parametrize(("way", "kind"), [("telegram", Refused), ("email", Conflict)])
def test_a_way_that_is_not_there_is_refused_in_words(
    session: Session, people: People, clock: FakeClock, way: str, kind: type[Refused]
) -> None:
    channels = {"telegram": FakeChannel("telegram")}
    with pytest.raises(kind):
        health.try_way(session, way, channels, public_url="", by=people.oncall_person, now=clock.now())


def test_who_sets_the_ways_up_tries_email_and_is_told_who_tries_telegram(
    session: Session, people: People, clock: FakeClock,
) -> None:
    channels = {"email": FakeChannel("email"), "telegram": FakeChannel("telegram")}

    assert health.try_way(session, "email", channels, public_url="", by=people.admin, now=clock.now()).ok
    with pytest.raises(Refused, match="let somebody who is on call press Test"):
        health.try_way(session, "telegram", channels, public_url="", by=people.admin, now=clock.now())


def test_a_note_to_staff_shows_that_a_way_works_as_well_as_an_alert(
    session: Session, people: People, clock: FakeClock,
) -> None:
    # Given an email to an auditor that was taken, and a later one that was not
    for name, state, accepted_at in (("a", "accepted", clock.now()), ("b", "failed", None)):
        session.add(StaffNote(public_id=name, user_id=people.auditor.id, kind="anchor", channel="email", address="x", subject="x",
                              text="x", state=state, due_at=clock.now() + MINUTE, made_at=clock.now(), accepted_at=accepted_at))
    session.commit()

    telegram, email = health.ways(session, {})
    assert (telegram.accepted_at, telegram.failed_at) == (None, None)
    assert (email.accepted_at, email.failed_at) == (START, START + MINUTE)


def test_who_answers_no_alert_tries_none(session: Session, auditor: Actor, clock: FakeClock) -> None:
    sent: list[Message] = []
    with pytest.raises(Forbidden):
        health.try_way(session, "email", {}, public_url="", by=auditor, now=clock.now())
    assert sent == []
