"""What a scanner says is kept beside the file; it blocks nothing, and what is found bad stays evidence."""

from collections.abc import Callable, Iterable

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.incoming import PART
from incident_app.domain.ports import Bad, Clean, NotScanned, ScanVerdict
from incident_app.domain.refusals import Conflict
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.reports import Document
from incident_app.services import documents, incoming, scanning
from tests.builders import a_case
from tests.fakes import FakeClock, FakeVault
from tests.people import People

BAD = b"harmful"


class FakeScanner:
    """Finds one word; ``meanwhile`` is what happens while it looks."""

    def __init__(self, away: NotScanned | None = None) -> None:
        self.away = away
        self.seen: list[int] = []
        self.meanwhile: Callable[[], object] = list

    def scan(self, pieces: Iterable[bytes]) -> ScanVerdict:
        if self.away is not None:
            return self.away
        content = b"".join(pieces)
        self.seen.append(len(content))
        self.meanwhile()
        return Bad("Test.Signature") if BAD in content else Clean()


class Desk:
    """A case whose files are scanned."""

    def __init__(self, session: Session, people: People, clock: FakeClock) -> None:
        self.session, self.people, self.clock, self.vault = session, people, clock, FakeVault()
        self.case = a_case(session, people.responder)
        self.scanner = FakeScanner()

    def put(self, content: bytes, name: str = "x.bin") -> Document:
        return incoming.receive(
            self.session, self.case.id, kind="evidence", name=name, media_type="", size=len(content),
            pieces=iter((content,)), by=self.people.responder, now=self.clock.now(), vault=self.vault)

    def scan(self) -> int:
        done = 0
        while scanning.scan_next(self.session, clock=self.clock, vault=self.vault, scanner=self.scanner):
            done += 1
        return done

    def state(self, document: Document) -> tuple[str, str]:
        self.session.refresh(document)
        return document.scan, document.scan_words


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def test_a_file_found_bad_stays_evidence_is_marked_and_leaves_locked_only(desk: Desk) -> None:
    # Given a good file, a bad one, and a large one
    good, bad, large = desk.put(b"good"), desk.put(BAD), desk.put(b"x" * (PART + 1))

    # When the scanner looks
    assert desk.scan() == 3

    # Then each has its verdict, in the record too
    assert [desk.state(one) for one in (good, bad, large)] == [("clean", ""), ("bad", "Test.Signature"), ("clean", "")]
    assert desk.scanner.seen == [4, len(BAD), PART + 1]
    assert good.scan_at == desk.clock.now()
    held = documents.custody(desk.session, desk.case.id, by=desk.people.auditor)
    assert [(one.who, one.outcome) for one in held if one.what == "scanned"] == [
        (SYSTEM.name, "clean"), (SYSTEM.name, "bad"), (SYSTEM.name, "clean")]

    # And the bad one opens only to be locked away, verifies, and is not scanned again
    def opened(locked: bool) -> bytes:
        return b"".join(documents.open_file(
            desk.session, desk.case.id, bad.public_id, by=desk.people.auditor, now=desk.clock.now(), vault=desk.vault,
            locked=locked).pieces)

    with pytest.raises(Conflict, match="encrypted zip only"):
        opened(locked=False)
    assert opened(locked=True) == BAD
    desk.clock.move(days=30)
    assert desk.scan() == 0


def test_a_scanner_that_is_away_blocks_nothing_and_is_asked_again_later(desk: Desk) -> None:
    desk.scanner = FakeScanner(NotScanned("the scanner does not answer"))
    document = desk.put(b"good")

    assert desk.scan() == 1
    assert desk.state(document) == ("waiting", "the scanner does not answer")
    assert desk.session.scalars(select(Entry).where(Entry.action == "document.scanned")).all() == []
    desk.scanner = FakeScanner()
    assert desk.scan() == 0
    desk.clock.move(minutes=10)
    assert desk.scan() == 1
    assert desk.state(document) == ("clean", "")


def test_what_does_not_open_is_not_scanned_and_says_why(desk: Desk) -> None:
    document = desk.put(b"good")
    desk.session.execute(update(Case).values(file_key=None))
    desk.session.commit()

    assert desk.scan() == 1

    assert desk.state(document) == ("skipped", "it cannot be opened: the key of the case was destroyed")


def test_a_verdict_that_comes_after_the_lease_ran_out_or_the_file_is_gone_is_none(desk: Desk) -> None:
    # Given a look that takes so long that another worker took the file up, and finished
    late = desk.put(b"good")
    quick = FakeScanner()

    def another() -> None:
        desk.clock.move(hours=1)
        assert scanning.scan_next(desk.session, clock=desk.clock, vault=desk.vault, scanner=quick)

    desk.scanner.meanwhile = another
    assert scanning.scan_next(desk.session, clock=desk.clock, vault=desk.vault, scanner=desk.scanner)

    # Then it is recorded once; and of a file that was destroyed meanwhile nothing is
    assert desk.state(late) == ("clean", "")
    gone = desk.put(b"good too")
    desk.scanner.meanwhile = lambda: documents.destroy(
        desk.session, desk.case.id, by=SYSTEM, now=desk.clock.now(), vault=desk.vault)
    assert scanning.scan_next(desk.session, clock=desk.clock, vault=desk.vault, scanner=desk.scanner)
    assert desk.state(gone)[0] == "waiting"
    assert len(desk.session.scalars(select(Entry).where(Entry.action == "document.scanned")).all()) == 1
