"""Before a notice goes out, whoever sends it learns whom another one reached."""

import pytest
from sqlalchemy.orm import Session

from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.services import deliveries, notices
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def drafted(desk: Desk, case_id: int, list_id: int) -> Notice:
    return notices.draft(desk.session, case_id, list_id, by=desk.people.responder, now=desk.now)


def test_a_second_notice_to_the_same_list_and_one_to_another_list_of_the_case_say_so(desk: Desk) -> None:
    # Given a list of five that got a notice, and another list of the same case
    first = desk.launched(csv_of(5))
    assert notices.told_before(desk.session, first) == ()
    case = desk.session.get_one(Case, first.case_id)
    second = drafted(desk, case.id, first.list_id)
    assert notices.told_before(desk.session, second) == (), "nobody got it yet"
    desk.send_all()
    other = drafted(desk, case.id, desk.listed(case, b"email\nann@example.org\n").id)

    # Then the further notice names it, and so does one to the other list
    (said,) = notices.told_before(desk.session, second)
    assert said.startswith("Notice 1 went to 5 of these 5 people on ")
    (said,) = notices.told_before(desk.session, other)
    assert said.startswith("Notice 1 went to 5 of the 5 people of list 1 on ")

    # When the text of the first is withdrawn and the one to the other list is sent
    deliveries.judge_text(desk.session, first.id, "It named the wrong day.", text_wrong=True, by=desk.people.responder, now=desk.now)
    notices.ask_approval(desk.session, other.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, other.id, by=desk.people.approver, now=desk.now)
    deliveries.launch(desk.session, other.id, typed_count=1, by=desk.people.responder, now=desk.now)
    desk.send_all()

    # Then what went to the list itself comes first
    same, elsewhere = notices.told_before(desk.session, second)
    assert same.endswith("Its text was withdrawn since.")
    assert elsewhere.startswith("Notice 3 went to the person of list 2 on ")


def test_another_case_says_nothing(desk: Desk) -> None:
    desk.launched(csv_of(5))
    desk.send_all()

    assert notices.told_before(desk.session, desk.drafted(csv_of(5))) == ()
