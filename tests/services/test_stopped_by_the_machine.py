"""What the machine stops by itself wakes somebody, in the same transaction, once, without a word about anybody."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from incident_app.domain.ports import Rejected
from incident_app.domain.refusals import Conflict
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.models.uploads import Upload
from incident_app.services import deliveries, obligations, recipients
from incident_app.services.deliveries import restoring, working
from incident_app.services.deliveries.recording import Recorded
from incident_app.services.recipients.importing import NoSheets
from tests.builders import a_case, the_law
from tests.fakes import START, FakeCalendar, FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

LATER = START + timedelta(hours=1)


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def woken(session: Session, kind: str) -> Sequence[Alert]:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Alert).where(Alert.kind == kind).order_by(Alert.id)).all()


def refuse_everybody(desk: Desk) -> None:
    desk.answer("email", lambda message: Rejected(f"No such mailbox: {message.address}", permanent=True))
    desk.answer("telegram", lambda message: Rejected("Chat not found", permanent=True))


def test_a_canary_that_stops_a_notice_wakes_somebody_once_and_names_nobody(desk: Desk) -> None:
    # Given a notice nobody can be reached with
    refuse_everybody(desk)
    notice = desk.launched(csv_of(40))

    # When its first tries all fail
    desk.send_all()

    # Then it is paused, and one alert says so
    assert desk.session.get_one(Notice, notice.id, populate_existing=True).state == "paused"
    (alert,) = woken(desk.session, "notice_stopped")
    assert alert.case_id == notice.case_id
    assert alert.words == "notice 1 sending went wrong and was paused; the reason stands on its page"
    assert "@" not in alert.words + alert.note

    # And when somebody lets it go on, the alert is over, and the next stop is another one
    deliveries.resume(desk.session, notice.id, "Looked at.", by=desk.people.responder, now=desk.clock.move(minutes=1))
    assert woken(desk.session, "notice_stopped")[0].state == "cancelled"
    desk.send_all()
    assert [alert.state for alert in woken(desk.session, "notice_stopped")] == ["cancelled", "raised"]
    deliveries.cancel(desk.session, notice.id, "Enough.", by=desk.people.responder, now=desk.clock.move(minutes=1))
    assert "Rene Responder stopped it for good." in woken(desk.session, "notice_stopped")[1].note


def test_a_pause_by_a_person_wakes_nobody(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))

    deliveries.pause(desk.session, notice.id, "Wait.", by=desk.people.responder, now=desk.now)

    assert woken(desk.session, "notice_stopped") == []


def test_a_channel_that_is_not_set_up_wakes_somebody(desk: Desk) -> None:
    desk.launched(b"email\nann@example.org\n")

    deliveries.send_due(desk.session, clock=desk.clock, channels={"telegram": desk.telegram}, limiter=desk.limiter,
                        vault=desk.vault, letters=desk.letters, worker="w1", only="telegram")

    assert len(woken(desk.session, "notice_stopped")) == 1


def test_a_part_of_the_list_that_was_changed_holds_the_notice_and_wakes_somebody(desk: Desk) -> None:
    notice = desk.launched(csv_of(30), canary=False)
    desk.session.execute(update(Recipient).where(Recipient.number == 1).values(blind=b"somebody else"))
    desk.session.commit()

    desk.send_all()

    assert desk.session.get_one(Notice, notice.id, populate_existing=True).state == "held"
    (alert,) = woken(desk.session, "notice_stopped")
    assert alert.words == "notice 1 held: what would be sent is no longer what was approved"


def test_a_notice_held_at_its_launch_wakes_somebody_although_the_launch_is_refused(desk: Desk) -> None:
    notice = desk.approved(csv_of(3))
    desk.session.get_one(Notice, notice.id).texts = {"en": {"subject": "Hi", "body": "Other"}}
    desk.session.commit()

    with pytest.raises(Conflict):
        deliveries.launch(desk.session, notice.id, typed_count=3, by=desk.people.responder, now=desk.now)

    assert len(woken(desk.session, "notice_stopped")) == 1


def test_a_restore_that_pauses_a_notice_wakes_somebody(desk: Desk) -> None:
    desk.launched(csv_of(3))

    restoring.hold(desk.session, now=desk.now)

    assert len(woken(desk.session, "notice_stopped")) == 1


# --------------------------------------------------------------------------------------------------------------- lists


def queued(desk: Desk, content: bytes) -> Upload:
    """Put a file up to be read by a worker."""
    case = desk.case()
    upload = recipients.receive(desk.session, case.id, "people.csv", [content], by=desk.people.responder, now=desk.now,
                                vault=desk.vault)
    desk.session.execute(update(Upload).where(Upload.id == upload.id).values(state="queued", encoding="utf-8"))
    desk.session.commit()
    return upload


def test_a_list_a_worker_could_not_read_wakes_somebody(desk: Desk) -> None:
    queued(desk, b"name\nAnn\n")

    done = recipients.read_claimed(desk.session, clock=desk.clock, vault=desk.vault, sheets=NoSheets())

    assert done is not None
    assert done.state == "failed"
    (alert,) = woken(desk.session, "list_failed")
    assert (alert.case_id, alert.words) == (done.case_id, "a list of people could not be read in: look at the upload")


def test_a_list_whose_reading_was_cut_short_three_times_wakes_somebody(desk: Desk) -> None:
    upload = queued(desk, b"email\nann@example.org\n")
    desk.session.execute(update(Upload).where(Upload.id == upload.id).values(attempts=3))
    desk.session.commit()

    done = recipients.read_claimed(desk.session, clock=desk.clock, vault=desk.vault, sheets=NoSheets())

    assert done is not None
    assert done.state == "failed"
    assert len(woken(desk.session, "list_failed")) == 1


def test_a_file_refused_while_somebody_waits_wakes_nobody(desk: Desk) -> None:
    upload = queued(desk, b"name\nAnn\n")

    recipients.read_claimed(desk.session, upload.id, clock=desk.clock, vault=desk.vault, sheets=NoSheets())

    assert woken(desk.session, "list_failed") == []


# -------------------------------------------------------------------------------------------------------------- duties


def test_a_case_that_cannot_follow_the_law_wakes_somebody_once_and_those_behind_it_are_done(
    session: Session, people: People
) -> None:
    # Given three cases under another law, the first of which throws
    cases = [a_case(session, people.responder) for _ in range(3)]
    session.execute(update(Case).values(law_version="old"))
    session.execute(update(Case).where(Case.id == cases[0].id).values(zone="Mars/Olympus"))
    session.commit()

    # When they are to follow, twice
    found = [obligations.follow_law(session, law=the_law(), calendar=FakeCalendar(), now=LATER) for _ in range(2)]

    # Then the others do, and one alert is about the first
    assert [(one.done, one.failed) for one in found] == [(2, 1), (0, 1)]
    assert found[0].reason == "ZoneInfoNotFoundError"
    (alert,) = woken(session, "duties_failed")
    assert (alert.case_id, alert.state) == (cases[0].id, "raised")
    assert "could not be brought in line with the law (ZoneInfoNotFoundError)" in alert.words

    # And when it can again, the alert is over
    session.execute(update(Case).values(zone="Europe/Berlin"))
    session.commit()
    assert obligations.follow_law(session, law=the_law(), calendar=FakeCalendar(), now=LATER).done == 1
    (alert,) = woken(session, "duties_failed")
    assert alert.note.endswith("Its duties follow the law again.")


@pytest.mark.counted
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_case_somebody_works_on_is_asked_again_and_wakes_nobody(engine: Engine, session: Session, people: People) -> None:
    made = a_case(session, people.responder)
    session.execute(update(Case).values(law_version="old"))
    session.commit()
    with engine.begin() as other:
        other.execute(select(Case.id).where(Case.id == made.id).with_for_update())
        session.execute(text("SET lock_timeout = '100ms'"))  # as the app has it, and shorter
        session.commit()
        found = obligations.follow_law(session, law=the_law(), calendar=FakeCalendar(), now=LATER)

    assert (found.done, found.failed, found.reason) == (0, 1, "OperationalError")
    assert woken(session, "duties_failed") == []
    assert obligations.follow_law(session, law=the_law(), calendar=FakeCalendar(), now=LATER).done == 1


def test_many_that_throw_do_not_use_up_the_turn_of_the_others(session: Session, people: People) -> None:
    cases = [a_case(session, people.responder) for _ in range(4)]
    session.execute(update(Case).values(law_version="old"))
    session.execute(update(Case).where(Case.id.in_([one.id for one in cases[:2]])).values(zone="Mars/Olympus"))
    session.commit()

    found = obligations.follow_law(session, law=the_law(), calendar=FakeCalendar(), now=LATER, limit=1)

    assert (found.done, found.failed) == (1, 2)


# ------------------------------------------------------------------------------------------------- an answer that is kept


def test_an_answer_is_not_kept_for_ever(desk: Desk) -> None:
    # Given a database that never comes back
    desk.launched(b"email\nann@example.org\n")
    world = working.World(desk.clock, {}, desk.limiter, desk.vault, desk.letters, "w1", sleep=desk.sleep)

    def away() -> Recorded:
        desk.session.execute(text("SELECT 1"))
        raise OperationalError("select", None, ConnectionError("away"))

    # When it has been asked for two leases, then the worker gives up: a sweep has long said what became of it
    with pytest.raises(OperationalError):
        working._kept(world, away)
    assert sum(desk.slept) == 2 * 150
