"""Keys change over while everything goes on: wrapped by another outer key, or replaced with all they sealed."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.adapters.vault import AesVault
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.ports import VaultError
from incident_app.models import sealing
from incident_app.models.audit import Entry
from incident_app.models.cases import Awareness, Case, Note
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.reports import Document
from incident_app.models.uploads import Piece, Upload
from incident_app.services import cases, documents, keys, recipients
from incident_app.services.deliveries import posting
from incident_app.services.keys import Standing
from incident_app.services.recipients.importing import NoSheets
from tests.builders import BREACH
from tests.fakes import FakeClock, FakeVault
from tests.letters_kit import Desk, Died, csv_of
from tests.people import People
from tests.post_kit import POSTAL


class Stumbling(FakeVault):
    """Its machine goes down at the next seal, once there is none left."""

    left = 10**9

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        """Seal, or go down."""
        self.left -= 1
        if self.left < 0:
            raise Died
        return super().seal(wrapped_key, plain, scope)


def quiet(*_told: object) -> None:
    """Hear how far it is, and say nothing."""


@pytest.fixture
def vault() -> Stumbling:
    return Stumbling()


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock, vault: Stumbling) -> Desk:
    sealing.bind(session.get_bind().engine, lambda: vault)
    return Desk(session, people, clock, vault)


def added(desk: Desk, case_id: int, content: bytes = b"log") -> Document:
    return documents.add(desk.session, case_id, kind="evidence", name="a.log", media_type="text/plain", content=content,
                         by=desk.people.responder, now=desk.now, vault=desk.vault)


def read(desk: Desk, document: Document) -> bytes:
    return documents.read(desk.session, document.case_id, document.public_id, by=desk.people.auditor, now=desk.now,
                          vault=desk.vault)[1]


def found(desk: Desk, case_id: int, address: str) -> list[str]:
    return [one.label for one in recipients.ask(
        desk.session, case_id, address=address, by=desk.people.auditor, now=desk.now, vault=desk.vault)]


def renewed(desk: Desk, case_id: int, told: list[str] | None = None, at_once: int = 1000) -> keys.Renewal:
    def tell(kind: str, rows: int) -> None:
        if told is not None:
            told.append(f"{kind} {rows}")

    return keys.renew(desk.session, case_id, by=SYSTEM, now=desk.now, vault=desk.vault, tell=tell, at_once=at_once)


def rewrapped(desk: Desk) -> keys.Rewrapped:
    return keys.rewrap(desk.session, by=SYSTEM, now=desk.now, vault=desk.vault, tell=quiet)


def case_of(desk: Desk, case_id: int) -> Case:
    desk.session.rollback()
    return desk.session.get_one(Case, case_id, populate_existing=True)


def places(desk: Desk, case_id: int) -> set[int | None]:
    """Return by which keys of the ring the people of a case are sealed."""
    key = case_of(desk, case_id).data_key
    assert key is not None
    return {desk.vault.place_of(key, sealed)
            for sealed in desk.session.scalars(select(Recipient.sealed).where(Recipient.case_id == case_id))}


def people_erased(desk: Desk, case_id: int) -> None:
    desk.session.execute(update(Case).where(Case.id == case_id).values(state="closed", closed_at=desk.now))
    desk.session.commit()
    desk.clock.move(days=91)
    assert recipients.erase_due(desk.session, now=desk.now, vault=desk.vault) == 1


def test_old_then_both_then_new_only(desk: Desk, vault: Stumbling) -> None:
    # Given a case with people and files, an erased one, and one that never had anybody
    notice, erased = desk.launched(csv_of(4)), desk.case()
    desk.listed(erased, csv_of(2))
    desk.case()
    document = added(desk, notice.case_id)
    people_erased(desk, erased.id)
    assert keys.show(desk.session, vault=vault) == [Standing("k1", True, True, 3, 1)]

    # When a new key is put first and everything is wrapped anew
    vault.outer = ("k2", "k1")
    assert keys.show(desk.session, vault=vault)[1] == Standing("k1", True, False, 3, 1)
    told: list[tuple[int, int]] = []
    done = keys.rewrap(desk.session, by=SYSTEM, now=desk.now, vault=vault, tell=lambda *at: told.append(at))

    # Then the old one is needed no more
    assert (done.done, done.before, done.shut, told) == (3, 0, (), [(3, 3)])
    vault.outer = ("k2",)
    assert keys.show(desk.session, vault=vault) == [Standing("k2", True, True, 3, 1)]
    assert case_of(desk, erased.id).summary == BREACH.summary
    assert read(desk, document) == b"log"
    assert found(desk, notice.case_id, "person1@example.org") == ["P-00001"]
    assert found(desk, erased.id, "person1@example.org") == ["P-00001"]
    desk.send_all()
    assert len(desk.messages) == 4
    entry = desk.session.scalars(select(Entry).where(Entry.action == "keys.rewrapped")).one()
    assert (entry.subject_id, entry.details) == ("k2", {"cases": 3})
    assert (rewrapped(desk).done, rewrapped(desk).before) == (0, 3)


def test_a_case_whose_outer_key_is_missing_is_named_and_left(desk: Desk, vault: Stumbling) -> None:
    case = desk.case()
    added(desk, case.id)
    before = case_of(desk, case.id).file_key
    vault.outer = ("k2",)

    assert rewrapped(desk).shut == (case.ref,)
    assert case_of(desk, case.id).file_key == before
    assert keys.show(desk.session, vault=vault)[1] == Standing("k1", False, False, 1, 0)
    with pytest.raises(VaultError, match="not loaded"):
        vault.seal(b"key-1@k1", b"", "")


def test_a_fresh_key_seals_everything_anew_and_everything_still_answers(desk: Desk) -> None:
    notice = desk.launched(csv_of(6))
    case_id = notice.case_id
    document = added(desk, case_id)
    upload = recipients.receive(desk.session, case_id, "more.csv", [csv_of(8)], by=desk.people.responder, now=desk.now,
                                vault=desk.vault)
    cases.add_note(desk.session, case_id, "It began at nine.", by=desk.people.responder, now=desk.now)
    before, texts_before = case_of(desk, case_id).data_key, case_of(desk, case_id).text_key
    assert before is not None
    assert texts_before is not None
    told: list[str] = []

    done = renewed(desk, case_id, told)

    assert (done.rows, done.shut, done.done, done.words) == (17, 0, True, "")
    assert told == ["people 6", "pieces of uploads 7", "files 8", "the case 9", "notes 10", "versions of awareness 11", "notices 12",
                    "saved texts of notices 17"]
    assert places(desk, case_id) == {0}
    for sealed in (*desk.session.scalars(select(Piece.sealed)), *desk.session.scalars(select(Document.sealed)),
                   *desk.session.scalars(select(Recipient.sealed))):
        assert desk.vault.place_of(before, sealed) is None
    for table in (Case, Note, Awareness, Notice):
        assert desk.vault.place_of(texts_before, desk.session.scalars(select(table.sealed)).one()) is None
    assert case_of(desk, case_id).summary == BREACH.summary
    assert [one.text for one in cases.notes_of(desk.session, case_id)] == ["It began at nine."]
    assert read(desk, document) == b"log"
    assert found(desk, case_id, "person1@example.org") == ["P-00001"]
    look = recipients.look(desk.session, case_id, upload.id, by=desk.people.responder, vault=desk.vault,
                           sheets=NoSheets())
    assert len(look.rows) == 5
    desk.send_all()
    assert len(desk.messages) == 6
    entry = desk.session.scalars(select(Entry).where(Entry.action == "keys.renewed")).one()
    assert (entry.case_id, entry.details) == (case_id, {"rows": 17, "left_shut": 0})


@pytest.mark.parametrize("after", [0, 3, 6])
def test_killed_in_the_middle_it_goes_on_where_it_stood(desk: Desk, vault: Stumbling, after: int) -> None:
    notice = desk.launched(csv_of(6))
    case_id, document = notice.case_id, added(desk, notice.case_id)
    vault.left = after

    with pytest.raises(Died):
        renewed(desk, case_id, at_once=2)

    # Whatever was sealed anew by then, everybody is still there
    desk.session.rollback()
    vault.left = 10**9
    assert case_of(desk, case_id).rekey_at == desk.now
    assert found(desk, case_id, "person1@example.org") == ["P-00001"]
    assert read(desk, document) == b"log"
    ring = case_of(desk, case_id).data_key

    # And called again it goes on with the same fresh key
    done = renewed(desk, case_id)
    assert done.done
    assert done.rows == 15 - after // 2 * 2
    assert case_of(desk, case_id).data_key == ring
    assert (case_of(desk, case_id).rekey_at, places(desk, case_id)) == (None, {0})
    desk.send_all()
    assert len(desk.messages) == 6


class Striking(FakeClock):
    """Something happens whenever somebody looks at it."""

    strike: Callable[[], object] = staticmethod(lambda: None)

    def now(self) -> datetime:
        """Let it happen, then tell the time."""
        self.strike()
        return self.at


def test_sending_goes_on_while_the_key_is_renewed_at_every_step(session: Session, people: People) -> None:
    clock = Striking()
    desk = Desk(session, people, clock)
    notice = desk.launched(csv_of(12))

    clock.strike = lambda: keys.renew(
        session, notice.case_id, by=SYSTEM, now=clock.at, vault=desk.vault, tell=quiet)
    desk.send_all()

    assert len(desk.messages) == 12
    assert desk.vault.keys > 6


def test_letters_are_printed_while_the_key_is_renewed(desk: Desk) -> None:
    notice = desk.launched(POSTAL, order=["email", "post"])
    desk.send_all()
    by, second = desk.people.approver, desk.people.second_approver
    made = posting.ask_post_export(desk.session, notice.id, "letters to all of them", by=by, now=desk.now)
    posting.answer_post_export(desk.session, notice.id, made.number, confirmed=True, by=second, now=desk.now)

    rows = posting.take_post_export(desk.session, notice.id, made.number, by=by, clock=desk.clock, vault=desk.vault)
    renewed(desk, notice.case_id)

    assert len(list(rows)) == 3


def test_of_an_erased_case_only_what_is_written_in_it_is_renewed(desk: Desk) -> None:
    case = desk.case()
    desk.listed(case, csv_of(2))
    people_erased(desk, case.id)

    assert keys.to_renew(desk.session) == [case.id]
    done = renewed(desk, case.id)
    assert (done.done, done.rows, case_of(desk, case.id).data_key) == (True, 2, None)


def test_a_case_without_any_key_is_skipped(desk: Desk) -> None:
    case = desk.case()
    desk.session.execute(update(Case).values(text_key=None))
    desk.session.commit()

    assert keys.to_renew(desk.session) == []
    done = renewed(desk, case.id)

    assert (done.done, done.rows, "erased" in done.words) == (True, 0, True)
    assert case_of(desk, case.id).data_key is None


def test_people_erased_in_the_middle_stay_erased(desk: Desk, vault: Stumbling) -> None:
    case = desk.case()
    desk.listed(case, csv_of(4))
    document = added(desk, case.id)
    vault.left = 0
    with pytest.raises(Died):
        renewed(desk, case.id)
    vault.left = 10**9
    people_erased(desk, case.id)

    done = renewed(desk, case.id)

    assert (done.done, done.rows) == (True, 3)
    assert set(desk.session.scalars(select(Recipient.sealed))) == {b""}
    assert desk.session.scalars(select(RecipientList.index_key)).one() is not None
    assert found(desk, case.id, "person1@example.org") == ["P-00001"]
    assert read(desk, document) == b"log"


def test_a_row_that_does_not_open_is_left_and_counted(desk: Desk) -> None:
    case = desk.case()
    desk.listed(case, csv_of(3))
    desk.session.execute(update(Recipient).where(Recipient.number == 2).values(sealed=b"broken"))
    desk.session.commit()

    done = renewed(desk, case.id)

    assert (done.rows, done.shut, done.done) == (4, 1, True)
    assert renewed(desk, case.id).rows == 4
    assert keys.to_renew(desk.session, case.ref) == [case.id]
    assert keys.to_renew(desk.session, "none") == []


def test_while_a_list_is_read_in_it_is_not_called_done(desk: Desk) -> None:
    case = desk.case()
    desk.listed(case, csv_of(3))
    desk.session.execute(update(Upload).values(state="reading"))
    desk.session.commit()

    waits = renewed(desk, case.id)
    desk.session.execute(update(Upload).values(state="ready"))
    desk.session.commit()

    assert (waits.done, waits.rows, "being read in" in waits.words) == (False, 5, True)
    assert (renewed(desk, case.id).done, case_of(desk, case.id).rekey_at) == (True, None)


def test_a_key_that_is_not_loaded_is_not_renewed(desk: Desk, vault: Stumbling) -> None:
    case = desk.case()
    added(desk, case.id)
    vault.outer = ("k2",)

    done = renewed(desk, case.id)

    assert (done.done, "not loaded" in done.words) == (False, True)
    assert case_of(desk, case.id).rekey_at is None


def test_what_is_no_key_at_all_is_said_so_and_left(desk: Desk) -> None:
    real, case = AesVault([("k1", b"k" * 32)]), desk.case()
    desk.session.execute(update(Case).values(file_key=b"no key"))
    desk.session.commit()

    assert keys.show(desk.session, vault=real) == [
        Standing("k1", True, True, 0, 0), Standing("not in a form we know", False, False, 1, 0)]
    done = keys.rewrap(desk.session, by=SYSTEM, now=desk.now, vault=real, tell=quiet)
    assert (done.done, done.shut) == (0, (case.ref,))
    assert case_of(desk, case.id).file_key == b"no key"


def test_letters_stay_shut_once_the_people_are_erased_meanwhile(desk: Desk) -> None:
    notice = desk.launched(POSTAL, order=["email", "post"])
    desk.send_all()
    made = posting.ask_post_export(desk.session, notice.id, "letters to all of them", by=desk.people.approver, now=desk.now)
    posting.answer_post_export(desk.session, notice.id, made.number, confirmed=True, by=desk.people.second_approver,
                               now=desk.now)
    rows = posting.take_post_export(desk.session, notice.id, made.number, by=desk.people.approver, clock=desk.clock,
                                    vault=desk.vault)
    desk.session.execute(update(Recipient).values(sealed=b""))
    desk.session.execute(update(Case).values(data_key=None))
    desk.session.commit()

    assert len(list(rows)) == 1
