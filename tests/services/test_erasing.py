"""Contacts are erased on time, the proof stays, and “did you write to this address?” is answered before and after."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery, Proof
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.uploads import Piece, Upload
from incident_app.services import recipients
from incident_app.services.recipients import Found
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def asked(desk: Desk, case_id: int, by: Actor | None = None, **who: str) -> list[Found]:
    return recipients.ask(desk.session, case_id, by=by or desk.people.auditor, now=desk.now, vault=desk.vault, **who)


def erased(desk: Desk) -> int:
    return recipients.erase_due(desk.session, now=desk.now, vault=desk.vault)


def closed(desk: Desk, case_id: int) -> None:
    desk.session.execute(update(Case).where(Case.id == case_id).values(state="closed", closed_at=desk.now))
    desk.session.commit()


def test_the_answer_names_list_person_and_what_was_sent(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))
    desk.send_all()

    (found,) = asked(desk, notice.case_id, address=" Person1@EXAMPLE.org ")

    assert (found.list_number, found.label) == (1, "P-00001")
    assert [(told.notice, told.state) for told in found.told] == [(1, "accepted")]
    assert asked(desk, notice.case_id, telegram="700000001") == [found]
    assert asked(desk, notice.case_id, address="person1@example.org", telegram="700000002")[1].label == "P-00002"
    assert asked(desk, notice.case_id, address="nobody@example.org") == []
    entries = desk.session.scalars(select(Entry).where(Entry.action == "recipients.asked")).all()
    assert entries[0].details == {"found": ["list 1, P-00001"]}
    assert "example.org" not in str([entry.details for entry in entries])


def test_what_cannot_be_asked_is_said_in_words(desk: Desk) -> None:
    case = desk.case()

    assert asked(desk, case.id, address="a@example.org") == []
    with pytest.raises(Refused, match="What are we to look for"):
        asked(desk, case.id, address=" ")
    with pytest.raises(Refused, match="cannot be looked for"):
        asked(desk, case.id, address="nonsense")
    with pytest.raises(Forbidden):
        asked(desk, case.id, desk.people.admin, address="a@example.org")


def test_after_90_days_the_contacts_are_gone_and_the_proof_stays(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))
    case_id = notice.case_id
    desk.send_all()
    closed(desk, case_id)
    desk.clock.move(days=89)
    assert erased(desk) == 0
    before = asked(desk, case_id, address="person1@example.org")

    desk.clock.move(days=2)
    assert erased(desk) == 1

    case = desk.session.get_one(Case, case_id, populate_existing=True)
    assert case.data_key is None
    assert set(desk.session.scalars(select(Recipient.sealed))) == {b""}
    assert asked(desk, case_id, address="person1@example.org") == before
    assert asked(desk, case_id, address="nobody@example.org") == []
    assert desk.session.scalar(select(func.count()).select_from(Delivery)) == 4
    assert desk.session.scalar(select(func.count()).select_from(Proof)) == 1
    made = desk.session.scalars(select(RecipientList)).one()
    assert (made.erased_at, made.people_count, made.digest) == (desk.now, 4, notice.list_digest)
    page = recipients.masked_page(desk.session, case_id, made.id, by=desk.people.approver, now=desk.now, vault=desk.vault)
    assert [one.email for one in page] == [""] * 4
    with pytest.raises(Refused, match="key was destroyed"):
        recipients.open_contact(desk.session, case_id, made.id, 1, by=desk.people.responder, now=desk.now,
                                vault=desk.vault)
    entry = desk.session.scalars(select(Entry).where(Entry.action == "recipients.erased")).one()
    assert entry.details == {"lists": 1, "people": 4}
    assert erased(desk) == 0


def test_nothing_is_erased_under_a_notice_that_is_under_way(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))
    desk.clock.move(days=400)

    assert erased(desk) == 0
    assert recipients.due_at(desk.session, desk.session.get_one(Case, notice.case_id)) is None


def test_a_stopped_notice_counts_from_when_it_was_stopped(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))
    desk.session.execute(update(Notice).values(state="cancelled"))
    desk.session.commit()
    closed(desk, notice.case_id)
    desk.clock.move(days=91)

    assert erased(desk) == 1


def test_a_case_that_is_never_closed_loses_its_contacts_after_a_year_with_uploads_on_their_way(desk: Desk) -> None:
    case = desk.case()
    desk.listed(case, csv_of(2))
    recipients.receive(desk.session, case.id, "x.csv", [csv_of(1)], by=desk.people.responder, now=desk.now,
                       vault=desk.vault)
    desk.clock.move(days=366)

    assert erased(desk) == 1

    assert desk.session.scalar(select(func.count()).select_from(Piece)) == 0
    assert set(desk.session.scalars(select(Upload.state))) == {"ready", "discarded"}
    desk.listed(desk.session.get_one(Case, case.id), csv_of(3))
    found = asked(desk, case.id, address="person1@example.org")
    assert [one.list_number for one in found] == [2, 1]


def test_a_list_whose_key_was_destroyed_otherwise_answers_nothing(desk: Desk) -> None:
    case = desk.case()
    desk.listed(case, csv_of(2))
    desk.session.execute(update(Case).values(data_key=None))
    desk.session.commit()

    assert asked(desk, case.id, address="person1@example.org") == []
    desk.clock.move(days=366)
    assert erased(desk) == 1
    assert asked(desk, case.id, address="person1@example.org") == []
