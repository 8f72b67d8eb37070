"""When people hear from us again: a person sets the day, every text names it, and nobody forgets it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, Refused, Stale
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.services import deliveries, notices, recipients
from tests.fakes import START, FakeClock
from tests.letters_kit import Desk
from tests.people import People

TODAY = START.date()
DAY = date(2026, 12, 1)
TWO = b"email,language,country\na@example.org,en,DE\nb@example.org,de,DE\nc@example.org,en,US\n"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def promise(desk: Desk, notice: Notice, day: date | None = DAY) -> Notice:
    """Set the day as the responder."""
    return notices.set_again(desk.session, notice.id, day, version=notice.version, by=desk.people.responder, now=desk.now)


def sent(desk: Desk, case: Case, content: bytes = b"email,language\na@example.org,en\n", day: date | None = DAY) -> Notice:
    """Draft, promise, approve and launch a notice of a case."""
    people = desk.listed(case, content)
    notice = notices.draft(desk.session, case.id, people.id, by=desk.people.responder, now=desk.now)
    notice = promise(desk, notice, day)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    return deliveries.launch(desk.session, notice.id, typed_count=1, by=desk.people.responder, now=desk.now)


def reminders(desk: Desk) -> list[Alert]:
    """Return the reminders there are, the oldest first."""
    return list(desk.session.scalars(select(Alert).where(Alert.kind == "promise").order_by(Alert.id)))


def told(desk: Desk, alert: Alert) -> set[int]:
    """Return whom a reminder goes to."""
    return set(desk.session.scalars(select(AlertSend.person_id).where(AlertSend.alert_id == alert.id)))


def test_the_day_stands_in_the_text_of_every_language_and_country(desk: Desk) -> None:
    # Given a notice in two languages and for one country, that says nothing of a day
    notice = desk.drafted(TWO)
    assert set(notice.texts) == {"en", "de", "en-US"}
    approved = notice.version

    # When a person sets it
    notice = promise(desk, notice)

    # Then each names it in its own words, all are kept as versions, and the record knows
    assert "We will write to you again by 1 December 2026 at the latest." in notice.texts["en"]["body"]
    assert "We will write to you again by 1 December 2026 at the latest." in notice.texts["en-US"]["body"]
    assert "1. Dezember 2026" in notice.texts["de"]["body"]
    assert notice.version == approved + 1
    assert [one.number for one in notices.versions(desk.session, notice.id, "de", by=desk.people.responder)] == [2, 1]
    entry = desk.session.scalars(select(Entry).where(Entry.action == "notice.edited")).one()
    assert entry.details["what"] == "The day of the next message was changed."
    # And no language is called left behind by it, nor the day a wrong one
    assert not {"outdated", "promise_missing", "other_day"} & {
        name for check in notices.check(desk.session, notice.id).values() for name in check.named}


def test_another_day_replaces_the_first_and_none_takes_it_out(desk: Desk) -> None:
    notice = promise(desk, desk.drafted(TWO))

    notice = promise(desk, notice, DAY + timedelta(days=1))
    assert "2 December 2026" in notice.texts["en"]["body"]
    assert "1 December 2026" not in notice.texts["en"]["body"]

    notice = promise(desk, notice, None)
    assert "December" not in notice.texts["en"]["body"]
    assert "We will write to you again when we know more." in notice.texts["en"]["body"]
    assert notices.set_again(desk.session, notice.id, None, version=notice.version, by=desk.people.responder,
                             now=desk.now).version == notice.version  # nothing to change


def test_translations_that_were_left_behind_stay_so(desk: Desk) -> None:
    # Given a main text that was changed after the German one was last looked at
    notice = desk.drafted(TWO)
    notice = notices.edit(desk.session, notice.id, language="en", subject="News", body=notice.texts["en"]["body"] + "\nMore help.",
                          version=notice.version, by=desk.people.responder, now=desk.now)
    assert "outdated" in notices.check(desk.session, notice.id)["de"].named

    # When the day is set in all of them
    notice = promise(desk, notice)

    # Then it is still said to be behind
    assert "outdated" in notices.check(desk.session, notice.id)["de"].named


def test_a_translation_brought_up_to_date_stays_up_to_date(desk: Desk) -> None:
    notice = desk.drafted(TWO)
    for language, words in (("en", "More help."), ("de", "Mehr Hilfe.")):
        notice = notices.edit(desk.session, notice.id, language=language, subject="News", version=notice.version,
                              body=f"{notice.texts[language]['body']}\n{words}", by=desk.people.responder, now=desk.now)

    notice = promise(desk, notice)

    assert "outdated" not in notices.check(desk.session, notice.id)["de"].named


def test_a_text_that_does_not_name_the_day_is_held(desk: Desk) -> None:
    notice = promise(desk, desk.drafted(TWO))
    body = notice.texts["en"]["body"].replace("1 December 2026", "soon")

    notice = notices.edit(desk.session, notice.id, language="en", subject=notice.texts["en"]["subject"], body=body,
                          version=notice.version, by=desk.people.responder, now=desk.now)

    check = notices.check(desk.session, notice.id)["en"]
    assert "promise_missing" in check.named
    assert not check.ready
    assert "We write again by 1.12.2026, as was set: this text does not name the day." in check.problems


def test_a_language_that_comes_with_another_list_names_it_too(desk: Desk) -> None:
    notice = promise(desk, desk.drafted(b"email,language\na@example.org,en\n"))
    case = desk.session.get_one(Case, notice.case_id)
    other = recipients.import_list(desk.session, case.id, "more.csv", TWO + b"d@example.org,fr,FR\n", by=desk.people.responder,
                                   now=desk.now, vault=desk.vault)

    notice = notices.set_list(desk.session, notice.id, other.id, version=notice.version, by=desk.people.responder, now=desk.now)

    assert "1er décembre 2026" in notice.texts["fr"]["body"] or "1 décembre 2026" in notice.texts["fr"]["body"]
    assert "promise_missing" not in notices.check(desk.session, notice.id)["fr"].named


def test_a_text_that_names_the_day_by_hand_already_is_left_alone(desk: Desk) -> None:
    notice = desk.drafted(b"email,language\na@example.org,en\n")
    body = notice.texts["en"]["body"].replace("again when we know more", "again by 1 December 2026 at the latest")
    notice = notices.edit(desk.session, notice.id, language="en", subject=notice.texts["en"]["subject"], body=body,
                          version=notice.version, by=desk.people.responder, now=desk.now)

    notice = promise(desk, notice)

    assert notice.texts["en"]["body"] == body
    assert notice.again_by == DAY


def test_the_day_takes_an_approval_back(desk: Desk) -> None:
    notice = desk.approved(b"email,language\na@example.org,en\n")

    notice = promise(desk, notice)

    assert notice.state == "draft"
    assert notice.approval_id is None
    assert "took back the approval" in notice.state_reason


@pytest.mark.parametrize(("day", "why"), [
    (TODAY, "after today"), (TODAY - timedelta(days=1), "after today"), (TODAY + timedelta(days=366), "At most 365 days"),
])
def test_a_day_nobody_could_keep_is_refused(desk: Desk, day: date, why: str) -> None:
    notice = desk.drafted(TWO)

    with pytest.raises(Refused) as refused:
        promise(desk, notice, day)

    assert why in refused.value.problems["again_by"]


def test_who_may_not_write_sets_no_day_and_a_launched_notice_keeps_its_own(desk: Desk) -> None:
    notice = desk.drafted(b"email,language\na@example.org,en\n")
    with pytest.raises(Forbidden):
        notices.set_again(desk.session, notice.id, DAY, version=notice.version, by=desk.people.auditor, now=desk.now)
    with pytest.raises(Stale):
        notices.set_again(desk.session, notice.id, DAY, version=notice.version - 1, by=desk.people.responder, now=desk.now)

    launched = sent(desk, desk.case(title="Another"))
    with pytest.raises(Conflict):
        promise(desk, launched, DAY + timedelta(days=1))


def test_whoever_owns_the_case_is_reminded_two_days_before_and_the_on_call_on_the_day(desk: Desk) -> None:
    # Given a sent notice that promised news by the 1st of December, in a case somebody owns
    case = desk.case()
    assert case.owner_id == desk.people.responder.id
    sent(desk, case)

    # When days pass, nothing happens before the 29th
    desk.clock.move(days=5)
    assert notices.remind(desk.session, now=desk.now) == 0

    # Then the owner alone is told, once
    desk.clock.move(days=1)
    assert notices.remind(desk.session, now=desk.now) == 1
    assert notices.remind(desk.session, now=desk.now) == 0
    [first] = reminders(desk)
    assert told(desk, first) == {desk.people.responder.id}
    assert first.words == "people were promised another message by 1 December 2026, and none went out since notice 1"

    # And on the day itself everybody who is woken by the ladder
    desk.clock.move(days=2)
    assert notices.remind(desk.session, now=desk.now) == 1
    _, last = reminders(desk)
    assert last.only_for_id is None
    assert told(desk, last) - {desk.people.responder.id}


@pytest.mark.parametrize("owner", ["nobody", "left", "may not"])
def test_where_no_owner_can_answer_the_on_call_are_reminded(desk: Desk, owner: str) -> None:
    case = desk.case()
    sent(desk, case)
    case.owner_id = {"nobody": None, "left": desk.people.responder.id, "may not": desk.people.auditor.id}[owner]
    desk.session.get_one(User, desk.people.responder.id).active = owner != "left"
    desk.session.commit()
    desk.clock.move(days=6)

    assert notices.remind(desk.session, now=desk.now) == 1

    [alert] = reminders(desk)
    assert alert.only_for_id is None


def test_a_promise_that_was_kept_reminds_nobody_and_ends_its_reminder(desk: Desk) -> None:
    # Given a reminder
    case = desk.case()
    assert case.owner_id == desk.people.responder.id
    sent(desk, case)
    desk.clock.move(days=6)
    notices.remind(desk.session, now=desk.now)

    # When the next message goes out
    sent(desk, case, b"email,language\na@example.org,en\n", day=None)

    # Then it ends, and no other comes
    desk.clock.move(days=2)
    assert notices.remind(desk.session, now=desk.now) == 0
    [alert] = reminders(desk)
    assert alert.ended_at is not None
    assert alert.note.endswith("People were written to again.")


def test_who_got_a_notice_whose_rest_was_stopped_is_still_promised_to_hear_again(desk: Desk) -> None:
    stopped = sent(desk, desk.case())
    deliveries.cancel(desk.session, stopped.id, reason="The rest gets letters.", by=desk.people.responder, now=desk.now)
    desk.clock.move(days=8)

    assert notices.remind(desk.session, now=desk.now) == 1


def test_a_closed_case_and_a_withdrawn_text_remind_nobody(desk: Desk) -> None:
    case, other = desk.case(), desk.case(title="Another")
    stopped = sent(desk, case)
    sent(desk, other)
    deliveries.cancel(desk.session, stopped.id, reason="Sent by mistake, we write anew.", text_wrong=True, by=desk.people.responder, now=desk.now)
    other.state = "closed"
    desk.session.commit()
    desk.clock.move(days=8)

    assert notices.remind(desk.session, now=desk.now) == 0
    assert reminders(desk) == []
