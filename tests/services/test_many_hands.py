"""A hundred people edit one case at the same time, and nobody loses a word."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import BoundedSemaphore

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.merging import Fields, merge
from incident_app.domain.refusals import Stale
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services import audit, cases, latest
from incident_app.services.cases import Facts, World
from tests.builders import a_case, the_world
from tests.fakes import START

EDITS, AT_ONCE = int(os.environ.get("EDITS", "3")), 2  # of each; EDITS=20 takes some minutes and proves the same more often
EDITORS = {"postgresql": 100, "sqlite": 20}  # one writer at a time there: more of them only wait
FIELDS = ("summary", "cause", "consequences", "measures_before", "measures_taken", "measures_planned")


def _read(session: Session, case_id: int) -> tuple[int, Facts]:
    session.rollback()
    session.expire_all()
    case = session.get_one(Case, case_id)
    return case.version, cases.facts_of(case)


def _texts(facts: Facts) -> Fields:
    return {name: (getattr(facts, name),) for name in FIELDS}


class Editor:
    """One person who adds a word of their own to a field, again and again, whatever the others do meanwhile."""

    def __init__(self, engine: Engine, case_id: int, number: int, by: Actor, world: World, room: BoundedSemaphore) -> None:
        """Remember what is edited, as whom."""
        self.engine, self.case_id, self.number, self.by, self.world, self.room = engine, case_id, number, by, world, room
        self.beaten = 0

    def words(self) -> Iterator[tuple[str, str]]:
        """Yield the field and the word of every edit."""
        for edit in range(EDITS):
            yield FIELDS[(self.number + edit) % len(FIELDS)], f"e{self.number:02d}x{edit:02d}"

    def work(self) -> int:
        """Make every edit; return how often somebody was faster."""
        for name, word in self.words():
            with self.room, Session(self.engine) as session:
                self._add(session, name, word)
        return self.beaten

    def _add(self, session: Session, name: str, word: str) -> None:
        version, base = _read(session, self.case_id)
        mine = replace(base, **{name: f"{getattr(base, name)} {word}".strip()})  # type: ignore[arg-type]  # a text field
        while True:
            try:
                cases.edit(session, self.case_id, mine, version=version, by=self.by, now=START, world=self.world)
                return
            except Stale:
                self.beaten += 1
                version, theirs = _read(session, self.case_id)
                done = merge(_texts(base), _texts(theirs), _texts(mine))
                values = {field: texts[0] for field, texts in done.values.items()}
                values |= {field: f"{getattr(theirs, field)} {word}".strip() for field in done.clashes}
                base, mine = theirs, replace(theirs, **values)  # type: ignore[arg-type]  # text fields


def test_a_hundred_editors_lose_nothing(session: Session, engine: Engine, responder: Actor) -> None:
    # Given a case, and a hundred people of whom a few are at it in the same moment
    case_id = a_case(session, responder, summary="").id
    before = session.scalar(select(func.max(Entry.seq))) or 0
    room, world, editors = BoundedSemaphore(AT_ONCE), the_world(), EDITORS[engine.dialect.name]
    crowd = [Editor(engine, case_id, number, responder, world, room) for number in range(editors)]
    session.rollback()

    # When each of them makes their edits, and joins the texts where somebody was faster
    with ThreadPoolExecutor(editors) as pool:
        beaten = sum(pool.map(Editor.work, crowd))

    # Then every word of everybody stands there, exactly once
    version, facts = _read(session, case_id)
    found = re.findall(r"e\d\dx\d\d", " ".join(getattr(facts, name) for name in FIELDS))
    assert sorted(found) == sorted(word for one in crowd for _, word in one.words())
    assert beaten > 0
    # And the record has one entry for each edit, in one whole chain
    edits = select(func.count()).select_from(Entry).where(Entry.action == "case.edited", Entry.seq > before)
    assert session.scalar(edits) == editors * EDITS == version - 1
    assert audit.verify(session).complete


def test_whoever_was_slower_is_told_who_was_faster(session: Session, responder: Actor, approver: Actor) -> None:
    # Given two people with the same form, and one of them saves
    case = a_case(session, responder)
    version, facts = _read(session, case.id)
    cases.edit(session, case.id, replace(facts, cause="A script."), version=version, by=approver, now=START, world=the_world())

    # When the other one saves
    with pytest.raises(Stale, match="Somebody changed this case"):
        cases.edit(session, case.id, replace(facts, title="Leak"), version=version, by=responder, now=START, world=the_world())

    # Then the record says who changed what
    found = latest.changes(session, "case", case.ref, case.id)
    cause, title = latest.of_field(found, {"cause"}), latest.of_field(found, {"title"})
    assert cause is not None
    assert title is not None
    assert (cause.by, cause.fields) == (approver.name, frozenset({"cause"}))
    assert title.by == approver.name, "the last change at all, where none names the field"
    assert latest.of_field([], {"cause"}) is None
    assert latest.changes(session, "organisation", 999, None) == []


@pytest.mark.parametrize("attempt", ["UPDATE case_notes SET sealed = 'other'", "UPDATE case_notes SET by_id = 1", "DELETE FROM case_notes"])
def test_a_note_is_never_changed_and_never_taken_away(session: Session, responder: Actor, attempt: str) -> None:
    # Given a note in the timeline
    case = a_case(session, responder)
    cases.add_note(session, case.id, "It began at nine.", by=responder, now=START)

    # When somebody with the database tries
    with pytest.raises(DatabaseError, match="notes never change"):
        session.execute(text(attempt))
    session.rollback()

    # Then it stands as it was written, and a correction stands under it
    note = cases.notes_of(session, case.id)[0]
    correction = cases.add_note(session, case.id, "At eight.", by=responder, now=START, corrects=note.id)
    assert [one.text for one in cases.notes_of(session, case.id)] == ["At eight.", "It began at nine."]
    assert correction.corrects_id == note.id
