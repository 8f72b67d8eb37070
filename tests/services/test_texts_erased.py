"""Six years after a case was closed nobody can read any more what was written in it; that it was done stays (T-55, T-92, T-94)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from incident_app.adapters.vault import AesVault
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.ports import VaultError
from incident_app.domain.retention import Kind
from incident_app.models import sealing
from incident_app.models.alerts import Alert
from incident_app.models.audit import Entry
from incident_app.models.cases import Case, Note
from incident_app.models.deliveries import Proof
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.posting import PostExport
from incident_app.models.reports import Document
from incident_app.models.retention import Destroyed, Hold
from incident_app.models.risk import Assessment, Decision
from incident_app.services import audit, cases, documents, recipients, retention, tampering, writing_down
from incident_app.services.retention import texts
from incident_app.services.unit import writing
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People
from tests.services.test_reasons_sealed import WHO, WHY, reasoned
from tests.services.test_sealing import cells

SIX_YEARS = timedelta(days=2192)


@pytest.fixture
def aes(session: Session) -> AesVault:
    """The real vault, for the texts of this database."""
    made = AesVault([("k1", b"k" * 32)])
    sealing.bind(session.get_bind().engine, lambda: made)
    return made


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock, aes: AesVault) -> Desk:
    """A desk with the real vault."""
    return Desk(session, people, clock, aes)  # type: ignore[arg-type]  # another Vault


def closed_long_ago(desk: Desk) -> int:
    """Write a case full of reasons and a file we printed, end its notice, close it; return its id when its people are gone."""
    case_id, session = reasoned(desk).id, desk.session
    cases.add_note(session, case_id, WHY, by=desk.people.responder, now=desk.now)
    documents.add(session, case_id, kind="evidence", name="a.log", media_type="text/plain", content=WHY.encode(),
                  by=desk.people.responder, now=desk.now, vault=desk.vault)
    with writing(session):
        documents.keep(session, session.get_one(Case, case_id), kind="pdf", name="filing.pdf", media_type="application/pdf",
                       content=WHY.encode(), by=desk.people.responder, now=desk.now, vault=desk.vault)
    session.execute(update(Case).where(Case.id == case_id).values(state="closed", closed_at=desk.now))
    session.execute(update(Notice).values(state="finished", finished_at=desk.now))
    session.commit()
    desk.clock.move(days=400)
    assert recipients.erase_due(session, now=desk.now, vault=desk.vault) == 1
    return case_id


def cleared(desk: Desk) -> None:
    retention.clear_due(desk.session, now=desk.now, vault=desk.vault)
    desk.session.expunge_all()


def test_t92_the_raw_database_opens_nothing_of_an_erased_case_any_more(desk: Desk, aes: AesVault) -> None:
    # Given a case that was closed almost six years ago, and a copy of the key somebody may have made of another
    session = desk.session
    case_id = closed_long_ago(desk)
    closed_at = session.get_one(Case, case_id).closed_at
    assert closed_at is not None
    desk.clock.move(days=2192 - 401)
    cleared(desk)
    case = session.get_one(Case, case_id)
    assert (WHY in [one.text for one in cases.notes_of(session, case_id)], case.texts_erased_at) == (True, None)
    plan = retention.plan(session, by=desk.people.auditor, now=desk.now).going
    assert plan is not None
    assert [(one.kind, one.at, one.why) for one in plan] == [
        (Kind.TEXTS, closed_at + SIX_YEARS, "6 years after the case was closed.")]
    entries, digest = audit.head_of(session)[0], session.scalars(select(Proof.digest)).all()

    # When its time has come
    desk.clock.move(days=1)
    cleared(desk)

    # Then no key of it is left, and what is sealed opens by none that is
    case = session.get_one(Case, case_id)
    assert (case.text_key, case.file_key, case.data_key, case.texts_erased_at) == (None, None, None, desk.now)
    other = desk.case().text_key
    assert other is not None
    tables: tuple[type[Any], ...] = (Note, Decision, Hold, Filing, Assessment)
    for table in tables:
        for row in session.scalars(select(table).where(table.sealed != b"")):
            with pytest.raises(VaultError):
                aes.open(other, row.sealed, "")
    files = session.scalars(select(Document).where(Document.case_id == case_id).options(undefer(Document.sealed))).all()
    assert {bytes(one.sealed) for one in files} == {b""}
    assert len({one.kind for one in files}) >= 2
    assert WHO.encode() not in cells(session)

    # And the record is whole, with the sums and hashes of what was done, and says that and when it was erased
    assert audit.verify(session).complete
    assert audit.head_of(session)[0] > entries
    assert session.scalars(select(Proof.digest)).all() == digest
    assert session.get_one(Destroyed, case_id).files == 1
    last = session.scalars(select(Entry).where(Entry.action == "case.texts_erased")).one()
    assert last.details == {"files": 1}
    timeline = cases.details_of(session, case, cases.timeline(session, case_id))
    assert not any(WHO in str(one) for one in timeline.values())

    # And its pages say so, lists go on, and nobody is woken for what was meant to happen
    assert case.title == "A case whose texts were erased"
    assert cases.notes_of(session, case_id)[0].text == "(This text cannot be opened: Its key was destroyed.)"
    assert session.scalars(select(Filing)).one().answers == {}
    assert session.scalars(select(Assessment)).one().reasons == []
    assert "cannot be opened" in session.scalars(select(PostExport)).one().reason
    for one in session.scalars(select(Decision)):
        assert one.confirmation is not None
        assert "cannot be opened" in one.confirmation.reason
    assert len(list(writing_down.entries(session, [case_id]))) == 1
    tampering.sound_shut(session, now=desk.now)
    assert session.scalars(select(Alert).where(Alert.kind == "sealed_row")).all() == []
    cleared(desk)
    assert len(session.scalars(select(Entry).where(Entry.action == "case.texts_erased")).all()) == 1


def test_t93_a_hold_keeps_the_texts_too_and_contacts_go_first(desk: Desk) -> None:
    session = desk.session
    case_id = closed_long_ago(desk)
    session.add(Destroyed(case_id=case_id, at=desk.now, files=0))
    session.commit()
    retention.set_hold(session, case_id, "The court asked for it yesterday.", by=desk.people.approver, now=desk.now)
    desk.clock.move(days=3000)
    cleared(desk)
    assert session.get_one(Case, case_id).text_key is not None

    hold = retention.hold_of(session, case_id)
    assert hold is not None
    hold.lifted_at = desk.now
    session.commit()
    cleared(desk)
    assert session.get_one(Case, case_id).text_key is None


def test_evidence_that_is_still_there_goes_with_the_texts(desk: Desk) -> None:
    # Given a case whose evidence was never destroyed
    session, case_id = desk.session, closed_long_ago(desk)
    assert session.get(Destroyed, case_id) is None

    # When its texts are
    with writing(session):
        texts.destroy(session, session.get_one(Case, case_id), by=SYSTEM, now=desk.now, vault=desk.vault)

    # Then no file of it is left
    assert session.get_one(Destroyed, case_id).files == 1
    files = session.scalars(select(Document).where(Document.case_id == case_id).options(undefer(Document.sealed))).all()
    assert {bytes(one.sealed) for one in files} == {b""}
