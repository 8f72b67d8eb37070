"""Cause and lessons are written version by version, sealed, told to the filing and kept in report and bundle."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.adapters.vault import AesVault
from incident_app.domain.accounts import Actor
from incident_app.domain.filings import facts as facts_of
from incident_app.domain.filings import fill
from incident_app.domain.lessons import Lessons
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.models import sealing
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.lessons import LessonsVersion
from incident_app.services import audit, cases, keys, lessons
from incident_app.services.filings.records import record_of
from incident_app.services.reports.contents import learnt
from incident_app.services.unit import writing
from tests.builders import a_case, the_forms, the_law, the_world
from tests.fakes import FakeClock
from tests.services.test_sealing import cells

SECRET = "Quetzalvin"
SAID = Lessons(
    cause="phishing", factors=("no_second_factor", "no_alarm"), cause_words=f"{SECRET} was called",
    whys=(f"{SECRET} gave a code", "Codes can be read out"), went_well=f"{SECRET} reported it", differently="Keys for all",
)


def written(session: Session, case: Case, by: Actor, clock: FakeClock, said: Lessons = SAID, version: int = 0) -> LessonsVersion:
    """Write a version."""
    made = lessons.save(session, case.id, said, version=version, by=by, now=clock.now(), words=the_law().words)
    assert made is not None
    return made


def test_each_change_is_a_version_with_its_author_and_an_entry_that_quotes_nothing(
    session: Session, responder: Actor, approver: Actor, clock: FakeClock
) -> None:
    case = a_case(session, responder)
    assert lessons.plain(lessons.latest(session, case.id)).is_empty

    # When the responder writes, saves the same again, and the approver changes one thing an hour later
    written(session, case, responder, clock)
    assert written(session, case, responder, clock, version=1).number == 1
    clock.move(hours=1)
    written(session, case, approver, clock, replace(SAID, cause="credential_reuse"), 1)

    # Then both versions are there as they were, and the record says which fields, not what
    newest, first = lessons.versions(session, case.id)
    assert (lessons.plain(first), first.by_id, newest.by_id, newest.cause) == (SAID, responder.id, approver.id, "credential_reuse")
    assert newest.at > first.at
    entries = session.scalars(select(Entry).where(Entry.action == "lessons.written").order_by(Entry.seq)).all()
    assert [one.details["fields"] for one in entries] == [
        ["cause", "factors", "cause_words", "whys", "went_well", "differently"], ["cause"]]
    assert SECRET not in str([one.details for one in entries])
    assert audit.verify(session).complete


def test_a_case_without_words_seven_whys_and_a_closed_one_are_refused(
    session: Session, responder: Actor, auditor: Actor, clock: FakeClock
) -> None:
    case, words = a_case(session, responder), the_law().words
    with pytest.raises(Refused) as refused:
        lessons.save(session, case.id, Lessons(cause="other"), version=0, by=responder, now=clock.now(), words=words)
    assert refused.value.problems == {"cause_words": "Say in words what it was, or what was looked at."}
    with pytest.raises(Forbidden):
        lessons.save(session, case.id, SAID, version=0, by=auditor, now=clock.now(), words=words)
    with pytest.raises(NotFound):
        lessons.save(session, 4711, SAID, version=0, by=responder, now=clock.now(), words=words)
    case.state = "closed"
    session.commit()
    with pytest.raises(Conflict):
        lessons.save(session, case.id, SAID, version=0, by=responder, now=clock.now(), words=words)
    assert lessons.versions(session, case.id) == []


def test_who_was_slower_overwrites_nothing(session: Session, responder: Actor, approver: Actor, clock: FakeClock) -> None:
    case = a_case(session, responder)
    written(session, case, approver, clock)
    with pytest.raises(Stale):
        written(session, case, responder, clock, Lessons(cause="insider"))
    assert lessons.plain(lessons.latest(session, case.id)) == SAID


def test_nothing_of_it_can_be_read_in_the_database_and_fresh_keys_open_it(session: Session, responder: Actor, clock: FakeClock) -> None:
    # Given the real vault
    vault = AesVault([("k1", b"k" * 32)])
    sealing.bind(session.get_bind().engine, lambda: vault)
    case = a_case(session, responder)
    written(session, case, responder, clock)

    # Then the words are nowhere in the database
    assert SECRET.encode() not in cells(session)

    # And when the case is sealed anew under fresh keys they are read as they were written
    assert "lessons" in {one.name for one in keys.kinds.KINDS}
    session.expire_all()
    assert lessons.plain(lessons.latest(session, case.id)) == SAID


def test_a_version_whose_key_is_gone_says_so_and_its_whys_are_none(session: Session, responder: Actor, clock: FakeClock) -> None:
    case = a_case(session, responder)
    written(session, case, responder, clock)
    case.text_key, case.texts_erased_at = None, clock.now()
    session.commit()
    session.expunge_all()

    said = lessons.plain(lessons.latest(session, case.id))

    assert (said.cause, said.whys) == ("phishing", ())
    assert said.went_well.startswith("(This text cannot be opened")


def test_the_filing_is_told_who_caused_it_and_why(session: Session, responder: Actor, clock: FakeClock) -> None:
    case, law = a_case(session, responder), the_law()
    assert record_of(session, case, law).cause_kind is None

    # When the cause is a flaw that was known, then found to have been used on purpose
    written(session, case, responder, clock, Lessons(cause="unpatched_flaw", cause_words="The update waited."))
    assert (record_of(session, case, law).cause_kind, record_of(session, case, law).cause) == ("internal_mistake", "The update waited.")
    facts = replace(cases.facts_of(case), malicious=True, cause="Said in the facts.")
    cases.edit(session, case.id, facts, version=case.version, by=responder, now=clock.now(), world=the_world())

    # Then what the facts say comes first, and who caused it follows
    record = record_of(session, case, law)
    assert (record.cause_kind, record.cause) == ("external_malicious", "Said in the facts.")
    answers = fill(the_forms()["edpb-1"], facts_of(record))
    assert (answers["cause_kind"].value, answers["cause"].value) == ("external_malicious", "Said in the facts.")


def test_the_report_has_it_in_words(session: Session, responder: Actor, clock: FakeClock) -> None:
    case, law = a_case(session, responder), the_law()
    assert learnt(session, case, law) == ()
    written(session, case, responder, clock)

    found = dict(learnt(session, case, law))

    assert found["Root cause"] == "Somebody was deceived"
    assert found["What let it happen"] == "No second factor at sign-in\nNothing raised an alarm"
    assert found["Why, and why that"] == f"1. {SECRET} gave a code\n2. Codes can be read out"
    assert found["Written"].startswith("version 1, ")


def test_the_newest_of_many_cases_come_in_one_question(session: Session, responder: Actor, clock: FakeClock) -> None:
    one, two, three = (a_case(session, responder, title=title) for title in ("One", "Two", "Three"))
    written(session, one, responder, clock)
    written(session, one, responder, clock, Lessons(cause="insider"), 1)
    written(session, two, responder, clock)
    with writing(session):
        found = lessons.latest_of(session, [one.id, two.id, three.id])
        assert {number: row.cause for number, row in found.items()} == {one.id: "insider", two.id: "phishing"}
