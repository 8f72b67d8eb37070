"""A restored database sends nothing by itself."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.audit import Entry
from incident_app.models.notices import Notice
from incident_app.services import deliveries
from incident_app.services.deliveries import restoring
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def test_what_was_being_sent_waits_for_a_person(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))

    assert restoring.hold(desk.session, now=desk.now) == [notice.id]

    desk.send_all()
    assert desk.messages == []
    found = desk.session.get(Notice, notice.id)
    assert found is not None
    assert (found.state, found.state_reason) == ("paused", restoring.REASON)

    deliveries.resume(desk.session, notice.id, "Nothing had gone out", by=desk.people.approver, now=desk.now)
    desk.send_all()
    assert len(desk.messages) == 3


def test_the_restore_itself_is_recorded(desk: Desk) -> None:
    assert restoring.hold(desk.session, now=desk.now) == []
    assert "database.restored" in set(desk.session.scalars(select(Entry.action)))
