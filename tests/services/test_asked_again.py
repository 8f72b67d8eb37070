"""A text that was found wrong after it told people: they are not untold, but whether they are told is asked again everywhere."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.cases import CaseState, Count
from incident_app.domain.filings import facts
from incident_app.domain.obligations.again import Again
from incident_app.domain.refusals import Conflict
from incident_app.domain.register import Column
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, OWED, Obligation
from incident_app.services import closing, deliveries, obligations, reports, statistics
from incident_app.services.asking_again import asked_again
from incident_app.services.filings.records import record_of
from incident_app.services.reports.contents import case_matter
from tests.builders import the_law
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.test_everybody_told import duties, sent, the_case

WRONG, RIGHT = "It named the wrong day.", "The day was right."


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def told(desk: Desk, *countries: str) -> tuple[Notice, Obligation]:
    """Tell the twelve people of a case, which ends the duty."""
    case = the_case(desk, Count.exact(12), *countries)
    notice = sent(desk, case, csv_of(12))
    duty = desk.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.state == DISCHARGED,
                                                         Obligation.recipient_type == "data_subjects")).one()
    return notice, duty


def judge(desk: Desk, notice: Notice, *, wrong: bool = True) -> None:
    desk.clock.move(hours=1)
    deliveries.judge_text(desk.session, notice.id, WRONG if wrong else RIGHT, text_wrong=wrong, by=desk.people.responder, now=desk.now)


def decide(desk: Desk, duty: Obligation, *, owed: bool) -> Obligation:
    return obligations.decide_one(desk.session, duty.case_id, duty.id, owed=owed, reason="Only the day was wrong.",
                                  by=desk.people.approver, now=desk.now)


def year(desk: Desk) -> tuple[int, int]:
    """Return how many duties to people were told in time, and how many missed, in the figures of the year."""
    found = next(one for one in statistics.of_year(desk.session, desk.now.year, by=desk.people.approver, now=desk.now).shares if one.who == "People")
    return found.on_time, found.missed


def test_a_text_withdrawn_after_it_told_people_asks_again_and_says_why(desk: Desk) -> None:
    # Given a duty that a notice ended
    notice, duty = told(desk)
    assert asked_again(desk.session, [duty]) == {}
    assert closing.to_decide_again(desk.session, by=desk.people.approver) == []

    # When its text is found wrong
    judge(desk, notice)

    # Then it stays done, for nobody is untold; it is asked again, with the reason that was given
    assert duty.state == DISCHARGED
    assert asked_again(desk.session, [duty]) == {duty.id: Again("the text of notice 1", "was withdrawn", desk.now, WRONG)}
    case = duty.case
    assert closing.to_decide_again(desk.session, by=desk.people.approver) == [duty]
    assert any("as the text of notice 1 that told them was withdrawn" in gap.words for gap in closing.gaps(desk.session, case, desk.now))

    # and the register, the paper and the filing do not call it settled
    page = reports.register(desk.session, by=desk.people.approver, now=desk.now, filter="decide", columns=tuple(Column))
    (row,) = [one for one in page.rows if one.ref == case.ref]
    assert (row.to_decide, row.people_sub) == (True, "to decide again")
    assert "to decide again: The text of notice 1 was withdrawn" in " ".join(page.cells[case.ref].values())
    assert "Nobody decided again whether people are told" in page.cells[case.ref][Column.GAPS]
    printed = next(one for one in case_matter(desk.session, case, desk.now, by=desk.people.approver)["duties"] if one["recipient"] == duty.recipient)
    assert printed["outcome"].endswith("; to decide again: The text of notice 1 was withdrawn")
    filing = record_of(desk.session, case, the_law())
    assert (filing.telling_open, filing.told) == (True, None)
    assert "told" not in facts(filing), "a human says it"


def test_a_text_that_is_right_after_all_asks_no_more(desk: Desk) -> None:
    notice, duty = told(desk)
    judge(desk, notice)

    judge(desk, notice, wrong=False)

    assert asked_again(desk.session, [duty]) == {}
    with pytest.raises(Conflict, match="settled"):
        decide(desk, duty, owed=True)


def test_an_approver_lets_it_be_owed_again_and_a_new_notice_tells_them(desk: Desk) -> None:
    # Given a case in which everybody was told, by a text that was withdrawn
    notice, duty = told(desk)
    case = duty.case
    case.state = CaseState.NOTIFIED.value
    desk.session.commit()
    judge(desk, notice)

    # When it is owed again
    decide(desk, duty, owed=True)
    assert (duty.state, case.state, asked_again(desk.session, [duty])) == (OWED, "decided", {})
    assert facts(record_of(desk.session, case, the_law()))["told"].value != "yes"

    # Then the withdrawn text counts for nobody, and only a notice to all of them ends it
    sent(desk, case, csv_of(3))
    assert duties(desk, case) == {"EU-GDPR": "owed"}
    sent(desk, case, csv_of(12))
    assert duties(desk, case) == {"EU-GDPR": "discharged"}
    assert duty.receipt_reference.startswith("Notice 3: 12 of 12 people")
    assert asked_again(desk.session, [duty]) == {}


def test_or_says_with_a_reason_that_what_was_sent_suffices_and_is_asked_no_more(desk: Desk) -> None:
    notice, duty = told(desk)
    judge(desk, notice)

    decide(desk, duty, owed=False)

    assert (duty.state, duty.state_reason) == (DISCHARGED, "Only the day was wrong.")
    assert facts(record_of(desk.session, duty.case, the_law()))["told"].value == "yes"
    assert asked_again(desk.session, [duty]) == {}
    assert desk.session.scalars(select(Entry).where(Entry.action == "obligation.stays_told")).one().subject_id == str(duty.id)

    # until the text is found right, and then wrong anew
    judge(desk, notice, wrong=False)
    judge(desk, notice)
    assert list(asked_again(desk.session, [duty])) == [duty.id]


def test_what_was_done_after_the_text_was_withdrawn_or_before_the_notice_went_out_is_not_asked(desk: Desk) -> None:
    # Given people told by hand after a text was withdrawn
    case = the_case(desk, Count.exact(12))
    notice = sent(desk, case, csv_of(3))
    judge(desk, notice)
    duty = desk.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "data_subjects")).one()
    obligations.mark_done(desk.session, case.id, duty.id, at=desk.now, how="phone", reference="List of calls", late_reason="",
                          proof_name="calls.txt", proof_bytes=b"All 12 were called.", proof_type="text/plain", by=desk.people.approver,
                          now=desk.now, vault=desk.vault)
    assert asked_again(desk.session, [duty]) == {}

    # and a further notice that nobody needed, stopped because its text was wrong
    desk.clock.move(hours=1)
    sent(desk, case, csv_of(100), stop=True)
    judge(desk, desk.session.scalars(select(Notice).where(Notice.number == 2)).one())
    assert asked_again(desk.session, [duty]) == {}


def test_a_text_stopped_as_wrong_while_it_went_out_ends_no_duty(desk: Desk) -> None:
    # Given a notice to a hundred people, stopped because its text was wrong when some of them had it
    case = the_case(desk, Count.exact(100))
    notice = sent(desk, case, csv_of(100), stop=True, wrong=True)

    # Then everybody has an outcome, some were told, and the duty is owed as before: by words that are right
    desk.session.refresh(notice)
    assert notice.finished_at is not None
    assert 0 < notice.accepted_count < 100
    assert set(duties(desk, case).values()) == {OWED}
    assert desk.session.scalars(select(Entry).where(Entry.action == "obligation.still_owed")).all() == []


def test_the_figures_of_the_year_call_it_done_again_only_once_somebody_decided(desk: Desk) -> None:
    # Given a duty with a date, of which people were told in time by a text that is wrong
    case = the_case(desk, Count.exact(12))
    owed = desk.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "data_subjects")).one()
    owed.due_at = desk.now + timedelta(days=1)
    desk.session.commit()
    notice = sent(desk, case, csv_of(12))
    assert (owed.state, year(desk)) == (DISCHARGED, (1, 0))

    # Then it is neither done nor late while its time runs, and missed once it is over and nobody decided
    judge(desk, notice)
    assert year(desk) == (0, 0)
    desk.clock.move(hours=48)
    assert year(desk) == (0, 1)

    decide(desk, owed, owed=False)
    assert year(desk) == (1, 0)


def test_a_closed_case_is_asked_nothing(desk: Desk) -> None:
    notice, duty = told(desk)
    judge(desk, notice)
    case = desk.session.get_one(Case, duty.case_id)
    case.state, case.closed_at = CaseState.CLOSED.value, desk.now
    desk.session.commit()

    assert closing.to_decide_again(desk.session, by=desk.people.approver) == []
    assert reports.register(desk.session, by=desk.people.approver, now=desk.now, filter="decide").rows == ()
    with pytest.raises(Conflict, match="settled"):
        decide(desk, duty, owed=True)
