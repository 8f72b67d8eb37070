"""Once a week the auditors are told what to look at; the ledger of deliveries is bound to the record."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.models.audit import Entry
from incident_app.models.deliveries import Delivery
from incident_app.models.linking import StaffNote
from incident_app.models.notices import Notice
from incident_app.services import audit, cases, deliveries, digesting, retention
from incident_app.services.deliveries import finishing
from incident_app.services.deliveries.counting import sum_of_rows
from incident_app.services.digesting import AGREED, LOWERED, Line
from incident_app.services.unit import writing
from tests.builders import a_case, the_world
from tests.fakes import START, FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

MONDAY = START.replace(hour=0, minute=0) + timedelta(days=7)  # START is a Monday
WHY = "The court asked for it yesterday."


def by_words(found: list[Line]) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {line.words: (line.count, line.cases) for line in found if line.count}


def scored(session: Session, case_id: int, se: str, day: int) -> None:
    with writing(session):
        audit.record(session, action="risk.assessed", by=SYSTEM, now=START + timedelta(days=day), case_id=case_id,
                     details={"se": se, "level": "low", "number": 1})


def test_a_week_is_told_in_counts_and_case_numbers(session: Session, people: People) -> None:
    # Given a week with a hold, a moved awareness and a score that was lowered
    case, other = a_case(session, people.responder), a_case(session, people.responder, title="Secret title")
    retention.set_hold(session, case.id, WHY, by=people.approver, now=START)
    asked = retention.ask_lift(session, case.id, WHY, by=people.approver, now=START)
    retention.lift(session, case.id, asked.public_id, by=people.second_approver, now=START)
    cases.set_awareness(session, case.id, START + timedelta(hours=1), zone="Europe/Berlin", source="SOC",
                        reason="The log was read again.", version=case.version, by=people.approver,
                        now=START + timedelta(hours=2), world=the_world())
    for se, day in (("2.5", 1), ("2.5", 2), ("1.25", 3), ("3", 4)):
        scored(session, other.id, se, day)
    scored(session, other.id, "1", 8)

    # When the week is looked at
    found = digesting.lines(session, since=MONDAY - digesting.WEEK, until=MONDAY)

    # Then each kind has its count and its cases
    told = by_words(found)
    assert told["Legal holds set"] == (1, (case.ref,))
    assert told["Legal holds lifted"] == (1, (case.ref,))
    assert told[AGREED] == (1, (case.ref,))
    assert told["Moments of awareness moved"] == (1, (case.ref,))
    assert told[LOWERED] == (1, (other.ref,))
    assert "Lists of people looked through" not in told


def test_auditors_get_it_once_and_nothing_of_a_case_is_in_it(session: Session, people: People) -> None:
    a_case(session, people.responder, title="Secret title")

    assert digesting.weekly(session, now=MONDAY, public_url="https://incident.test") == 1
    assert digesting.weekly(session, now=MONDAY + timedelta(days=6), public_url="https://incident.test") == 0
    assert digesting.weekly(session, now=MONDAY + timedelta(days=7), public_url="https://incident.test") == 1

    notes = session.scalars(select(StaffNote).where(StaffNote.kind == "digest")).all()
    assert [note.subject for note in notes] == [
        "incident-app · the record of week 2026-W48", "incident-app · the record of week 2026-W49"]
    assert {note.address for note in notes} == {"auditor@example.org"}
    assert "     0  Legal holds set" in notes[0].text
    assert "from 2026-11-23 to 2026-11-30" in notes[0].text
    assert "https://incident.test/record" in notes[0].text
    assert "Secret" not in notes[0].text
    assert len(session.scalars(select(Entry).where(Entry.action == "digest.written")).all()) == 2


def test_without_an_auditor_nobody_is_told(session: Session) -> None:
    assert digesting.weekly(session, now=MONDAY, public_url="https://incident.test") == 0


# ---------------------------------------------------------------------------------------------------- deliveries bound


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def proved_in_parts(desk: Desk, notice: Notice, chunk: int = 5) -> None:
    """Bind the outcomes again, some rows to a digest."""
    with writing(desk.session):
        kept = desk.session.get_one(Notice, notice.id)
        finishing.prove(desk.session, kept, sum_of_rows(desk.session, kept), desk.now, chunk=chunk)


def test_deliveries_are_held_against_the_record(desk: Desk) -> None:
    # Given a notice under way, then finished
    notice = desk.launched(csv_of(12))
    assert deliveries.verify_ledger(desk.session, notice).words.startswith("The record has no digest of this notice yet")
    desk.send_all()
    proved_in_parts(desk, notice)

    # Then all is as recorded, with counts for each part
    found = deliveries.verify_ledger(desk.session, desk.session.get_one(Notice, notice.id))
    assert (found.complete, found.rows) == (True, 12)
    parts = desk.session.scalars(select(Entry).where(Entry.action == "deliveries.digest").order_by(Entry.seq)).all()
    assert [sum(part.details["counts"].values()) for part in parts] == [5, 5, 2]


def test_an_outcome_that_was_changed_past_the_app_is_found_in_its_part(desk: Desk) -> None:
    notice = desk.launched(csv_of(12))
    desk.send_all()
    proved_in_parts(desk, notice)
    ids = desk.session.scalars(select(Delivery.public_id).order_by(Delivery.public_id)).all()
    desk.session.execute(update(Delivery).where(Delivery.public_id == ids[6]).values(state="failed"))
    desk.session.commit()

    found = deliveries.verify_ledger(desk.session, desk.session.get_one(Notice, notice.id))

    assert not found.complete
    assert f"The first part that differs is number 2, from {ids[5]} to {ids[9]}." in found.words


def test_a_row_added_outside_of_the_parts_and_a_small_notice_are_said_too(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))
    desk.send_all()
    desk.session.execute(update(Delivery).where(Delivery.number == 1).values(state="failed"))
    desk.session.commit()
    small = deliveries.verify_ledger(desk.session, desk.session.get_one(Notice, notice.id))
    assert small.words.endswith("somebody changed them past this app.")

    proved_in_parts(desk, notice, 2)
    one = desk.session.scalars(select(Delivery).where(Delivery.number == 1)).one()
    desk.session.add(Delivery(public_id="zzzz", notice_id=notice.id, recipient_id=one.recipient_id, number=1,
                              channel=one.channel, round=9, is_current=False, state="accepted"))
    desk.session.commit()
    added = deliveries.verify_ledger(desk.session, desk.session.get_one(Notice, notice.id))
    assert added.words.endswith("No recorded part differs: a row was added outside of them.")


def test_receipts_that_came_after_the_digest_are_no_tampering(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))
    desk.send_all()
    desk.session.execute(update(Delivery).where(Delivery.number == 1).values(state="failed"))
    desk.session.execute(update(Notice).values(proof_due_at=desk.now))
    desk.session.commit()

    found = deliveries.verify_ledger(desk.session, desk.session.get_one(Notice, notice.id))

    assert found.words.endswith("the next digest is taken within minutes.")
