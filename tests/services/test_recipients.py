"""Lists of affected people: all or nothing, sealed, masked, and every opening recorded."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.uploads import Piece, Upload
from incident_app.services import notices, recipients
from tests.fakes import FakeClock
from tests.letters_kit import Desk, Died, DyingVault, csv_of
from tests.people import People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def test_a_list_is_taken_over_with_every_line_accounted_for(desk: Desk) -> None:
    case = desk.case()

    made = desk.listed(case, csv_of(5) + b"\nx,PERSON1@EXAMPLE.org,,en,DE\nx,broken,,en,DE\n")

    assert (made.people_count, made.duplicate_count, made.refused_count, made.other_count) == (5, 1, 1, 2)
    assert made.line_count == 9
    assert made.adds_up
    assert (made.telegram_count, made.email_count, made.both_count) == (4, 4, 3)
    assert sum(made.languages.values()) == 5
    assert made.name == "people.csv"
    entry = desk.session.scalars(select(Entry).where(Entry.action == "recipients.imported")).one()
    assert entry.details["people"] == 5
    assert [one.id for one in recipients.lists_of(desk.session, case.id)] == [made.id]


def test_contacts_lie_sealed_under_a_key_of_the_case(desk: Desk) -> None:
    case = desk.case()
    desk.listed(case, csv_of(3))
    other = desk.case()
    desk.listed(other, csv_of(3))
    desk.listed(other, csv_of(3))

    rows = desk.session.scalars(select(Recipient).order_by(Recipient.id)).all()
    assert all(b"example.org" not in row.sealed for row in rows)
    keys = {one.id: one.data_key for one in desk.session.scalars(select(Case))}
    assert keys[case.id] not in {None, keys[other.id]}
    assert rows[0].blind != rows[3].blind
    assert rows[3].blind == rows[6].blind


@pytest.mark.parametrize("content", [b"first,second\n1,2\n", b'email\n"broken\n', b"email\nnobody\n", b"\xff\xff"])
def test_a_list_that_cannot_be_used_leaves_nothing_behind(desk: Desk, content: bytes) -> None:
    case = desk.case()

    with pytest.raises(Refused):
        desk.listed(case, content)
    assert desk.session.scalar(select(func.count()).select_from(RecipientList)) == 0
    assert desk.session.scalar(select(func.count()).select_from(Upload)) == 0
    assert desk.session.scalar(select(func.count()).select_from(Piece)) == 0


def test_a_list_that_fails_while_it_is_stored_leaves_nothing_behind(desk: Desk) -> None:
    case = desk.case()
    desk.vault = DyingVault()

    with pytest.raises(Died):
        desk.listed(case, csv_of(3))
    assert desk.session.scalar(select(func.count()).select_from(RecipientList)) == 0
    assert desk.session.scalar(select(func.count()).select_from(Recipient)) == 0
    assert desk.session.scalar(select(func.count()).select_from(Upload)) == 0


def test_the_name_of_a_file_is_only_its_name(desk: Desk) -> None:
    case, by = desk.case(), desk.people.responder

    def name(filename: str) -> str:
        return recipients.import_list(desk.session, case.id, filename, csv_of(1), by=by, now=desk.now,
                                      vault=desk.vault).name

    assert name("C:\\fakepath\\people\x07.csv") == "people.csv"
    assert name("../../etc/passwd") == "passwd"
    assert name("") == "list.csv"


def test_rows_come_as_json_too(desk: Desk) -> None:
    case, by = desk.case(), desk.people.responder

    made = recipients.import_rows(desk.session, case.id, "shop", [{"email": "a@example.org", "data": "health"}], by=by,
                                  now=desk.now, vault=desk.vault)

    assert (made.people_count, made.columns["data"]) == (1, "data")
    with pytest.raises(Refused, match="no rows"):
        recipients.import_rows(desk.session, case.id, "x", [], by=by, now=desk.now, vault=desk.vault)
    with pytest.raises(Refused, match="too many"):
        recipients.import_rows(desk.session, case.id, "x", [{}] * 100_001, by=by, now=desk.now, vault=desk.vault)


def test_only_who_may_uploads_and_a_closed_or_unknown_case_takes_nothing(desk: Desk) -> None:
    case = desk.case()
    with pytest.raises(Forbidden):
        recipients.import_list(desk.session, case.id, "x", csv_of(1), by=desk.people.auditor, now=desk.now,
                               vault=desk.vault)
    with pytest.raises(NotFound):
        recipients.import_list(desk.session, 99, "x", csv_of(1), by=desk.people.responder, now=desk.now,
                               vault=desk.vault)
    desk.session.execute(update(Case).values(state="closed"))
    desk.session.commit()
    with pytest.raises(Conflict, match="closed"):
        desk.listed(case)


def test_people_are_masked_page_by_page(desk: Desk) -> None:
    case = desk.case()
    made = desk.listed(case, csv_of(5))

    page = recipients.masked_page(desk.session, case.id, made.id, by=desk.people.responder, now=desk.now, vault=desk.vault, after=1,
                                  limit=2)

    assert [one.label for one in page] == ["P-00002", "P-00003"]
    assert (page[0].email, page[0].telegram, page[0].name) == ("p…@example.org", "…02", "P…")
    for outsider in (desk.people.admin, desk.people.auditor, desk.people.oncall_person, desk.people.reporter):
        with pytest.raises(Forbidden):
            recipients.masked_page(desk.session, case.id, made.id, by=outsider, now=desk.now, vault=desk.vault)
    with pytest.raises(NotFound):
        recipients.masked_page(desk.session, case.id + 1, made.id, by=desk.people.approver, now=desk.now, vault=desk.vault)


def test_opening_a_contact_is_recorded_with_who_and_whom(desk: Desk) -> None:
    case = desk.case()
    made = desk.listed(case, csv_of(2))

    contact = recipients.open_contact(desk.session, case.id, made.id, 2, by=desk.people.responder, now=desk.now,
                                      vault=desk.vault)

    assert contact.email == "person2@example.org"
    entry = desk.session.scalars(select(Entry).where(Entry.action == "recipients.opened")).one()
    assert (entry.actor_name, entry.details["person"]) == ("Rene Responder", "P-00002")
    assert "example.org" not in str(entry.details)
    with pytest.raises(Forbidden):
        recipients.open_contact(desk.session, case.id, made.id, 2, by=desk.people.auditor, now=desk.now,
                                vault=desk.vault)
    with pytest.raises(NotFound):
        recipients.open_contact(desk.session, case.id, made.id, 3, by=desk.people.responder, now=desk.now,
                                vault=desk.vault)


@pytest.mark.parametrize("key", [None, b"another"])
def test_once_the_key_is_destroyed_nobody_can_be_read_any_more(desk: Desk, key: bytes | None) -> None:
    case = desk.case()
    made = desk.listed(case, csv_of(2))
    desk.session.execute(update(Case).values(data_key=key))
    desk.session.commit()

    page = recipients.masked_page(desk.session, case.id, made.id, by=desk.people.responder, now=desk.now, vault=desk.vault)
    assert [one.email for one in page] == ["", ""]
    with pytest.raises(Refused, match="key was destroyed"):
        recipients.open_contact(desk.session, case.id, made.id, 1, by=desk.people.responder, now=desk.now,
                                vault=desk.vault)


def test_a_contact_moved_to_another_row_cannot_be_opened(desk: Desk) -> None:
    case = desk.case()
    made = desk.listed(case, csv_of(2))
    first, second = desk.session.scalars(select(Recipient).order_by(Recipient.number)).all()
    desk.session.execute(update(Recipient).where(Recipient.id == second.id).values(sealed=first.sealed))
    desk.session.commit()

    with pytest.raises(Refused, match="cannot be opened"):
        recipients.open_contact(desk.session, case.id, made.id, 2, by=desk.people.responder, now=desk.now,
                                vault=desk.vault)


def test_a_list_is_deleted_unless_a_notice_rests_on_it(desk: Desk) -> None:
    case, by = desk.case(), desk.people.responder
    made = desk.listed(case, csv_of(2))
    recipients.delete_list(desk.session, case.id, made.id, by=by, now=desk.now)
    assert desk.session.scalar(select(func.count()).select_from(Recipient)) == 0

    kept = desk.listed(case, csv_of(2))
    notice = notices.draft(desk.session, case.id, kept.id, by=by, now=desk.now)
    with pytest.raises(Conflict, match="notice 1 is written for it"):
        recipients.delete_list(desk.session, case.id, kept.id, by=by, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=by, now=desk.now)
    notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    with pytest.raises(Conflict, match="notice 1 was approved or sent to it"):
        recipients.delete_list(desk.session, case.id, kept.id, by=by, now=desk.now)
