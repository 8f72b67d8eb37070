"""Notes and tests to our own people: once planned, each is sent at least once, or says why not."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.linking import MOST_TRIES
from incident_app.domain.ports import Channel, Outcome, Rejected, Sent, Uncertain
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.linking import StaffNote
from incident_app.services import alerts, linking, mail_links
from tests.fakes import START, FakeChannel, FakeClock
from tests.people import People

SECRET = b"s" * 32
BASE = "https://incident.test"


def _note(session: Session) -> StaffNote:
    session.expire_all()
    return session.scalars(select(StaffNote).order_by(StaffNote.id.desc())).one()


def _channels(outcome: Outcome | None = None) -> tuple[FakeChannel, dict[str, Channel]]:
    email = FakeChannel("email")
    if outcome is not None:
        email.answer = lambda _message: outcome
    return email, {"email": email}


def test_a_test_arrives_and_its_success_is_shown(session: Session, oncall_person: Actor, clock: FakeClock) -> None:
    email, channels = _channels()
    note = linking.test(session, "email", by=oncall_person, now=START)
    assert linking.test(session, "email", by=oncall_person, now=START).id == note.id  # one under way is enough
    assert linking.ways(session, by=oncall_person)[1].under_test

    assert linking.send_notes(session, channels, clock=clock) == 1
    assert linking.send_notes(session, channels, clock=clock) == 0

    assert [(message.address, message.subject) for message in email.sent] == [
        ("oncall_person@example.org", "Test: alerts reach you here")]
    way = linking.ways(session, by=oncall_person)[1]
    assert (way.under_test, way.last_accepted_at) == (False, START)
    assert linking.test(session, "email", by=oncall_person, now=START).id != note.id


@pytest.mark.parametrize(("channel", "words"), [("telegram", "Link Telegram first"), ("pigeon", "no such channel")])
def test_a_channel_one_has_not_got_cannot_be_tested(
    session: Session, oncall_person: Actor, channel: str, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        linking.test(session, channel, by=oncall_person, now=START)


def test_without_a_sender_the_note_says_so(session: Session, oncall_person: Actor, clock: FakeClock) -> None:
    linking.test(session, "email", by=oncall_person, now=START)
    assert linking.send_notes(session, {}, clock=clock) == 0
    assert (_note(session).state, _note(session).reason) == ("failed", "No email sender is set up.")


def test_a_final_refusal_is_kept_in_its_words(session: Session, oncall_person: Actor, clock: FakeClock) -> None:
    linking.test(session, "email", by=oncall_person, now=START)
    linking.send_notes(session, _channels(Rejected("No such mailbox.", permanent=True))[1], clock=clock)
    assert (_note(session).state, _note(session).reason) == ("failed", "No such mailbox.")


@pytest.mark.parametrize("outcome", [Rejected("Busy.", permanent=False), Uncertain("No answer.")])
def test_what_may_not_have_arrived_is_tried_again_and_not_for_ever(
    session: Session, oncall_person: Actor, clock: FakeClock, outcome: Outcome
) -> None:
    linking.test(session, "email", by=oncall_person, now=START)
    channels = _channels(outcome)[1]
    tried = 0
    while _note(session).state == "planned":
        tried += linking.send_notes(session, channels, clock=clock)
        clock.move(minutes=10)

    assert (tried, _note(session).state) == (MOST_TRIES, "failed")


def test_a_note_whose_sender_died_is_sent_by_another(session: Session, oncall_person: Actor, clock: FakeClock) -> None:
    # Given a note that was being sent when its worker died
    email, channels = _channels()
    note = linking.test(session, "email", by=oncall_person, now=START)
    session.execute(update(StaffNote).where(StaffNote.id == note.id).values(
        state="sending", claim="dead", lease_until=START + timedelta(minutes=1), tries=1))
    session.commit()

    # When its lease is over, another sends it
    assert linking.send_notes(session, channels, clock=clock) == 0
    clock.move(minutes=1)
    assert linking.send_notes(session, channels, clock=clock) == 1
    assert len(email.sent) == 1


def test_where_one_does_not_get_through_the_others_of_its_channel_wait_for_the_next_call(
    session: Session, people: People, clock: FakeClock
) -> None:
    for person in (people.oncall_person, people.responder):
        linking.test(session, "email", by=person, now=START)

    assert linking.send_notes(session, _channels(Uncertain("It hung."))[1], clock=clock) == 1
    email, channels = _channels()
    assert linking.send_notes(session, channels, clock=clock) == 1
    assert [message.address for message in email.sent] == ["responder@example.org"]


def test_a_refusal_of_one_holds_up_no_other(session: Session, people: People, clock: FakeClock) -> None:
    for person in (people.oncall_person, people.responder):
        linking.test(session, "email", by=person, now=START)
    assert linking.send_notes(session, _channels(Rejected("No such mailbox.", permanent=True))[1], clock=clock) == 2


def test_an_answer_that_comes_too_late_changes_nothing(session: Session, oncall_person: Actor, clock: FakeClock) -> None:
    note = linking.test(session, "email", by=oncall_person, now=START)
    email, channels = _channels()

    def slow(_message: object) -> Outcome:
        session.execute(update(StaffNote).where(StaffNote.id == note.id).values(claim="another"))
        session.commit()
        return Sent("1")

    email.answer = slow
    linking.send_notes(session, channels, clock=clock)

    assert (_note(session).state, _note(session).claim) == ("sending", "another")


# ------------------------------------------------------------------------------------------------- the link of an email


def _token(alert_id: int, person_id: int) -> str:
    url = mail_links.link_for(alert_id, person_id, public_url=BASE + "/", secret=SECRET, now=START)
    assert url.startswith(f"{BASE}/a/")
    return url.removeprefix(f"{BASE}/a/")


def test_the_link_of_an_email_shows_what_the_email_said(session: Session, people: People) -> None:
    alert = alerts.send_demo(session, by=people.oncall_person, now=START)

    page = alerts.by_mail(session, _token(alert.id, people.oncall_person.id), secret=SECRET, now=START)

    assert (page.alert_id, page.name) == (alert.id, "Ola Oncall")
    assert page.head == "incident-app · demo alert, nothing is due"
    assert page.status == "Not acknowledged: paging goes on."
    alerts.acknowledge(session, alert.id, by=people.oncall_person, now=START)
    later = alerts.by_mail(session, _token(alert.id, people.oncall_person.id), secret=SECRET, now=START)
    assert later.status.startswith("Acknowledged by Ola Oncall")


def test_a_link_works_for_a_week_and_not_when_it_was_changed(session: Session, people: People) -> None:
    alert = alerts.send_demo(session, by=people.oncall_person, now=START)
    token = _token(alert.id, people.oncall_person.id)

    with pytest.raises(Refused, match="expired"):
        alerts.by_mail(session, token, secret=SECRET, now=START + mail_links.LIVES)
    for other, secret in ((token[:-1], SECRET), ("guessed", SECRET), (token, b"o" * 32)):
        with pytest.raises(NotFound, match="not one of ours"):
            alerts.by_mail(session, other, secret=secret, now=START)


def test_a_link_shows_nothing_for_who_may_not_see_it_any_more(session: Session, people: People) -> None:
    alert = alerts.send_demo(session, by=people.oncall_person, now=START)
    tokens = [_token(alert.id, people.reporter.id), _token(alert.id, 4711), _token(4711, people.oncall_person.id),
              _token(alert.id, people.oncall_person.id)]
    session.get_one(User, people.oncall_person.id).active = False
    session.commit()
    tokens.append(_token(4711, people.responder.id))
    for token in tokens:
        with pytest.raises(Refused, match="does not work any more"):
            alerts.by_mail(session, token, secret=SECRET, now=START)
