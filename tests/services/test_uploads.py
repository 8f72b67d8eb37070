"""A file on its way: received piece by piece, looked at, mapped, read by a worker; all or nothing, whoever dies."""

import io
from collections.abc import Iterator

import openpyxl
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.adapters.sheets import SheetFiles
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.uploads import Piece, Upload
from incident_app.services import recipients
from incident_app.services.recipients import reading, uploading
from tests.fakes import FakeClock, FakeVault
from tests.letters_kit import Desk, Died, DyingVault, csv_of
from tests.people import People

SHEETS = SheetFiles()


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def received(desk: Desk, case: Case, content: bytes, **more: str) -> Upload:
    """Take a file in, in small pieces."""
    pieces = recipients.pieces_of(io.BytesIO(content))
    return recipients.receive(desk.session, case.id, "people.csv", pieces, by=desk.people.responder, now=desk.now,
                              vault=desk.vault, **more)


def looked(desk: Desk, upload: Upload) -> recipients.Look:
    return recipients.look(desk.session, upload.case_id, upload.id, by=desk.people.responder, vault=desk.vault,
                           sheets=SHEETS)


def mapped(desk: Desk, upload: Upload, chosen: dict[int, str]) -> Upload:
    return recipients.choose_columns(desk.session, upload.case_id, upload.id, chosen, by=desk.people.responder,
                                     now=desk.now, vault=desk.vault, sheets=SHEETS)


def worked(desk: Desk) -> Upload | None:
    """Let the worker read what waits."""
    return recipients.read_claimed(desk.session, clock=desk.clock, vault=desk.vault, sheets=SHEETS)


def count(desk: Desk, model: type[Upload] | type[Piece] | type[Recipient] | type[RecipientList]) -> int:
    return desk.session.scalar(select(func.count()).select_from(model)) or 0


