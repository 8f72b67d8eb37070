"""When contacts are erased: only where there are any left."""

import pytest
from sqlalchemy.orm import Session

from incident_app.services import recipients
from incident_app.services.unit import writing
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def test_a_case_that_never_had_a_list_has_no_day_of_erasing(desk: Desk) -> None:
    assert recipients.due_at(desk.session, desk.case()) is None


def test_the_day_of_erasing_is_gone_once_the_contacts_are_erased(desk: Desk) -> None:
    # Given a case with a list, which is to be erased one day
    case = desk.case()
    desk.listed(case)
    assert recipients.due_at(desk.session, case) is not None

    # When its contacts are erased
    with writing(desk.session):
        recipients.erase(desk.session, case, by=desk.people.approver, now=desk.now, vault=desk.vault)

    # Then no further erasing is due, and none is done however late it gets
    assert recipients.due_at(desk.session, case) is None
    desk.clock.move(days=10_000)
    assert recipients.erase_due(desk.session, now=desk.now, vault=desk.vault) == 0
