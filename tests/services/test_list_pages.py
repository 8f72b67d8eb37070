"""A list in pages of JSON lines: any order, again after a lost answer, and nothing before all of them are there."""

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.recipients import RecipientList
from incident_app.models.uploads import Upload
from incident_app.services import recipients
from incident_app.services.recipients import pages
from incident_app.services.recipients.importing import NoSheets
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


@pytest.fixture
def upload(desk: Desk) -> Upload:
    return recipients.open_pages(desk.session, desk.case().id, "shop", by=desk.people.responder, now=desk.now,
                                 vault=desk.vault)


def put(desk: Desk, upload: Upload, number: int, content: str) -> Upload:
    return recipients.put_page(desk.session, upload.case_id, upload.id, number, content.encode(),
                               by=desk.people.responder, now=desk.now, vault=desk.vault)


def close(desk: Desk, upload: Upload, count: int) -> Upload:
    return recipients.close_pages(desk.session, upload.case_id, upload.id, count, by=desk.people.responder,
                                  now=desk.now)


def read(desk: Desk) -> Upload | None:
    return recipients.read_claimed(desk.session, clock=desk.clock, vault=desk.vault, sheets=NoSheets())


def test_pages_come_in_any_order_and_twice_and_become_one_list(desk: Desk, upload: Upload) -> None:
    put(desk, upload, 2, '{"email": "b@example.org"}\n{"email": "A@example.org"}')
    put(desk, upload, 1, '{"email": "a@example.org", "telegram_id": 7}\n\n')
    assert put(desk, upload, 1, '{"email": "a@example.org", "telegram_id": 7}\n\n').pieces == 2
    assert read(desk) is None
    close(desk, upload, 2)

    done = read(desk)

    assert done is not None
    made = desk.session.get_one(RecipientList, done.list_id)
    assert (made.people_count, made.duplicate_count, made.other_count, made.line_count) == (2, 1, 1, 4)
    with pytest.raises(Conflict, match="no more pages"):
        put(desk, upload, 3, '{"email": "c@example.org"}')


def test_a_language_that_is_none_is_named_and_the_person_is_kept(desk: Desk, upload: Upload) -> None:
    put(desk, upload, 1, '{"email": "a@example.org", "language": "xx"}\n{"email": "b@example.org", "language": "sv"}')
    close(desk, upload, 1)

    done = read(desk)

    assert done is not None
    made = desk.session.get_one(RecipientList, done.list_id)
    assert made.languages == {"": 1, "sv": 1}
    assert [(one["line"], one["column"], one["refused"]) for one in made.problems] == [(1, "language", False)]


def test_a_page_is_refused_in_words_and_the_others_stay(desk: Desk, upload: Upload, ) -> None:
    put(desk, upload, 1, '{"email": "a@example.org"}')

    with pytest.raises(Conflict, match="other content"):
        put(desk, upload, 1, '{"email": "b@example.org"}')
    with pytest.raises(Refused, match="Line 2 is not JSON"):
        put(desk, upload, 2, '{"email": "b@example.org"}\nnonsense')
    with pytest.raises(Refused, match="no such page"):
        put(desk, upload, 0, '{"email": "b@example.org"}')
    with pytest.raises(Refused, match="empty or too long"):
        put(desk, upload, 2, "")
    with pytest.raises(Refused, match="too large"):
        put(desk, upload, 2, " " * (pages.LARGEST_PAGE + 1))
    with pytest.raises(Conflict, match="1 page is here, the last is number 1; 2 were announced"):
        close(desk, upload, 2)


def test_a_list_without_pages_is_not_closed(desk: Desk, upload: Upload) -> None:
    with pytest.raises(Conflict, match="0 pages"):
        close(desk, upload, 0)


def test_a_spreadsheet_is_refused_where_nothing_opens_it(desk: Desk) -> None:
    with pytest.raises(Refused, match="spreadsheet, not a CSV"):
        desk.listed(desk.case(), b"PK\x03\x04")


def test_an_upload_somebody_reads_already_is_not_read_twice(desk: Desk, upload: Upload) -> None:
    with pytest.raises(Refused, match="read by another"):
        recipients.read_now(desk.session, upload, clock=desk.clock, vault=desk.vault, sheets=NoSheets())