def a_sheet(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_file_waits_sealed_until_somebody_says_what_is_in_it(desk: Desk) -> None:
    case = desk.case()

    upload = received(desk, case, csv_of(3))
    seen = looked(desk, upload)

    assert (upload.state, upload.kind, upload.encoding, upload.pieces) == ("uploaded", "csv", "utf-8", 1)
    assert all(b"example.org" not in piece for piece in desk.session.scalars(select(Piece.sealed)))
    assert seen.headers == ("name", "email", "telegram_id", "language", "country")
    assert seen.fields == {0: "name", 1: "email", 2: "telegram_id", 3: "language", 4: "country"}
    assert seen.rows[0] == ("P…", "p…@example.org", "…01", "de", "DE")
    assert [one.id for one in recipients.uploads_of(desk.session, case.id)] == [upload.id]
    assert worked(desk) is None


def test_a_worker_reads_what_was_mapped_and_the_pieces_are_gone(desk: Desk) -> None:
    upload = received(desk, desk.case(), "Kontakt;Chat\na@example.org;7\n".encode("utf-16"))
    mapped(desk, upload, {0: "email"})

    done = worked(desk)

    assert done is not None
    assert (done.state, done.percent, count(desk, Piece)) == ("ready", 100, 0)
    made = desk.session.get_one(RecipientList, done.list_id)
    assert (made.columns, made.ignored, made.email_count, made.telegram_count) == ({"email": "Kontakt"}, ["Chat"], 1, 0)
    assert looked(desk, done).headers == ()
    with pytest.raises(Conflict, match="done with"):
        recipients.discard(desk.session, done.case_id, done.id, by=desk.people.responder, now=desk.now)
    with pytest.raises(Conflict, match="being read"):
        mapped(desk, done, {0: "email"})


def test_an_unclear_encoding_is_asked_for_with_the_telling_words(desk: Desk) -> None:
    lines = "".join(f"plain{number}@example.org,Ann\n" for number in range(9000))
    upload = received(desk, desk.case(), f"email,name\n{lines}x@example.org,Jürgen\n".encode("windows-1252"))

    seen = looked(desk, upload)
    assert {sample.encoding: sample.line for sample in seen.samples}["windows-1252"] == "Jürgen"
    with pytest.raises(Refused, match="encoding must be chosen first"):
        mapped(desk, upload, {0: "email"})
    with pytest.raises(Refused, match="klingon"):
        recipients.choose_encoding(desk.session, upload.case_id, upload.id, "klingon", by=desk.people.responder,
                                   now=desk.now)
    recipients.choose_encoding(desk.session, upload.case_id, upload.id, "windows-1252", by=desk.people.responder,
                               now=desk.now)
    with pytest.raises(Stale, match="Somebody chose for this file meanwhile"):
        recipients.choose_encoding(desk.session, upload.case_id, upload.id, "windows-1251", version=1,
                                   by=desk.people.responder, now=desk.now)
    mapped(desk, upload, {0: "email", 1: "name"})
    done = worked(desk)

    assert done is not None
    made = desk.session.get_one(RecipientList, done.list_id)
    assert (made.people_count, made.encoding) == (9001, "windows-1252")


def test_a_spreadsheet_is_read_apart_numbers_stay_numbers(desk: Desk) -> None:
    content = a_sheet((), ("Email", "Telegram id", "Land"), ("a@example.org", 700000001, "DE"), (None, 2.5, None))

    upload = received(desk, desk.case(), content)
    seen = looked(desk, upload)
    mapped(desk, upload, dict(seen.fields))
    done = worked(desk)

    assert upload.kind == "xlsx"
    assert seen.rows == (("a…@example.org", "…01", "DE"), ("", "2.5", ""))
    assert done is not None
    made = desk.session.get_one(RecipientList, done.list_id)
    assert (made.people_count, made.refused_count, made.line_count, made.adds_up) == (1, 1, 4, True)
    assert (made.telegram_count, made.countries) == (1, {"DE": 1})


@pytest.mark.parametrize(("content", "words"), [
    (b"PK\x03\x04 not really", "damaged"), (b"\n\n", "empty"), (b"a\"b,email\n", "Line 1"),
])
def test_what_cannot_be_shown_says_why(desk: Desk, content: bytes, words: str) -> None:
    upload = received(desk, desk.case(), content)

    assert words in looked(desk, upload).problem
    with pytest.raises(Refused, match=words):
        mapped(desk, upload, {0: "email"})


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"\xd0\xcf\x11\xe0old", "old or protected")])
def test_what_is_no_list_leaves_nothing_behind(desk: Desk, content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        received(desk, desk.case(), content)
    assert (count(desk, Upload), count(desk, Piece)) == (0, 0)


def test_a_file_without_end_is_refused_and_leaves_nothing_behind(desk: Desk) -> None:
    def endless() -> Iterator[bytes]:
        piece = b"x" * (uploading.LARGEST_FILE // 8)
        while True:
            yield piece

    desk.vault.seal = lambda wrapped_key, plain, scope: b""  # type: ignore[method-assign]  # 2 GB are not to be kept
    with pytest.raises(Refused, match="too large"):
        recipients.receive(desk.session, desk.case().id, "x", endless(), by=desk.people.responder, now=desk.now,
                           vault=desk.vault)
    assert (count(desk, Upload), count(desk, Piece)) == (0, 0)


def test_a_file_that_is_refused_can_be_mapped_anew(desk: Desk) -> None:
    upload = received(desk, desk.case(), b"one,two\nnobody,a@example.org\n")
    mapped(desk, upload, {0: "email"})

    failed = worked(desk)
    assert failed is not None
    assert failed.state == "failed"
    assert "names anybody who can be reached" in failed.reason
    entry = desk.session.scalars(select(Entry).where(Entry.action == "recipients.refused")).one()
    assert entry.actor_name == "Rene Responder"

    mapped(desk, failed, {1: "email"})
    done = worked(desk)
    assert done is not None
    assert done.state == "ready"


def test_only_who_may_and_only_in_their_case(desk: Desk) -> None:
    upload = received(desk, desk.case(), csv_of(1))

    with pytest.raises(Forbidden):
        recipients.look(desk.session, upload.case_id, upload.id, by=desk.people.auditor, vault=desk.vault, sheets=SHEETS)
    with pytest.raises(NotFound):
        recipients.find_upload(desk.session, upload.case_id + 1, upload.id)


# --------------------------------------------------------------------------------------------------- all or nothing


def test_a_worker_that_dies_leaves_nothing_and_another_takes_it_up_when_the_lease_is_over(desk: Desk) -> None:
    upload = received(desk, desk.case(), csv_of(12))
    mapped(desk, upload, {1: "email", 2: "telegram_id"})
    whole = desk.vault
    desk.vault = DyingVault(5)
    with pytest.raises(Died):
        worked(desk)
    desk.vault = whole

    assert (count(desk, Recipient), count(desk, RecipientList)) == (0, 0)
    assert worked(desk) is None
    desk.clock.move(minutes=6)
    done = worked(desk)

    assert done is not None
    assert (done.state, done.attempts, count(desk, Recipient)) == ("ready", 2, 12)


def test_what_was_cut_short_three_times_is_given_up(desk: Desk) -> None:
    upload = received(desk, desk.case(), csv_of(3))
    mapped(desk, upload, {1: "email"})
    desk.vault = DyingVault(0)
    for _ in range(3):
        with pytest.raises(Died):
            worked(desk)
        desk.clock.move(minutes=6)

    given_up = worked(desk)

    assert given_up is not None
    assert (given_up.state, given_up.reason[:31]) == ("failed", "Reading this file was cut short")


def test_one_list_is_read_at_a_time_the_other_workers_have_messages_to_send(desk: Desk) -> None:
    case = desk.case()
    for _ in range(2):
        mapped(desk, received(desk, case, csv_of(2)), {1: "email"})
    desk.session.execute(update(Upload).where(Upload.id == 1).values(
        state="reading", lease_until=desk.now + reading.LEASE))
    desk.session.commit()

    assert worked(desk) is None
    desk.clock.move(minutes=6)
    assert [done.state for done in (worked(desk), worked(desk)) if done] == ["ready", "ready"]


class Meddling(DyingVault):
    """A vault during whose sealing somebody else does something."""

    def __init__(self, act: object, after: int) -> None:
        super().__init__(after)
        self.act = act

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        if self.left == 0:
            assert callable(self.act)
            self.act()
            self.left = -10**9
        self.left -= 1
        return FakeVault.seal(self, wrapped_key, plain, scope)


@pytest.mark.parametrize("after", [2, reading.CHUNK + 2])
def test_throwing_an_upload_away_stops_its_reader(desk: Desk, after: int) -> None:
    upload = received(desk, desk.case(), csv_of(reading.CHUNK + 5))
    mapped(desk, upload, {1: "email", 2: "telegram_id"})
    case_id, upload_id = upload.case_id, upload.id

    def discard() -> None:
        with Session(desk.session.get_bind()) as other:
            recipients.discard(other, case_id, upload_id, by=desk.people.responder, now=desk.now)

    desk.vault = Meddling(discard, after)
    done = worked(desk)

    assert done is not None
    assert (done.state, count(desk, Recipient), count(desk, Piece)) == ("discarded", 0, 0)
    assert worked(desk) is None


def test_throwing_it_away_at_the_last_moment_stops_it_too(desk: Desk) -> None:
    upload = received(desk, desk.case(), b"email\na@example.org\nb@example.org\nA@example.org\n")
    mapped(desk, upload, {0: "email"})
    case_id, upload_id = upload.case_id, upload.id

    def discard() -> None:
        with Session(desk.session.get_bind()) as other:
            recipients.discard(other, case_id, upload_id, by=desk.people.responder, now=desk.now)

    desk.vault = Meddling(discard, 3)  # three people are sealed as they are read, the joined one afterwards
    done = worked(desk)

    assert done is not None
    assert (done.state, count(desk, Recipient), count(desk, RecipientList)) == ("discarded", 0, 0)


def test_another_worker_that_took_over_keeps_what_it_took(desk: Desk) -> None:
    upload = received(desk, desk.case(), csv_of(5))
    mapped(desk, upload, {1: "email"})
    upload_id = upload.id

    def take() -> None:
        with Session(desk.session.get_bind()) as other:
            other.execute(update(Upload).where(Upload.id == upload_id).values(token="another"))
            other.commit()

    desk.vault = Meddling(take, 1)
    done = worked(desk)

    assert done is not None
    assert (done.state, done.token, count(desk, Recipient)) == ("reading", "another", 0)


def test_uploads_nobody_finished_are_thrown_away_after_a_day(desk: Desk) -> None:
    old = received(desk, desk.case(), csv_of(1))
    desk.clock.move(hours=23)
    young = received(desk, desk.case(), csv_of(1))
    desk.clock.move(hours=2)

    assert recipients.clear_away(desk.session, by=SYSTEM, now=desk.now) == 1

    states = {one.id: one.state for one in desk.session.scalars(select(Upload))}
    assert states == {old.id: "discarded", young.id: "uploaded"}
    with pytest.raises(Conflict, match="done with"):
        recipients.discard(desk.session, old.case_id, old.id, by=desk.people.responder, now=desk.now)


def test_pieces_that_are_gone_or_a_key_that_is_gone_say_so(desk: Desk) -> None:
    upload = received(desk, desk.case(), csv_of(1))
    desk.session.execute(update(Case).values(data_key=None))
    desk.session.commit()

    assert "key of this case was destroyed" in looked(desk, upload).problem
    assert list(uploading.stored_pieces(desk.session, upload, b"key-1", desk.vault, first=2)) == []
    desk.session.query(Piece).delete()
    desk.session.commit()
    with pytest.raises(Conflict, match="discarded"):
        next(uploading.stored_pieces(desk.session, upload, b"key-1", desk.vault))


def test_why_a_file_cannot_be_read_is_noted_once_and_nothing_of_one_that_can(desk: Desk) -> None:
    def noted(upload: Upload) -> tuple[str, str]:
        recipients.note_problem(desk.session, case.id, upload.id, by=desk.people.responder, now=desk.now, vault=desk.vault,
                                sheets=SheetFiles())
        return upload.state, upload.reason

    case = desk.case()
    good, bad = received(desk, case, csv_of(2)), received(desk, case, bytes(range(256)) * 9)

    first = noted(bad)
    changed_at = bad.changed_at
    desk.clock.move(minutes=5)

    assert first[0] == "failed"
    assert first[1] != ""
    assert noted(bad) == first
    assert bad.changed_at == changed_at
    assert noted(good) == ("uploaded", "")
