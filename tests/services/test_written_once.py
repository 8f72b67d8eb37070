"""What people wrote about a case after the fire is written once, whoever has the database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from incident_app.domain.lessons import Lessons
from incident_app.models.cases import Case
from incident_app.models.closing import Closing
from incident_app.models.review import ReviewSignature
from incident_app.models.written_once import KEPT, NEVER
from incident_app.services import cases, lessons, organisation, remediation, review
from tests.builders import a_case, the_law
from tests.fakes import START
from tests.people import People
from tests.services.closing_steps import quieten, signed_review

LATER = START + timedelta(hours=1)


@pytest.fixture
def written(session: Session, people: People) -> Session:
    """A case with lessons, a deed, a signed review, a profile that was changed, and a case that was closed."""
    case = a_case(session, people.responder)
    lessons.save(session, case.id, Lessons(cause="misconfiguration"), version=0, by=people.responder, now=START,
                 words=the_law().words)
    remediation.complete(session, remediation.open_actions(session, case.id)[0].id, "Seen", by=people.responder, now=START)
    signed_review(session, case, people, LATER)
    details = organisation.details_of(cases.organisation(session))
    organisation.change(session, replace(details, controllers=("Assistant Bot UK Ltd",)), version=1, by=people.admin, now=START)
    closed = quieten(session, a_case(session, people.responder))
    cases.close(session, closed.id, "Nothing is open.", version=closed.version, by=people.approver, now=LATER)
    return session


@pytest.mark.parametrize("table", [one.table for one in KEPT])
def test_no_row_is_changed_or_taken_away(written: Session, table: str) -> None:
    kept = next(one for one in KEPT if one.table == table)
    assert written.scalar(text(f"SELECT count(*) FROM {table}")), table

    attempts = [f"DELETE FROM {table}", f"UPDATE {table} SET by_id = NULL"]
    attempts += [f"UPDATE {table} SET sealed = '0123'"] if kept.sealed else []
    for attempt in attempts:
        with pytest.raises(DatabaseError, match=NEVER):
            written.execute(text(attempt))
        written.rollback()


def test_every_column_is_guarded_but_what_seals_and_what_voids(session: Session) -> None:
    for one in KEPT:
        columns = {column["name"] for column in inspect(session.connection()).get_columns(one.table)}
        free = {"sealed": one.sealed, "voided_at": one.voided, "voided_why": one.voided, "reopened_at": one.reopened,
                "reopened_by_id": one.reopened}
        assert columns == set(one.columns.split()) | {name for name, is_free in free.items() if is_free}


def test_a_signature_is_void_once_and_stays_so(written: Session, people: People) -> None:
    # Given a review whose words changed after two signed it
    case = written.scalars(select(Case).where(Case.closed_at.is_(None))).one()
    review.save(written, case.id, "We judge it otherwise now.", "Nothing else.", version=1, by=people.responder, now=LATER)
    assert {one.voided_at for one in written.scalars(select(ReviewSignature))} == {LATER}

    # Then nobody makes the names count again
    with pytest.raises(DatabaseError, match=NEVER):
        written.execute(text("UPDATE review_signatures SET voided_at = NULL"))
    written.rollback()


def test_a_closing_is_called_reopened_once_with_its_reason_and_stays_so(written: Session, people: People) -> None:
    # Given a closing, nobody writes into it, nor that somebody else opened it, nor other words of another length
    closing = written.scalars(select(Closing)).one()
    closed, reason = closing.case_id, closing.reason
    for attempt in ("reopened_by_id = 1", "sealed = sealed || sealed", "gaps_hash = 'x'",
                    "reopened_at = '2026-11-23 12:00:00', over_count = 7"):
        with pytest.raises(DatabaseError, match=NEVER):
            written.execute(text(f"UPDATE case_closings SET {attempt}"))
        written.rollback()

    # When the case is opened again, then the closing says so, and why
    opened = cases.reopen(written, closed, "The processor found a second copy.", by=people.approver, now=LATER)
    assert (opened.reopened_at, opened.reason, opened.reopen_reason) == (LATER, reason, "The processor found a second copy.")

    # And that is said once: not taken back, not at another time, by nobody else, in no other words
    for attempt in ("reopened_at = NULL", "reopened_at = '2027-01-01 00:00:00'", "reopened_by_id = NULL",
                    "sealed = sealed || sealed"):
        with pytest.raises(DatabaseError, match=NEVER):
            written.execute(text(f"UPDATE case_closings SET {attempt}"))
        written.rollback()
