"""The tour of the demo: where it goes, and what the record shows to be done."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.organisation import Organisation
from incident_app.services import alerts, deliveries, tour
from incident_app.services.unit import writing
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import ANYBODY, People


def the_demo(session: Session) -> None:
    with writing(session):
        session.scalars(select(Organisation)).one().is_demo = True


def test_there_is_no_tour_outside_the_demo_nor_without_a_prepared_notice(
    session: Session, people: People, clock: FakeClock
) -> None:
    assert tour.find(session, by=people.responder) is None
    the_demo(session)
    assert tour.find(session, by=people.responder) is None


def test_the_tour_goes_to_the_case_with_the_prepared_notice(session: Session, people: People, clock: FakeClock) -> None:
    the_demo(session)
    notice = Desk(session, people, clock).drafted()

    found = tour.find(session, by=people.responder)

    assert found is not None
    assert (found.ref, found.notice, found.people) == ("BR-2026-001", notice.number, 12)
    assert (found.level, found.sent, found.acknowledged) == ("", False, False)
    assert found.due_at is not None


def test_what_was_done_is_read_from_the_record(session: Session, people: People, clock: FakeClock) -> None:
    the_demo(session)
    desk = Desk(session, people, clock)
    desk.launched()
    alert = alerts.send_demo(session, by=people.responder, now=clock.now())
    alerts.acknowledge(session, alert.id, by=people.responder, now=clock.now())

    found = tour.find(session, by=people.responder)

    assert found is not None
    assert (found.sent, found.acknowledged) == (True, True)
    other = tour.find(session, by=people.approver)
    assert other is not None
    assert not other.acknowledged


def test_sends_that_are_not_over_are_under_way(session: Session, people: People, clock: FakeClock) -> None:
    desk = Desk(session, people, clock)
    notice = desk.launched()

    [(ref, shown, progress)] = deliveries.under_way(session, by=ANYBODY, now=clock.now())

    assert (ref, shown.id, progress.waiting) == ("BR-2026-001", notice.id, 12)
    desk.send_all()
    assert deliveries.under_way(session, by=ANYBODY, now=clock.now()) == []
