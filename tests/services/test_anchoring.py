"""The head of the record is told outside: by ping, by email, at the foot of PDFs, and in a file that only grows."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.adapters.anchor_file import AnchorFile
from incident_app.domain.accounts import SYSTEM
from incident_app.models.audit import AnchorRow
from incident_app.models.linking import StaffNote
from incident_app.models.notices import Notice
from incident_app.services import anchoring, audit, linking, reports, watching
from incident_app.services.unit import writing
from tests.fakes import START, FakeChannel, FakeClock, FakePdf
from tests.letters_kit import Desk
from tests.machines import FakeMonitor
from tests.people import People


def acted(session: Session) -> tuple[int, str]:
    """Record an act; return the head."""
    with writing(session):
        audit.record(session, action="account.signed_in", by=SYSTEM, now=START)
    return audit.head_of(session)


@pytest.fixture
def log(tmp_path: Path) -> AnchorFile:
    return AnchorFile(tmp_path / "anchors.log")


def test_once_a_day_the_head_goes_to_the_file_and_to_every_auditor(
    session: Session, people: People, clock: FakeClock, log: AnchorFile, tmp_path: Path
) -> None:
    # Given a record
    seq, digest = acted(session)

    # When the hour comes, and again within the day
    assert anchoring.anchor(session, now=clock.now(), log=log) == 2
    acted(session)
    assert anchoring.anchor(session, now=clock.move(hours=23), log=log) == 0

    # Then the file has a line nobody else reads, and the auditor an email that says what to do with it
    path = tmp_path / "anchors.log"
    assert path.read_text() == f"{START.isoformat()} audit {seq} {digest}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    note = session.scalars(select(StaffNote).where(StaffNote.kind == "anchor")).one()
    assert (note.user_id, note.address) == (people.auditor.id, "auditor@example.org")
    assert f"verify --anchor {seq}:{digest}" in note.text
    assert note.subject == f"incident-app · keep this: the record stands at entry {seq}"
    assert [words for _, words in anchoring.newest(session)] == ["on its way", "taken"]

    # And a day later the next
    assert anchoring.anchor(session, now=clock.move(hours=2), log=log) == 2
    verdict = anchoring.verify(session, log)
    assert verdict.complete
    assert verdict.anchors == len(anchoring.newest(session)) == 4, "the file and the row about it are one anchor"


def test_how_an_email_went_is_shown_as_long_as_it_is_known(session: Session, people: People, clock: FakeClock) -> None:
    acted(session)
    anchoring.anchor(session, now=clock.now(), log=None)

    linking.send_notes(session, {"email": FakeChannel("email")}, clock=clock)
    assert [words for _, words in anchoring.newest(session)] == ["taken by the mail server"]
    session.execute(update(StaffNote).values(state="failed"))
    assert [words for _, words in anchoring.newest(session)] == ["not sent"]
    session.execute(StaffNote.__table__.delete())  # type: ignore[attr-defined]  # a Table has it
    assert [words for _, words in anchoring.newest(session)] == ["sent; its note is forgotten by now"]


def test_while_a_notice_is_sent_every_hour(session: Session, people: People, clock: FakeClock, log: AnchorFile) -> None:
    desk = Desk(session, people, clock)
    notice = desk.launched()
    assert session.get_one(Notice, notice.id).state == "sending"
    anchoring.anchor(session, now=clock.now(), log=log)
    acted(session)

    assert anchoring.due(session, anchoring.FILE, now=clock.move(minutes=59)) is None
    assert anchoring.due(session, anchoring.FILE, now=clock.move(minutes=1)) == audit.head_of(session)


def test_a_head_that_did_not_move_is_not_told_again(session: Session, log: AnchorFile) -> None:
    assert anchoring.anchor(session, now=START, log=log) == 0
    acted(session)
    assert anchoring.anchor(session, now=START, log=log) == 1  # nobody audits here: the file alone

    assert anchoring.due(session, anchoring.FILE, now=START + timedelta(days=9)) is None


def test_a_file_that_cannot_be_written_is_said_and_tried_again_in_an_hour(session: Session, tmp_path: Path) -> None:
    acted(session)
    log = AnchorFile(tmp_path / "gone" / "anchors.log")

    assert anchoring.anchor(session, now=START, log=log) == 0

    (row, words), = anchoring.newest(session)
    assert (row.taken, words) == (False, "not taken: anchors.log cannot be written: No such file or directory")
    assert anchoring.due(session, anchoring.FILE, now=START + timedelta(minutes=59)) is None
    assert anchoring.due(session, anchoring.FILE, now=START + timedelta(hours=1)) is not None


def test_the_file_is_no_way_to_write_elsewhere_and_takes_whole_lines_only(tmp_path: Path, log: AnchorFile) -> None:
    other = tmp_path / "other"
    other.write_text("kept")
    (tmp_path / "anchors.log").symlink_to(other)

    assert "cannot be written" in log.append("x")
    assert other.read_text() == "kept"
    (tmp_path / "anchors.log").unlink()
    assert list(log.lines()) == []
    assert log.append("one\ntwo") == ""
    assert list(log.lines()) == ["one two"]


def test_what_is_no_anchor_in_the_file_says_nothing(session: Session, log: AnchorFile) -> None:
    seq, digest = acted(session)
    for line in ("", "nonsense", f"yesterday audit {seq} {digest}", f"{START.isoformat()} audit x {digest}",
                 f"{START.isoformat()} audit {seq} abc", f"{START.isoformat()} other {seq} {digest}"):
        log.append(line)

    assert anchoring.anchors(session, log) == []


def test_the_file_finds_a_cut_tail_where_every_row_was_deleted(session: Session, log: AnchorFile) -> None:
    acted(session)
    seq, _ = acted(session)
    log.append(f"{START.isoformat()} audit {seq + 1} {'ab' * 32}")

    verdict = anchoring.verify(session, log)

    assert (verdict.broken_at, verdict.words) == (
        seq + 1, f"The chain ends at entry {seq}, but the anchor in anchors.log of 2026-11-23 09:40 UTC knows entry "
                 f"{seq + 1}: the tail was cut.")


def test_the_monitor_outside_is_told_with_the_ping(session: Session) -> None:
    seq, digest = acted(session)
    monitor = FakeMonitor()

    assert watching.ping(session, monitor, now=START) == ""
    assert watching.ping(session, monitor, now=START + timedelta(minutes=1)) == ""

    assert monitor.words == [f"audit {seq} {digest}"]
    assert monitor.pings == 2
    row = session.scalars(select(AnchorRow)).one()
    assert (row.place, row.taken, row.seq) == ("monitor", True, seq)


def test_a_monitor_that_takes_no_words_is_pinged_all_the_same(session: Session) -> None:
    acted(session)
    monitor = FakeMonitor(["it answered 405"])

    assert watching.ping(session, monitor, now=START) == ""

    assert monitor.pings == 2
    assert session.scalars(select(AnchorRow.words)).one() == "it answered 405"


def test_every_pdf_carries_the_head_and_is_an_anchor(session: Session, people: People) -> None:
    acted(session)

    content = reports.register_pdf(session, by=people.auditor, now=START, pdf=FakePdf())

    row = session.scalars(select(AnchorRow)).one()
    seq, digest = audit.head_of(session)
    assert b"'record'" in content
    assert (row.place, row.seq, row.hash) == ("pdf", seq, digest)
    assert row.words == "Register of personal data breaches, Assistant Bot GmbH"
