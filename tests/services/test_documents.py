"""Files of a case: sealed, hashed, every reading recorded."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.documents import LARGEST
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.reports import Document
from incident_app.services import documents
from tests.builders import a_case
from tests.fakes import START, FakeVault

SECRET = b"the attacker's note, in the clear"


def put_in(session: Session, case: Case, by: Actor, vault: FakeVault, content: bytes = SECRET) -> Document:
    return documents.add(
        session, case.id, kind="evidence", name="../../etc/note.txt", media_type="text/plain; charset=utf-8",
        content=content, by=by, now=START, vault=vault,
    )


def test_a_file_is_sealed_hashed_and_recorded(session: Session, responder: Actor) -> None:
    case, vault = a_case(session, responder), FakeVault()

    document = put_in(session, case, responder, vault)

    assert (document.name, document.media_type, document.size) == ("note.txt", "text/plain", len(SECRET))
    session.expire_all()
    row = session.get_one(Document, document.id)
    assert SECRET not in row.sealed
    assert session.get_one(Case, case.id).file_key == b"key-1@k1"
    assert session.get_one(Case, case.id).data_key is None
    entry = session.scalars(select(Entry).where(Entry.action == "document.added")).one()
    assert entry.details["sha256"] == document.sha256
    assert [one.id for one in documents.of_case(session, case.id)] == [document.id]
    assert documents.count(session, case.id) == 1


def test_a_second_file_uses_the_same_key_of_the_case(session: Session, responder: Actor) -> None:
    case, vault = a_case(session, responder), FakeVault()

    put_in(session, case, responder, vault)
    put_in(session, case, responder, vault, b"another")

    assert vault.keys == 1


def test_reading_a_file_is_recorded(session: Session, responder: Actor, auditor: Actor) -> None:
    case, vault = a_case(session, responder), FakeVault()
    document = put_in(session, case, responder, vault)

    found, content = documents.read(session, case.id, document.public_id, by=auditor, now=START, vault=vault)

    assert (found.id, content) == (document.id, SECRET)
    entry = session.scalars(select(Entry).where(Entry.action == "document.read")).one()
    assert entry.actor_id == auditor.id


def test_an_unchanged_file_verifies_and_a_changed_one_does_not(session: Session, responder: Actor) -> None:
    case, vault = a_case(session, responder), FakeVault()
    document = put_in(session, case, responder, vault)

    good = documents.verify(session, case.id, document.public_id, by=responder, now=START, vault=vault)
    document.sha256 = "0" * 64
    session.commit()
    changed = documents.verify(session, case.id, document.public_id, by=responder, now=START, vault=vault)

    assert (good.matches, good.outcome) == (True, "match")
    assert "unchanged" in good.words
    assert (changed.matches, changed.outcome) == (False, "mismatch")
    assert "was changed" in changed.words


def test_a_file_moved_to_another_row_cannot_be_opened(session: Session, responder: Actor) -> None:
    case, vault = a_case(session, responder), FakeVault()
    one, other = (put_in(session, case, responder, vault, content) for content in (b"one", b"other"))
    session.refresh(one, ["sealed"])
    other.sealed = one.sealed
    session.commit()

    verdict = documents.verify(session, case.id, other.public_id, by=responder, now=START, vault=vault)

    assert not verdict.matches
    assert "cannot be opened" in verdict.words
    with pytest.raises(Refused, match="cannot be opened"):
        documents.read(session, case.id, other.public_id, by=responder, now=START, vault=vault)


def test_once_the_key_of_its_files_is_destroyed_they_stay_shut(session: Session, responder: Actor) -> None:
    case, vault = a_case(session, responder), FakeVault()
    document = put_in(session, case, responder, vault)
    session.get_one(Case, case.id).file_key = None
    session.commit()

    with pytest.raises(Refused, match="destroyed"):
        documents.read(session, case.id, document.public_id, by=responder, now=START, vault=vault)


@pytest.mark.parametrize(
    ("kind", "content", "field"),
    [("evidence", b"", "file"), ("evidence", b"x" * (LARGEST + 1), "file"), ("pdf", b"x", "kind"), ("odd", b"x", "kind")],
)
def test_what_is_not_a_file_is_refused_and_nothing_is_kept(
    session: Session, responder: Actor, kind: str, content: bytes, field: str
) -> None:
    case = a_case(session, responder)

    with pytest.raises(Refused) as refused:
        documents.add(session, case.id, kind=kind, name="x", media_type="", content=content, by=responder, now=START,
                      vault=FakeVault())

    assert field in refused.value.problems
    assert documents.of_case(session, case.id) == []


def test_a_file_without_a_type_is_kept_as_unknown(session: Session, responder: Actor) -> None:
    case = a_case(session, responder)

    document = documents.add(session, case.id, kind="proof", name="", media_type="", content=b"x", by=responder,
                             now=START, vault=FakeVault())

    assert (document.name, document.media_type) == ("file", "application/octet-stream")


def test_a_file_of_another_case_does_not_exist(session: Session, responder: Actor) -> None:
    one, other, vault = a_case(session, responder), a_case(session, responder), FakeVault()
    document = put_in(session, one, responder, vault)

    with pytest.raises(NotFound):
        documents.find(session, other.id, document.public_id)
    with pytest.raises(NotFound):
        put_in(session, Case(id=99), responder, vault)


def test_a_closed_case_takes_no_more_files(session: Session, responder: Actor) -> None:
    case = a_case(session, responder)
    session.get_one(Case, case.id).state = "closed"
    session.commit()

    with pytest.raises(Conflict, match="closed"):
        put_in(session, case, responder, FakeVault())


def test_who_may_not_add_or_read_is_refused(
    session: Session, responder: Actor, auditor: Actor, reporter: Actor
) -> None:
    case, vault = a_case(session, responder), FakeVault()
    document = put_in(session, case, responder, vault)

    with pytest.raises(Forbidden):
        put_in(session, case, auditor, vault)
    with pytest.raises(Forbidden):
        documents.read(session, case.id, document.public_id, by=reporter, now=START, vault=vault)
    with pytest.raises(Forbidden):
        documents.verify(session, case.id, document.public_id, by=reporter, now=START, vault=vault)


def test_who_had_a_file_when_is_told_from_the_record(
    session: Session, responder: Actor, auditor: Actor, reporter: Actor
) -> None:
    case, other, vault = a_case(session, responder), a_case(session, responder), FakeVault()
    document = put_in(session, case, responder, vault)
    put_in(session, other, responder, vault)
    documents.read(session, case.id, document.public_id, by=auditor, now=START, vault=vault)
    documents.verify(session, case.id, document.public_id, by=responder, now=START, vault=vault)
    documents.destroy(session, case.id, by=responder, now=START, vault=vault)

    found = documents.custody(session, case.id, by=auditor)

    assert [(one.who, one.what, one.name, one.outcome) for one in found] == [
        (responder.name, "erased", "every file", ""), (responder.name, "verified", "note.txt", "match"),
        (auditor.name, "read", "note.txt", ""), (responder.name, "added", "note.txt", "")]
    with pytest.raises(Forbidden):
        documents.custody(session, case.id, by=reporter)
