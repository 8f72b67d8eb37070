"""What is written in a case is sealed in the database, opens in its own row alone, and is plain to whoever may read it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError

from incident_app.adapters.vault import AesVault
from incident_app.domain.accounts import SYSTEM, Actor
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import RECORDED
from incident_app.extensions import Base
from incident_app.models import sealing
from incident_app.models.alerts import Alert
from incident_app.models.audit import Entry
from incident_app.models.cases import Awareness, Case, Note
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.obligations import Obligation
from incident_app.models.sealing import TextsShut
from incident_app.models.submissions import Submission
from incident_app.services import cases, filings, keys, notices, obligations, reports, submitting, tampering
from incident_app.services.submitting import Sent
from incident_app.services.unit import FIRST, writing
from tests.builders import a_case, the_forms, the_law, the_world
from tests.fakes import START, FakeCalendar, FakeClock, FakeVault
from tests.letters_kit import Desk, csv_of
from tests.people import People

SECRET = "Quetzalvin"
SHUT = "(This text cannot be opened: "


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


def talkative(desk: Desk) -> Case:
    """File a case that names somebody wherever one can write."""
    by, now = desk.people.responder, desk.now
    case = desk.case(summary=f"{SECRET} wrote to us", aware_source=f"a call from {SECRET}",
                     gap_reason=f"{SECRET} had to be asked", detected_at=now - timedelta(hours=1))
    named = {name: f"{name}: {SECRET}" for name in
             ("cause", "consequences", "measures_before", "measures_taken", "measures_planned")}
    cases.edit(desk.session, case.id, replace(cases.facts_of(case), **named), version=1, by=by, now=now, world=the_world())  # type: ignore[arg-type]  # each is a text
    cases.add_note(desk.session, case.id, f"{SECRET} called again.", by=by, now=now)
    cases.set_awareness(desk.session, case.id, now - timedelta(minutes=5), zone="UTC", source=f"{SECRET}'s mail",
                        reason=f"{SECRET} proved it", version=2, by=desk.people.approver, now=now, world=the_world())
    obligations.record_moment(desk.session, case.id, next(iter(RECORDED)), now, reason=f"{SECRET}'s report",
                              by=desk.people.approver, now=now, law=the_law(), calendar=FakeCalendar())
    return desk.session.get_one(Case, case.id, populate_existing=True)


def cells(session: Session) -> bytes:
    """Return every cell of every table as somebody reads it who stole the database."""
    found = []
    for table in Base.metadata.sorted_tables:
        for row in session.execute(table.select()):
            found += [bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in row]
    return b"\0".join(found)


def woken(session: Session) -> list[str]:
    """Return what of sealed things somebody was woken about."""
    session.rollback()
    return [one.key.split("/")[2] for one in session.scalars(select(Alert).where(Alert.kind == "sealed_row"))]


def test_what_is_written_in_a_case_is_not_in_its_database_and_is_read_as_it_was_written(desk: Desk) -> None:
    # Given a case that names somebody wherever one can write, with a filing and a notice drafted from it
    session, people = desk.session, desk.people
    case = talkative(desk)
    duty = session.scalars(select(Obligation.id).where(
        Obligation.case_id == case.id, Obligation.provision == "Art 33(1)", Obligation.state != "superseded")).one()
    filing = filings.draft(session, duty, by=people.responder, now=desk.now, forms=the_forms(), law=the_law())
    notice = notices.draft(session, case.id, desk.listed(case, csv_of(3)).id, by=people.responder, now=desk.now)
    ids = case.id, filing.id, notice.id
    answered = Sent("a-key-of-a-program", "d" * 64)
    session.info[FIRST] = submitting.claim(answered, lands="", by=people.responder, now=desk.now)
    cases.add_note(session, case.id, "By a program.", by=people.responder, now=desk.now + timedelta(seconds=1))
    submitting.finish(session, answered, status=201, answer={"summary": case.summary}, by=people.responder)

    # Then a stolen database says nothing of it, nor do the entries of the record
    session.expunge_all()
    assert SECRET.encode() not in cells(session)

    # And whoever may read the case reads all of it
    case, filing, notice = session.get_one(Case, ids[0]), session.get_one(Filing, ids[1]), session.get_one(Notice, ids[2])
    assert (case.summary, case.cause) == (f"{SECRET} wrote to us", f"cause: {SECRET}")
    assert all(SECRET in text for text in (case.gap_reason, case.consequences, case.aware_source, case.measures_before,
                                           case.measures_taken, case.measures_planned))
    assert [one.text for one in cases.notes_of(session, case.id)] == ["By a program.", f"{SECRET} called again."]
    again = submitting.before(session, answered, by=people.responder)
    assert again is not None
    assert again.answer == {"summary": f"{SECRET} wrote to us"}
    assert SECRET in str(filing.answers)
    assert (filing.before, set(notice.texts), bool(notice.facts)) == (None, {"de", "es", "fr"}, True)
    entries = cases.timeline(session, case.id)
    told = {one.action: details for one in entries if (details := cases.details_of(session, case, entries)[one.seq])}
    assert told["case.filed"]["source"] == f"a call from {SECRET}"
    assert told["case.awareness_changed"]["reason"] == f"{SECRET} proved it"
    assert told["case.moment_recorded"]["reason"] == f"{SECRET}'s report"


def test_entries_of_an_older_version_still_say_their_own_words(session: Session, responder: Actor) -> None:
    case = a_case(session, responder)
    old = [Entry(seq=number, action=action, details={"reason": "said then"}) for number, action in enumerate(
        ("case.filed", "case.awareness_changed", "case.moment_recorded", "case.closed", "case.noted"))]

    assert [one["reason"] for one in cases.details_of(session, case, old).values()] == ["said then"] * 5


def test_a_text_in_the_place_of_another_does_not_open_says_so_and_wakes_somebody(desk: Desk) -> None:
    # Given two cases, and the text of one in the place of the other, as for two notes of one case and a version of awareness
    session, by, now = desk.session, desk.people.responder, desk.now
    one, other = desk.case(summary="The one."), desk.case(summary="The other.")
    notes = [cases.add_note(session, one.id, f"Note {number}", by=by, now=now + timedelta(seconds=number)).id
             for number in (1, 2)]
    for table, taken, put in ((Case, one.id, other.id), (Note, notes[0], notes[1])):
        session.execute(update(table).where(table.id == put).values(
            sealed=select(table.sealed).where(table.id == taken).scalar_subquery()))
    session.execute(update(Awareness).where(Awareness.case_id == other.id).values(case_id=one.id, number=2))
    session.commit()
    session.expunge_all()

    # Then neither opens, which is said where it would have stood
    one, other = session.get_one(Case, one.id), session.get_one(Case, other.id)
    assert (one.summary, other.summary) == ("The one.", f"{SHUT}This was not sealed for this case.)")
    assert [note.text for note in cases.notes_of(session, one.id)] == [
        f"{SHUT}This was changed, or belongs to another row.)", "Note 1"]
    moved = session.scalars(select(Awareness).where(Awareness.number == 2)).one()
    assert moved.source.startswith(SHUT)

    # And nothing is written over what does not open, and the on-call is woken once for each case
    with pytest.raises(Refused, match="nothing was changed"):
        cases.edit(session, other.id, replace(cases.facts_of(other), cause="A script."), version=1, by=by, now=now,
                   world=the_world())
    for _ in range(2):
        tampering.sound_shut(session, now=now)
    assert woken(session) == ["text", "text"]


def test_a_notice_that_does_not_open_is_held_and_nobody_is_written_to(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    desk.session.execute(update(Notice).values(sealed=b"something else"))
    desk.session.commit()
    desk.session.expunge_all()

    desk.send_all()

    assert desk.messages == []
    held = desk.session.get_one(Notice, notice.id)
    assert held.state == "held"
    with pytest.raises(TextsShut, match="cannot be opened"):
        notices.check(desk.session, notice.id)


def test_a_case_whose_key_was_destroyed_says_so_and_takes_nothing_more(session: Session, responder: Actor) -> None:
    case = a_case(session, responder)
    session.execute(update(Case).values(text_key=None))
    session.commit()
    session.expunge_all()

    assert session.get_one(Case, case.id).summary == f"{SHUT}Its key was destroyed.)"
    with pytest.raises(TextsShut, match="destroyed"):
        cases.add_note(session, case.id, "Too late.", by=responder, now=START)
    sent = Sent("a-key-of-a-program", "d" * 64)
    with writing(session):
        session.add(Submission(user_id=responder.id, key=sent.key, digest=sent.digest, status=201, answer={"id": 1}, at=START))
    session.execute(update(Submission).values(sealed=b"other"))
    session.commit()
    session.expunge_all()
    session.info.clear()
    again = submitting.before(session, sent, by=responder)
    with pytest.raises(TextsShut, match="cannot be opened"):
        assert again is None or again.answer
    assert session.info == {}  # no case is concerned, so nobody is woken
    assert session.scalars(select(Note)).all() == []


class Counting(FakeVault):
    """Counts how often it opens something."""

    opened = 0

    def open(self, wrapped_key: bytes, sealed: bytes, scope: str) -> bytes:
        """Count, and open."""
        self.opened += 1
        return super().open(wrapped_key, sealed, scope)


def test_a_list_opens_nothing_and_a_page_opens_each_record_once(session: Session, responder: Actor) -> None:
    # Given cases and notes
    vault, asked = Counting(), list[str]()
    engine = session.get_bind().engine
    sealing.bind(engine, lambda: vault)
    case, *_others = (a_case(session, responder, title=f"Case {number}", summary="Long.") for number in range(3))
    for number in range(4):
        cases.add_note(session, case.id, "Short.", by=responder, now=START + timedelta(seconds=number))
    session.expunge_all()
    vault.opened = 0

    # When they are listed, nothing is opened
    assert len(reports.register(session, by=responder, now=START).rows) == 3
    assert vault.opened == 0

    # When the notes are read without the case, its key is asked for once
    session.expunge_all()
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    assert [one.text for one in cases.notes_of(session, case.id)] == ["Short."] * 4
    assert (vault.opened, len(asked)) == (4, 2)

    # When a case is read, its nine texts are opened together
    case = session.get_one(Case, case.id)
    assert (case.summary, case.cause, case.summary, case.close_reason) == ("Long.", "", "Long.", "")
    assert vault.opened == 5


def test_what_was_sealed_anew_while_somebody_reads_still_opens(
    engine: Engine, session: Session, responder: Actor, aes: AesVault
) -> None:
    case = a_case(session, responder)
    cases.add_note(session, case.id, "It began at nine.", by=responder, now=START)
    session.expunge_all()
    kept = session.get_one(Case, case.id)
    assert kept.text_key
    session.commit()
    with Session(engine, expire_on_commit=False) as other:
        assert keys.renew(other, case.id, by=SYSTEM, now=START, vault=aes, tell=lambda *_: None).shut == 0

    assert [one.text for one in cases.notes_of(session, case.id)] == ["It began at nine."]
    assert sealing.SHUT not in session.info


def test_a_register_is_searched_by_number_and_title_alone(session: Session, responder: Actor) -> None:
    case = a_case(session, responder, title="Open storage", summary="Hidden words.")

    for words, count in (("storage", 1), (case.ref.lower(), 1), ("Hidden", 0)):
        assert len(reports.register(session, by=responder, now=START, search=words).rows) == count


def test_plain_texts_never_reach_the_database_past_the_sealing(session: Session, responder: Actor) -> None:
    case_id = a_case(session, responder).id

    with pytest.raises(StatementError, match="not sealed cannot be stored"):
        session.execute(update(Case).values(sealed=sealing.Fresh.of({"summary": "x"})))
    session.rollback()
    session.expunge_all()
    alone = session.get_one(Case, case_id)
    session.expunge(alone)
    with pytest.raises(DetachedInstanceError, match="has none any more"):
        assert alone.summary



@pytest.mark.parametrize("title", ["Mail of jane@example.org went astray", "Caller +49 30 5550 1234 got a list", "x" * 201])
def test_a_title_stands_in_clear_so_it_takes_no_contacts(session: Session, responder: Actor, title: str) -> None:
    # Given a title that names somebody by address or number, or is too long for a line
    with pytest.raises(Refused) as refused:
        a_case(session, responder, title=title)
    assert list(refused.value.problems) == ["title"]

    # Then it is refused as a change too, and a title that stands is left alone
    case = a_case(session, responder, title="Open storage of 2026-11-23")
    with pytest.raises(Refused) as changed:
        cases.edit(session, case.id, replace(cases.facts_of(case), title=title), version=1, by=responder, now=START,
                   world=the_world())
    assert list(changed.value.problems) == ["title"]
    assert cases.edit(session, case.id, replace(cases.facts_of(case), cause="A script."), version=1, by=responder, now=START,
                      world=the_world()).cause == "A script."
