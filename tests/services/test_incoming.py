"""Larger files come in by parts: sealed one by one, gone on with after a break, whole or not at all."""

import hashlib
import tracemalloc
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor
from incident_app.domain.documents import Room
from incident_app.domain.incoming import PART
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.alerts import Alert
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.incoming import FilePart, Incoming
from incident_app.models.reports import Document
from incident_app.services import documents, incoming
from incident_app.services.keys import renewing
from incident_app.services.unit import FIRST
from tests.builders import a_case
from tests.fakes import FakeClock, FakeVault
from tests.people import People

SIZE = 2 * PART + 5
CONTENT = bytes(range(256)) * (2 * PART // 256) + b"12345"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Hand:
    """Somebody who puts files into one case."""

    def __init__(self, session: Session, people: People, clock: FakeClock) -> None:
        self.session, self.people, self.clock, self.vault = session, people, clock, FakeVault()
        self.case = a_case(session, people.responder)

    def begin(self, size: int = SIZE, kind: str = "evidence", who: Actor | None = None, room: Room | None = None) -> str:
        return incoming.begin(
            self.session, self.case.id, kind=kind, name="disk.img", media_type="", size=size, room=room,
            by=who or self.people.responder, now=self.clock.now(), vault=self.vault).public_id

    def put(self, file: str, start: int, *pieces: bytes, who: Actor | None = None) -> int:
        return incoming.put(self.session, self.case.id, file, start, iter(pieces), by=who or self.people.responder,
                            now=self.clock.now(), vault=self.vault).received

    def finish(self, file: str, sha256: str = "", room: Room | None = None, who: Actor | None = None) -> Document:
        return incoming.finish(self.session, self.case.id, file, by=who or self.people.responder, now=self.clock.now(),
                               vault=self.vault, sha256=sha256, room=room)

    def receive(self, pieces: Iterator[bytes], size: int, room: Room | None = None) -> Document:
        return incoming.receive(
            self.session, self.case.id, kind="evidence", name="disk.img", media_type="application/x-img; v=1", size=size,
            pieces=pieces, by=self.people.responder, now=self.clock.now(), vault=self.vault, room=room)

    def kept(self) -> Document:
        file = self.begin()
        self.put(file, 0, CONTENT)
        return self.finish(file)

    def read(self, document: Document) -> bytes:
        return documents.read(self.session, self.case.id, document.public_id, by=self.people.auditor,
                              now=self.clock.now(), vault=self.vault)[1]

    def verified(self, document: Document) -> str:
        return documents.verify(self.session, self.case.id, document.public_id, by=self.people.auditor,
                                now=self.clock.now(), vault=self.vault).outcome

    def left(self) -> tuple[int, int, int]:
        self.session.rollback()
        return tuple(self.session.scalar(select(func.count()).select_from(one)) or 0 for one in (Document, Incoming, FilePart))  # type: ignore[return-value]  # three of them


@pytest.fixture
def hand(session: Session, people: People, clock: FakeClock) -> Hand:
    return Hand(session, people, clock)


def test_a_file_that_broke_off_goes_on_where_it_stopped_and_is_whole_in_the_end(hand: Hand) -> None:
    # Given a file that broke off in the middle of its second part
    file = hand.begin()
    assert hand.put(file, 0, CONTENT[:PART], CONTENT[PART : PART + 9]) == PART

    # When it goes on after the last whole part, and nowhere else
    with pytest.raises(Conflict, match=f"{PART} bytes of this file are there"):
        hand.put(file, PART + 9, CONTENT[PART + 9 :])
    with pytest.raises(Conflict, match="go on after them"):
        hand.finish(file)
    assert incoming.unfinished(hand.session, hand.case.id)[0].percent == 49
    assert hand.put(file, PART, CONTENT[PART:]) == SIZE
    document = hand.finish(file, SHA256.upper())

    # Then it is whole, sealed part by part, hashed, recorded, and opens as it was
    assert (document.size, document.sha256, document.sealed) == (SIZE, SHA256, b"")
    assert hand.left() == (1, 1, 3)
    assert not [one for one in hand.session.scalars(select(FilePart.sealed)) if CONTENT[:64] in one]
    entry = hand.session.scalars(select(Entry).where(Entry.action == "document.added")).one()
    assert entry.details["sha256"] == SHA256
    assert hand.read(document) == CONTENT
    assert hand.verified(document) == "match"

    # And saying so again, or sending more, changes nothing
    assert hand.finish(file).id == document.id
    with pytest.raises(Conflict, match="come in whole"):
        hand.put(file, SIZE, b"x")
    with pytest.raises(Conflict, match="it is kept"):
        incoming.discard(hand.session, hand.case.id, file, by=hand.people.responder, now=hand.clock.now())
    assert incoming.unfinished(hand.session, hand.case.id) == []


def test_a_changed_part_a_missing_part_and_a_destroyed_key_are_found(hand: Hand) -> None:
    # Given a file in three parts
    document, session = hand.kept(), hand.session
    first = select(FilePart.sealed).where(FilePart.number == 1).scalar_subquery()

    # When the hash beside it is changed, then it does not match
    session.execute(update(Document).values(sha256="0" * 64))
    session.commit()
    assert hand.verified(document) == "mismatch"

    # When its second part is another one, then nobody reads past it, and the on-call is woken
    session.execute(update(FilePart).where(FilePart.number == 2).values(sealed=first))
    session.commit()
    assert hand.verified(document) == "missing"
    with pytest.raises(Refused, match="cannot be opened"):
        hand.read(document)
    assert session.scalar(select(func.count()).select_from(Alert).where(Alert.kind == "sealed_row")) == 1

    # When a part is gone, or the key, then nobody reads anything
    session.execute(delete(FilePart).where(FilePart.number == 1))
    session.commit()
    assert hand.verified(document) == "missing"
    with pytest.raises(Refused, match="part 1 of it is missing"):
        hand.read(document)
    session.execute(update(Case).values(file_key=None))
    session.commit()
    assert hand.verified(document) == "missing"


def test_a_destroyed_key_is_said_and_no_more_is_sealed(hand: Hand) -> None:
    document = hand.kept()
    file = hand.begin()
    hand.session.execute(update(Case).values(file_key=None))
    hand.session.commit()

    with pytest.raises(Refused, match="key of the case was destroyed"):
        hand.read(document)
    with pytest.raises(Conflict, match="was destroyed"):
        hand.put(file, 0, CONTENT)


def test_what_is_stored_wrong_or_another_file_than_the_senders_is_not_kept(hand: Hand) -> None:
    file = hand.begin()
    hand.put(file, 0, CONTENT)

    with pytest.raises(Refused) as refused:
        hand.finish(file, "0" * 64)
    hand.session.execute(update(FilePart).where(FilePart.number == 2).values(sealed=b"x"))
    hand.session.commit()
    with pytest.raises(Refused, match="does not open"):
        hand.finish(file)

    assert SHA256 in refused.value.problems["sha256"]
    assert hand.left() == (0, 1, 3)


def test_one_request_carries_a_file_whole_or_leaves_nothing(hand: Hand) -> None:
    # Given files that break off, one in words and one in the line
    def torn() -> Iterator[bytes]:
        yield CONTENT[: PART + 1]
        raise ConnectionResetError

    with pytest.raises(Refused) as refused:
        hand.receive(iter((CONTENT[:-1],)), SIZE)
    with pytest.raises(ConnectionResetError):
        hand.receive(torn(), SIZE)

    # Then nothing is left of them; and a whole one is kept, a small one in one row
    assert "broke off" in refused.value.problems["file"]
    assert hand.left() == (0, 0, 0)
    large, small = hand.receive(iter((CONTENT,)), SIZE), hand.receive(iter((b"small",)), 5)
    assert (large.sha256, large.media_type, hand.read(large)) == (SHA256, "application/x-img", CONTENT)
    assert (small.incoming_id, hand.read(small)) == (None, b"small")
    assert hand.left() == (2, 1, 3)


def test_a_form_is_remembered_with_the_file_it_brought_and_not_with_its_beginning(hand: Hand) -> None:
    there: list[int] = []
    hand.session.info[FIRST] = lambda session: there.append(session.scalar(select(func.count()).select_from(FilePart)) or 0)

    hand.receive(iter((CONTENT,)), SIZE)

    assert there == [3]


def test_two_who_finish_at_once_end_with_one_file(hand: Hand) -> None:
    # Given a file that has come in whole, and a second answer asked for while the first looks at what came in
    file = hand.begin()
    hand.put(file, 0, CONTENT)
    kept: list[int] = []

    class Slow(FakeVault):
        def open(self, wrapped_key: bytes, sealed: bytes, scope: str) -> bytes:
            if not kept:
                kept.append(0)
                kept.append(hand.finish(file).id)
            return super().open(wrapped_key, sealed, scope)

    hand.vault = Slow()

    assert hand.finish(file).id == kept[1]
    assert hand.left() == (1, 1, 3)


def test_room_is_looked_at_before_and_at_the_end_and_what_is_announced_takes_it(hand: Hand) -> None:
    # Given a case with room for one such file, announced
    room = Room(case=SIZE + 10, person=3 * SIZE)
    file = hand.begin(room=room)

    # When another is announced, then it is refused; one of another person in another case too, once they have their share
    with pytest.raises(Refused) as full:
        hand.begin(room=room)
    assert "of this case would be more than" in full.value.problems["file"]
    with pytest.raises(Refused) as mine:
        hand.begin(room=Room(case=9 * SIZE, person=SIZE))
    assert "for one person" in mine.value.problems["file"]

    # And whoever sends more than was announced is stopped on the way, the parts before it stay
    with pytest.raises(Refused, match="More came in"):
        hand.put(file, 0, CONTENT[:PART], CONTENT[PART:] + b"x")
    assert hand.left() == (0, 1, 1)

    # And where others took the room meanwhile, the end says so
    hand.put(file, PART, CONTENT[PART:])
    with pytest.raises(Refused, match="not added"):
        hand.finish(file, room=Room(case=SIZE - 1))
    assert hand.finish(file, room=room).sha256 == SHA256


def test_what_is_no_file_and_too_little_are_refused(hand: Hand) -> None:
    file = hand.begin()

    with pytest.raises(Refused) as refused:
        hand.begin(0, "pdf")
    with pytest.raises(Refused, match="Nothing was kept"):
        hand.put(file, 0, b"too little")
    with pytest.raises(Refused, match="Nothing was kept"):
        hand.put(file, 0)

    assert set(refused.value.problems) == {"kind", "file"}


def test_only_who_began_goes_on_and_who_may_not_put_files_in_begins_none(hand: Hand) -> None:
    file, other = hand.begin(), a_case(hand.session, hand.people.responder)

    with pytest.raises(Conflict, match="Somebody else began"):
        hand.put(file, 0, CONTENT, who=hand.people.approver)
    with pytest.raises(Conflict, match="Somebody else began"):
        incoming.discard(hand.session, hand.case.id, file, by=hand.people.approver, now=hand.clock.now())
    with pytest.raises(Forbidden):
        hand.begin(who=hand.people.auditor)
    with pytest.raises(NotFound):
        incoming.find(hand.session, other.id, file, by=hand.people.responder)


def test_what_nobody_goes_on_with_is_thrown_away_after_a_day_or_at_once(hand: Hand) -> None:
    # Given one that broke off a day ago, one kept, one begun just now
    hand.kept()
    old = hand.begin()
    hand.put(old, 0, CONTENT[:PART])
    hand.clock.move(hours=25)
    new = hand.begin()

    # When the clock clears away, and somebody throws theirs away
    assert incoming.clear_away(hand.session, by=SYSTEM, now=hand.clock.now()) == 1
    incoming.discard(hand.session, hand.case.id, new, by=hand.people.responder, now=hand.clock.now())

    # Then only what was kept is there, and the record says what went
    assert hand.left() == (1, 1, 3)
    entries = hand.session.scalars(select(Entry).where(Entry.action == "document.discarded").order_by(Entry.seq)).all()
    assert [one.details for one in entries] == [{"size": SIZE, "received": PART}, {"size": SIZE, "received": 0}]


def test_a_closed_case_takes_no_more_and_destroying_evidence_takes_the_parts(hand: Hand) -> None:
    document, file = hand.kept(), hand.begin()
    hand.session.execute(update(Case).values(state="closed"))
    hand.session.commit()

    with pytest.raises(Conflict, match="closed"):
        hand.put(file, 0, CONTENT)
    assert documents.destroy(hand.session, hand.case.id, by=SYSTEM, now=hand.clock.now(), vault=hand.vault) == 1

    assert hand.left() == (1, 0, 0)
    (row,) = documents.of_case(hand.session, hand.case.id)
    assert (row.sha256, row.size, row.incoming_id) == (SHA256, SIZE, None)
    with pytest.raises(NotFound):
        hand.read(document)


def test_a_fresh_key_seals_the_parts_anew_and_they_open(hand: Hand) -> None:
    document, file = hand.kept(), hand.begin()
    hand.put(file, 0, CONTENT[:PART])
    parts = hand.session.scalar(select(func.count()).select_from(FilePart))
    heard: list[str] = []

    done = renewing.renew(hand.session, hand.case.id, by=SYSTEM, now=hand.clock.now(), vault=hand.vault,
                          tell=lambda kind, rows: heard.append(f"{kind}: {rows}"))

    key = hand.session.scalar(select(Case.file_key))
    assert key is not None
    assert (parts, heard[0], done.shut, done.done) == (4, "parts of files: 4", 0, True)
    assert {hand.vault.place_of(key, one) for one in hand.session.scalars(select(FilePart.sealed))} == {0}
    assert hand.read(document) == CONTENT
    hand.put(file, PART, CONTENT[PART:])
    assert hand.finish(file).sha256 == SHA256


def test_memory_stays_flat_whatever_the_size_of_a_file(hand: Hand) -> None:
    """Peaks of a file of 3 MB and one of 9: read in, verified, handed out. The whole is never held."""
    def peak(parts: int) -> int:
        tracemalloc.start()
        document = hand.receive((b"x" * PART for _ in range(parts)), parts * PART)
        hand.verified(document)
        opened = documents.open_file(hand.session, hand.case.id, document.public_id, by=hand.people.auditor,
                                     now=hand.clock.now(), vault=hand.vault)
        assert sum(len(piece) for piece in opened.pieces) == parts * PART
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(2)  # what is loaded once
    small, large = peak(3), peak(9)
    assert large < small + 2 * PART
