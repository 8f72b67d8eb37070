"""Evidence outlives the people of its case, and goes when its own time has come."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.documents import Room, scope_of
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.reports import Document
from incident_app.services import documents, recipients
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

LOG = b"198.51.100.7 fetched the export at 09:12"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def added(desk: Desk, case_id: int, content: bytes = LOG) -> Document:
    return documents.add(desk.session, case_id, kind="evidence", name="access.log", media_type="text/plain",
                         content=content, by=desk.people.responder, now=desk.now, vault=desk.vault)


def read(desk: Desk, document: Document) -> bytes:
    return documents.read(desk.session, document.case_id, document.public_id, by=desk.people.auditor, now=desk.now,
                          vault=desk.vault)[1]


def seal_as_before(desk: Desk, document: Document, content: bytes) -> None:
    """Put a file under the key of the case's people, as it was once."""
    key = desk.session.scalar(select(Case.data_key).where(Case.id == document.case_id))
    assert key is not None
    sealed = desk.vault.seal(key, content, scope_of(document.public_id))
    desk.session.execute(update(Document).where(Document.id == document.id).values(sealed=sealed))
    desk.session.commit()


def people_erased(desk: Desk, case_id: int) -> None:
    desk.session.execute(update(Case).where(Case.id == case_id).values(state="closed", closed_at=desk.now))
    desk.session.commit()
    desk.clock.move(days=91)
    assert recipients.erase_due(desk.session, now=desk.now, vault=desk.vault) == 1
    assert desk.session.get_one(Case, case_id, populate_existing=True).data_key is None


def test_evidence_still_opens_and_verifies_once_the_people_are_erased(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))
    document = added(desk, notice.case_id)
    desk.send_all()

    people_erased(desk, notice.case_id)

    assert read(desk, document) == LOG
    assert documents.verify(desk.session, notice.case_id, document.public_id, by=desk.people.auditor, now=desk.now,
                            vault=desk.vault).matches


def test_files_sealed_under_the_key_of_the_people_are_moved_before_it_is_destroyed(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))
    one, other, newer, broken = (added(desk, notice.case_id, name) for name in (b"one", b"other", b"newer", b"broken"))
    for document, content in ((one, b"one"), (other, b"other"), (broken, b"broken")):
        seal_as_before(desk, document, content)
    desk.session.execute(update(Document).where(Document.id == broken.id).values(
        sealed=select(Document.sealed).where(Document.id == one.id).scalar_subquery()))
    desk.session.execute(update(Case).values(file_key=None).where(Case.id == notice.case_id))
    desk.session.commit()
    assert read(desk, one) == b"one"
    desk.send_all()

    people_erased(desk, notice.case_id)

    assert (read(desk, one), read(desk, other)) == (b"one", b"other")
    for lost in (newer, broken):  # its key was destroyed by hand; the row was swapped
        with pytest.raises(Refused, match="cannot be opened"):
            read(desk, lost)


def test_a_case_without_people_has_nothing_to_move(desk: Desk) -> None:
    case = desk.case()
    added(desk, case.id)

    assert documents.keep_apart(desk.session, desk.session.get_one(Case, case.id), vault=desk.vault) == 0


def test_destroyed_files_leave_name_size_and_hash_and_answer_to_no_id(desk: Desk) -> None:
    case = desk.case()
    document = added(desk, case.id)
    desk.session.execute(update(Case).where(Case.id == case.id).values(state="closed"))
    desk.session.commit()

    assert documents.destroy(desk.session, case.id, by=SYSTEM, now=desk.now, vault=desk.vault) == 1

    (row,) = documents.of_case(desk.session, case.id)
    assert (row.name, row.size, row.sha256, row.erased_at) == ("access.log", len(LOG), document.sha256, desk.now)
    assert desk.session.scalar(select(Document.sealed)) == b""
    assert desk.session.get_one(Case, case.id, populate_existing=True).file_key is None
    with pytest.raises(NotFound):
        read(desk, document)
    entry = desk.session.scalars(select(Entry).where(Entry.action == "documents.erased")).one()
    assert entry.details == {"files": 1, "ids": [document.id]}
    assert documents.destroy(desk.session, case.id, by=SYSTEM, now=desk.now, vault=desk.vault) == 0
    with pytest.raises(NotFound):
        documents.destroy(desk.session, 999, by=SYSTEM, now=desk.now, vault=desk.vault)


def test_erasing_the_people_does_not_bring_erased_files_back(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))
    document = added(desk, notice.case_id)
    documents.destroy(desk.session, notice.case_id, by=SYSTEM, now=desk.now, vault=desk.vault)
    desk.send_all()

    people_erased(desk, notice.case_id)

    with pytest.raises(NotFound):
        read(desk, document)
    assert desk.session.get_one(Case, notice.case_id).file_key is None


def test_what_we_printed_stays_with_the_case_under_a_key_of_its_own(desk: Desk) -> None:
    # Given evidence and a printed report in one case
    case = desk.case()
    evidence = added(desk, case.id)
    with writing(desk.session):
        report = documents.keep(
            desk.session, locked_case(desk.session, case.id), kind="pdf", name="report.pdf", media_type="application/pdf",
            content=b"%PDF-1.7 the report", by=desk.people.responder, now=desk.now, vault=desk.vault)
    before = desk.session.get_one(Case, case.id, populate_existing=True).file_key

    # When the evidence is destroyed
    assert documents.destroy(desk.session, case.id, by=SYSTEM, now=desk.now, vault=desk.vault) == 1

    # Then the report still opens, and the key that opened the evidence is no more
    assert read(desk, report) == b"%PDF-1.7 the report"
    assert desk.session.get_one(Case, case.id, populate_existing=True).file_key not in {before, None}
    with pytest.raises(NotFound):
        read(desk, evidence)


def test_a_case_and_a_person_have_so_much_room_and_no_more(desk: Desk) -> None:
    # Given a case with room for two small files, and a person with room for three
    case, other, room = desk.case(), desk.case(), Room(case=100, person=150)

    def put(case_id: int, who: str) -> Document:
        return documents.add(desk.session, case_id, kind="evidence", name="x.bin", media_type="", content=b"x" * 50,
                             by=getattr(desk.people, who), now=desk.now, vault=desk.vault, room=room)

    put(case.id, "responder")
    put(case.id, "approver")

    # When one more is put in, then it is refused in words, and nothing was kept
    with pytest.raises(Refused) as full:
        put(case.id, "responder")
    assert "The files of this case would be more than" in full.value.problems["file"]
    put(other.id, "responder")
    put(other.id, "responder")
    with pytest.raises(Refused) as enough:
        put(desk.case().id, "responder")
    assert "is the most for one person" in enough.value.problems["file"]
    assert documents.count(desk.session, case.id) == 2

    # And what was erased takes no room
    documents.destroy(desk.session, other.id, by=SYSTEM, now=desk.now, vault=desk.vault)
    put(other.id, "responder")
