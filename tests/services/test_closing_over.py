"""Nobody closes a case over a gap alone: each mandatory one is tried, and closing all the same takes two and a reason."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.closing import GapKind, StillOpen, hash_of
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.models import written_once
from incident_app.models.cases import Case
from incident_app.models.closing import Closing, closings_of
from incident_app.models.deliveries import Delivery
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.obligations import Obligation
from incident_app.models.organisation import Organisation
from incident_app.models.proposals import Proposal
from incident_app.services import alerts, audit, cases, closing, remediation
from incident_app.services.remediation import NewAction
from tests.builders import a_case
from tests.fakes import START, FakeClock, FakeVault
from tests.letters_kit import Desk
from tests.people import People
from tests.services.closing_steps import WHY_OVER, quieten, signed_review
from tests.services.filing_steps import an_approved_filing

SOON = START + timedelta(hours=2)
Made = Callable[[Session, People, FakeClock], Case]


@pytest.fixture
def quiet(session: Session, people: People) -> Case:
    """A case in which nothing is open."""
    return quieten(session, a_case(session, people.responder, kind="other"))


def to_do(session: Session, case: Case, people: People, now: datetime, title: str = "Ask the processor") -> None:
    remediation.add(session, case.id, NewAction(title, "remedy"), by=people.responder, now=now)


def duty(session: Session, case: Case) -> Obligation:
    return session.scalars(select(Obligation).where(
        Obligation.case_id == case.id, Obligation.recipient_type == "authority").limit(1)).one()


def undecided_risk(session: Session, people: People, clock: FakeClock) -> Case:
    case = quieten(session, a_case(session, people.responder, kind="other"))
    case.state = "assessed"
    return case


def with_duty(state: str, **more: object) -> Made:
    def made(session: Session, people: People, clock: FakeClock) -> Case:
        case = quieten(session, a_case(session, people.responder, kind="other"))
        row = duty(session, case)
        row.state = state
        for name, value in more.items():
            setattr(row, name, value)
        return case

    return made


def unasked_sector(session: Session, people: People, clock: FakeClock) -> Case:
    session.scalars(select(Organisation)).one().sectors = None
    session.commit()
    case = a_case(session, people.responder, kind="other")
    hanging = [row.id for row in session.scalars(select(Obligation).where(Obligation.state == "maybe"))]
    quieten(session, case)
    for row in session.scalars(select(Obligation).where(Obligation.id.in_(hanging))):
        row.state = "maybe"
    return case


def an_approved_filing_nobody_sent(session: Session, people: People, clock: FakeClock) -> Case:
    filing = an_approved_filing(session, people, FakeVault())
    return quieten(session, filing.case)


def a_filing_without_receipt(session: Session, people: People, clock: FakeClock) -> Case:
    case = an_approved_filing_nobody_sent(session, people, clock)
    session.scalars(select(Filing)).one().state = "submitted"
    return case


def a_send(session: Session, people: People, clock: FakeClock, *, ended: bool = True) -> tuple[Case, Notice]:
    desk = Desk(session, people, clock)
    notice = desk.launched()
    if ended:
        desk.send_all()
    found = session.get_one(Notice, notice.id)
    return quieten(session, session.get_one(Case, found.case_id)), found


def a_running_send(session: Session, people: People, clock: FakeClock) -> Case:
    return a_send(session, people, clock, ended=False)[0]


def a_sum_that_is_wrong(session: Session, people: People, clock: FakeClock) -> Case:
    case, notice = a_send(session, people, clock)
    notice.accepted_count -= 1
    return case


def an_uncertain_message(session: Session, people: People, clock: FakeClock) -> Case:
    case, notice = a_send(session, people, clock)
    notice.accepted_count, notice.uncertain_count = notice.accepted_count - 1, 1
    session.scalars(select(Delivery).where(Delivery.state == "accepted").limit(1)).one().state = "uncertain"
    return case


def an_open_action(session: Session, people: People, clock: FakeClock) -> Case:
    case = quieten(session, a_case(session, people.responder, kind="other"))
    to_do(session, case, people, clock.now())
    return case


def nobody_checked_it(session: Session, people: People, clock: FakeClock) -> Case:
    case = quieten(session, a_case(session, people.responder, kind="other"))
    remediation.add(session, case.id, NewAction("Ask the processor", "mitigate", mandatory=True), by=people.responder, now=clock.now())
    (action,) = remediation.open_actions(session, case.id)
    remediation.complete(session, action.id, "It answered", by=people.responder, now=clock.now())
    return case


def nobody_looked_whether_it_works(session: Session, people: People, clock: FakeClock) -> Case:
    case = quieten(session, a_case(session, people.responder, kind="other"))
    to_do(session, case, people, clock.now())
    (action,) = remediation.open_actions(session, case.id)
    remediation.complete(session, action.id, "It answered", by=people.responder, now=clock.now() - timedelta(days=31))
    return case


def no_review(session: Session, people: People, clock: FakeClock) -> Case:
    case = quieten(session, a_case(session, people.responder, kind="other"))
    case.people_data = "yes"
    return case


GAPS: list[tuple[GapKind, Made]] = [
    (GapKind.RISK, undecided_risk), (GapKind.SECTOR, unasked_sector), (GapKind.UNDECIDED, with_duty("undecided")),
    (GapKind.OWED, with_duty("owed")), (GapKind.LATE, with_duty("discharged", late_by_seconds=60, discharged_at=SOON)),
    (GapKind.UNPROVED, an_approved_filing_nobody_sent), (GapKind.UNPROVED, a_filing_without_receipt),
    (GapKind.SENDING, a_running_send), (GapKind.UNEVEN, a_sum_that_is_wrong), (GapKind.UNCERTAIN, an_uncertain_message),
    (GapKind.ACTION, an_open_action), (GapKind.UNCHECKED, nobody_checked_it), (GapKind.EFFECT, nobody_looked_whether_it_works),
    (GapKind.REVIEW, no_review),
]


def test_every_kind_of_gap_is_tried() -> None:
    assert {kind for kind, _ in GAPS} == set(GapKind)


@pytest.mark.parametrize(("kind", "made"), GAPS, ids=[f"{kind.value}-{made.__name__}" for kind, made in GAPS])
def test_nobody_closes_over_a_gap_alone(session: Session, people: People, clock: FakeClock, kind: GapKind, made: Made) -> None:
    # Given a case in which exactly this is open
    clock.move(hours=2)
    case = made(session, people, clock)
    session.commit()
    now = clock.now()
    gaps = closing.gaps(session, case, now)
    assert {gap.kind for gap in gaps} == {kind}

    # When an approver closes it, or somebody asks for that
    for close in (cases.close, cases.ask_closing):
        with pytest.raises(StillOpen) as refused:
            close(session, case.id, WHY_OVER, version=case.version, by=people.approver, now=now)
        assert refused.value.gaps == gaps

    # Or the approver who asks to close over it also answers, or somebody who decides nothing does
    asked = cases.ask_closing_over(session, case.id, WHY_OVER, seen=hash_of(gaps), version=case.version, by=people.approver, now=now)
    for person in (people.approver, people.responder):
        with pytest.raises(Forbidden):
            cases.answer_closing_over(session, case.id, asked.public_id, agreed=True, by=person, now=now)
    assert session.get_one(Case, case.id).state != "closed"

    # Then it stays open, until a second approver agrees to exactly this
    closed = cases.answer_closing_over(session, case.id, asked.public_id, agreed=True, by=people.second_approver, now=now)
    kept = session.scalars(closings_of(case.id)).one()
    assert (closed.state, kept.gaps) == ("closed", [gap.to_json() for gap in gaps])
    assert (kept.asked_by_id, kept.by_id, kept.reason, kept.over_count) == (
        people.approver.id, people.second_approver.id, WHY_OVER, len(gaps))


def test_the_agreement_falls_when_something_else_is_open(session: Session, people: People, quiet: Case) -> None:
    # Given somebody who asked to close over one open action
    to_do(session, quiet, people, SOON)
    seen = hash_of(closing.gaps(session, quiet, SOON))
    asked = cases.ask_closing_over(session, quiet.id, WHY_OVER, seen=seen, version=quiet.version, by=people.responder, now=SOON)
    waiting = cases.asked_closing_over(session, quiet, now=SOON)
    assert waiting is not None
    assert (waiting.void, [gap["kind"] for gap in waiting.gaps]) == (False, ["action_open"])
    with pytest.raises(Conflict, match="waits"):
        cases.ask_closing_over(session, quiet.id, WHY_OVER, seen=seen, version=quiet.version, by=people.responder, now=SOON)

    # When another action is added, and an approver agrees to what was asked
    to_do(session, quiet, people, SOON, "Ask the police")
    fallen = cases.asked_closing_over(session, quiet, now=SOON)
    assert fallen is not None
    assert fallen.void
    with pytest.raises(Conflict, match="Something else is open"):
        cases.answer_closing_over(session, quiet.id, asked.public_id, agreed=True, by=people.approver, now=SOON)

    # Then nothing is closed, the request fell for good, and that stands in the record
    assert session.get_one(Case, quiet.id).state == "decided"
    assert session.scalars(select(Proposal)).one().state == "voided"
    assert audit.of_case(session, quiet.id)[0].action == "case.closing_over.voided"
    assert cases.asked_closing_over(session, quiet, now=SOON) is None
    with pytest.raises(Conflict, match="answered already"):
        cases.answer_closing_over(session, quiet.id, asked.public_id, agreed=True, by=people.approver, now=SOON)


def test_it_is_asked_again_about_what_is_open_now(session: Session, people: People, quiet: Case) -> None:
    to_do(session, quiet, people, SOON)
    seen = hash_of(closing.gaps(session, quiet, SOON))
    first = cases.ask_closing_over(session, quiet.id, WHY_OVER, seen=seen, version=quiet.version, by=people.responder, now=SOON)
    to_do(session, quiet, people, SOON, "Ask the police")

    with pytest.raises(Stale, match="Something else is open"):
        cases.ask_closing_over(session, quiet.id, WHY_OVER, seen=seen, version=quiet.version, by=people.responder, now=SOON)
    seen = hash_of(closing.gaps(session, quiet, SOON))
    again = cases.ask_closing_over(session, quiet.id, WHY_OVER, seen=seen, version=quiet.version, by=people.approver, now=SOON)

    assert session.get_one(Proposal, first.id).state == "voided"
    cases.answer_closing_over(session, quiet.id, again.public_id, agreed=False, reason="Do it first, please.",
                              by=people.second_approver, now=SOON)
    assert session.get_one(Proposal, again.id).state == "refused"
    assert session.get_one(Case, quiet.id).state == "decided"


def test_where_nothing_is_open_or_no_reason_is_given_nothing_is_asked(session: Session, people: People, quiet: Case) -> None:
    with pytest.raises(Conflict, match="Nothing is open"):
        cases.ask_closing_over(session, quiet.id, WHY_OVER, seen="", version=quiet.version, by=people.responder, now=SOON)
    to_do(session, quiet, people, SOON)
    seen = hash_of(closing.gaps(session, quiet, SOON))
    with pytest.raises(Refused) as refused:
        cases.ask_closing_over(session, quiet.id, "Over.", seen=seen, version=quiet.version, by=people.responder, now=SOON)
    assert set(refused.value.problems) == {"reason"}
    with pytest.raises(Forbidden):
        cases.ask_closing_over(session, quiet.id, WHY_OVER, seen=seen, version=quiet.version, by=people.auditor, now=SOON)


def test_reopening_keeps_the_closing_its_reason_and_its_review(session: Session, people: People, quiet: Case) -> None:
    # Given a case that was reviewed and closed over an open action
    content = signed_review(session, quiet, people, SOON)
    assert session.get_one(Case, quiet.id).state == "reviewed"
    to_do(session, quiet, people, SOON)
    content = signed_review(session, quiet, people, SOON)
    gaps = closing.gaps(session, quiet, SOON)
    asked = cases.ask_closing_over(session, quiet.id, WHY_OVER, seen=hash_of(gaps), version=quiet.version, by=people.responder, now=SOON)
    cases.answer_closing_over(session, quiet.id, asked.public_id, agreed=True, by=people.approver, now=SOON)
    entries = len(audit.of_case(session, quiet.id))

    # When an approver opens it again, with the reason
    later = SOON + timedelta(days=3)
    with pytest.raises(Refused) as refused:
        cases.reopen(session, quiet.id, " ", by=people.approver, now=later)
    assert set(refused.value.problems) == {"reason"}
    with pytest.raises(Forbidden):
        cases.reopen(session, quiet.id, "The police called.", by=people.responder, now=later)
    kept = cases.reopen(session, quiet.id, "The police called.", by=people.approver, now=later)

    # Then it goes on where it was, and what it was closed for, over what, by whom, with which review stays readable
    case = session.get_one(Case, quiet.id)
    assert (case.state, case.closed_at, case.close_reason) == ("reviewed", None, "")
    assert (kept.reason, kept.gaps, kept.reopen_reason, kept.reopened_at, kept.review_hash) == (
        WHY_OVER, [gap.to_json() for gap in gaps], "The police called.", later, content)
    timeline = cases.timeline(session, case.id)
    said = cases.details_of(session, case, timeline)
    assert len(timeline) == entries + 1
    assert [(one.action, said[one.seq]["reason"]) for one in timeline if one.action in ("case.closed", "case.reopened")] == [
        ("case.reopened", "The police called."), ("case.closed", WHY_OVER)]
    assert audit.verify(session).complete

    # And a second closing is one more, beside the first
    with pytest.raises(Conflict, match="not closed"):
        cases.reopen(session, quiet.id, "Again.", by=people.approver, now=later)
    (action,) = remediation.open_actions(session, case.id)
    remediation.complete(session, action.id, "Asked, see the letter.", by=people.responder, now=later)
    cases.close(session, case.id, "Now all is done.", version=case.version, by=people.approver, now=later)
    assert [(one.number, one.reason, one.over_count) for one in closing.of_closings(session, case.id)] == [
        (2, "Now all is done.", 0), (1, WHY_OVER, 1)]


def test_a_case_closed_before_closings_were_kept_is_opened_too(session: Session, people: People, quiet: Case) -> None:
    # Given a case that was closed when only the case itself said why
    cases.close(session, quiet.id, "All done.", version=quiet.version, by=people.approver, now=SOON)
    written_once.unprotect(session.connection(), [one for one in written_once.KEPT if one.reopened])
    session.delete(session.scalars(select(Closing)).one())
    session.commit()

    # When it is opened again
    kept = cases.reopen(session, quiet.id, "The police called.", by=people.second_approver, now=SOON)

    # Then its closing is written down from what the case and the record say
    assert (kept.number, kept.reason, kept.by_id, kept.state_before) == (1, "All done.", people.approver.id, "notified")
    with pytest.raises(NotFound):
        cases.reopen(session, 999, "The police called.", by=people.approver, now=SOON)


def test_an_erased_case_stays_closed(session: Session, people: People, quiet: Case) -> None:
    cases.close(session, quiet.id, "All done.", version=quiet.version, by=people.approver, now=SOON)
    session.get_one(Case, quiet.id).text_key = None
    session.commit()

    with pytest.raises(Conflict, match="destroyed"):
        cases.reopen(session, quiet.id, "The police called.", by=people.approver, now=SOON)


def test_a_duty_that_was_closed_over_wakes_people_again_once_the_case_is_open(
    session: Session, people: People, clock: FakeClock
) -> None:
    # Given a case closed over a duty that is owed
    case = with_duty("owed")(session, people, clock)
    session.commit()
    seen = hash_of(closing.gaps(session, case, clock.now()))
    asked = cases.ask_closing_over(session, case.id, WHY_OVER, seen=seen, version=case.version, by=people.responder, now=clock.now())
    cases.answer_closing_over(session, case.id, asked.public_id, agreed=True, by=people.approver, now=clock.now())
    due_at = duty(session, case).due_at
    assert due_at is not None

    # When it is opened again and the duty's time runs out
    cases.reopen(session, case.id, "It was owed all the same.", by=people.approver, now=clock.move(hours=1))
    clock.move(hours=(due_at - clock.now()).total_seconds() / 3600 - 1)

    # Then somebody is woken
    assert alerts.raise_due(session, now=clock.now()).raised == 1
