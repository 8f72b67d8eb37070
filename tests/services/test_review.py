"""A review writes itself from the record; people judge; two sign exactly that, and any change takes their names back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import review as rules
from incident_app.domain.accounts import Actor, Role
from incident_app.domain.closing import GapKind
from incident_app.domain.ports import Attachment
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.models.cases import Case
from incident_app.models.deliveries import Tally
from incident_app.models.obligations import Obligation
from incident_app.models.review import ReviewSignature
from incident_app.services import (
    audit,
    cases,
    closing,
    deliveries,
    remediation,
    reports,
    review,
    writing_down,
)
from incident_app.services.remediation import NewAction
from tests.builders import a_case, not_told
from tests.fakes import START, FakeClock, FakePdf, FakeVault
from tests.letters_kit import Desk
from tests.people import People
from tests.services.closing_steps import CHANGE, JUDGED, quieten, signed_review, written_review
from tests.services.filing_steps import an_approved_filing, an_owed_case, submit

SOON = START + timedelta(hours=2)
BY_PHONE = "Everybody was told by phone, one by one."


class KeepingPdf(FakePdf):
    """Keeps what it was given to print."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.written: list[tuple[str, dict[str, Any]]] = []

    def write(self, template: str, content: Mapping[str, object], *, language: str, title: str, created_at: datetime,
              attachments: Sequence[Attachment] = ()) -> bytes:
        """Keep it."""
        self.written.append((template, dict(content)))
        return super().write(template, content, language=language, title=title, created_at=created_at, attachments=attachments)


def test_the_figures_are_those_of_the_register(session: Session, people: People) -> None:
    # Given a case seen three hours before awareness, filed after two hours
    vault = FakeVault()
    filing = submit(session, an_approved_filing(session, people, vault), people, vault)
    case = session.get_one(Case, filing.case_id)
    case.detected_at = START - timedelta(hours=3)
    session.commit()

    # When it is reviewed
    found = review.facts(session, case)

    # Then hours, deadlines and actions are those that the register writes down
    (entry,) = writing_down.entries(session, [case.id])
    assert (found.hours.signal_to_awareness, found.hours.awareness_to_filing) == (3.0, 2.0)
    assert [(one.recipient, one.due_at, one.told_at, one.late_by_seconds) for one in found.deadlines] == [
        (one.recipient, one.due_at, one.told_at, max(one.late_by_seconds or 0, 0)) for one in entry.duties]
    assert found.counted("kept") == 1
    assert (sum(found.actions.values()), len(found.open_actions)) == (len(entry.actions), len(entry.actions))
    assert "A filing was marked as submitted" in [one.words for one in found.steps]


def test_reach_is_that_of_the_send(session: Session, people: People, clock: FakeClock) -> None:
    # Given a notice of which every message was taken, and three receipts came
    clock.move(hours=2)
    desk = Desk(session, people, clock)
    notice = desk.launched()
    desk.send_all()
    session.add(Tally(notice_id=notice.id, channel="email", language="en", country="DE", state="delivered", cause="", count=3))
    session.commit()
    case = session.get_one(Case, notice.case_id)

    found, progress = review.facts(session, case), deliveries.overview(session, notice.id, now=clock.now())

    reach = found.reach
    assert (reach.listed, reach.told, reach.failed, reach.uncertain, reach.none, reach.reached, reach.missing) == (
        progress.total, progress.accepted, progress.failed, progress.uncertain, progress.waiting, 3, 0)
    assert reach.told > 0
    assert (found.hours.awareness_to_first_told, found.hours.awareness_to_last_told) == (2.0, 2.0)

    # And its paper says the same sum
    pdf = KeepingPdf()
    reports.review_pdf(session, case.id, by=people.auditor, now=clock.now(), pdf=pdf)
    assert pdf.written[0][1]["reach"] == (
        f"{reach.listed} people on the lists = {reach.told} told + {reach.failed} failed + 0 uncertain + 0 none sent. "
        "3 confirmed by a receipt. People concerned, as the case says: unknown.")


def test_a_decision_that_differs_from_the_score_stands_with_its_reason(session: Session, people: People) -> None:
    # Given a score that proposes to tell people, and two approvers who decided not to
    case = an_owed_case(session, people)
    not_told(session, case.id, "people", BY_PHONE, people.approver, people.second_approver, SOON)

    (found,) = review.facts(session, case).differed

    assert (found.subject, found.outcome, found.proposed, found.who, found.standing) == (
        "people", "not required", "required", "Ada Approver", "confirmed")
    assert found.reason == BY_PHONE


def test_two_people_sign_what_they_saw_and_then_it_is_reviewed(session: Session, people: People) -> None:
    # Given a case in which only the review is missing
    case = quieten(session, a_case(session, people.responder, kind="other"))
    case.people_data = "yes"
    session.commit()
    assert [gap.words for gap in closing.gaps(session, case, SOON)] == ["The review is not written and not signed."]

    # When words are added, and one signs, and signs again
    with pytest.raises(Conflict, match="written"):
        review.sign(session, case.id, review.look(session, case).content_hash, by=people.responder, now=SOON)
    content = written_review(session, case, people.responder, SOON)
    assert [gap.words for gap in closing.gaps(session, case, SOON)] == ["The review is not signed: two people sign it."]
    review.sign(session, case.id, content, by=people.responder, now=SOON)
    assert [gap.words for gap in closing.gaps(session, case, SOON)] == [
        "The review is signed by one person; a second one has to sign it."]
    same = Actor(people.second_approver.id, "Another account", frozenset({Role.APPROVER}), person_id=people.responder.person)
    for person in (people.responder, same):
        with pytest.raises(Forbidden, match="second person"):
            review.sign(session, case.id, content, by=person, now=SOON)
    with pytest.raises(Forbidden):
        review.sign(session, case.id, content, by=people.auditor, now=SOON)

    # Then a second person, an approver, makes it complete, and nothing is open any more
    review.sign(session, case.id, content, by=people.approver, now=SOON, method="passkey")
    seen = review.look(session, session.get_one(Case, case.id))
    assert (seen.complete, [one.person for one in seen.standing], case.state) == (
        True, [people.responder.person, people.approver.person], "reviewed")
    assert seen.standing[1].facts == seen.facts
    assert closing.gaps(session, case, SOON) == ()
    assert "Two people" in (review.why_not(seen, people.second_approver) or "")
    assert "Who works on cases" in (review.why_not(seen, people.auditor) or "")
    signed = [one for one in audit.of_case(session, case.id) if one.action == "review.signed"]
    assert [(one.details["hash"], one.details["complete"]) for one in signed] == [(content, True), (content, False)]


def test_a_change_of_the_words_takes_both_names_back(session: Session, people: People) -> None:
    case = quieten(session, a_case(session, people.responder, kind="other"))
    signed_review(session, case, people, SOON)
    case.people_data = "yes"
    session.commit()

    review.save(session, case.id, "It was done well after all.", CHANGE, version=1, by=people.responder, now=SOON)

    seen = review.look(session, case)
    assert (seen.standing, [one.voided_why for one in seen.void], case.state) == (
        (), ["The words were changed.", "The words were changed."], "decided")
    assert [one.judgement for one in seen.versions] == ["It was done well after all.", JUDGED], "what was signed stays readable"
    assert [gap.kind for gap in closing.gaps(session, case, SOON)] == [GapKind.REVIEW]
    assert audit.of_case(session, case.id)[0].details == {"version": 2, "fields": ["judgement"], "voided": 2}


def test_a_change_of_the_facts_takes_both_names_back(session: Session, people: People) -> None:
    # Given a signed review, which reading, printing and asking do not change
    case = quieten(session, a_case(session, people.responder, kind="other"))
    content = signed_review(session, case, people, SOON)
    reports.review_pdf(session, case.id, by=people.auditor, now=SOON + timedelta(days=3), pdf=FakePdf())
    assert review.look(session, case).content_hash == content

    # When something is still to be done
    remediation.add(session, case.id, NewAction("Ask the processor", "remedy"), by=people.responder, now=SOON)

    # Then nobody has signed that, who signs what they saw before is told, and signing it anew ends the old names
    seen = review.look(session, case)
    assert (len(seen.standing), len(seen.void)) == (0, 2)
    with pytest.raises(Stale, match="not what you saw"):
        review.sign(session, case.id, content, by=people.second_approver, now=SOON)
    review.sign(session, case.id, seen.content_hash, by=people.second_approver, now=SOON)
    voided = session.scalars(select(ReviewSignature).where(ReviewSignature.voided_at.is_not(None))).all()
    assert {one.voided_why for one in voided} == {"The facts changed."}
    assert len(voided) == 2
    assert session.get_one(Case, case.id).state == "decided"


def test_what_was_signed_before_an_undated_duty_said_why_stays_signed(session: Session, people: People) -> None:
    # Given a review that one person signed when its facts said nothing about a duty without a date
    case = quieten(session, an_owed_case(session, people))
    written_review(session, case, people.responder, SOON)
    now_is = review.look(session, case)
    assert any(one.get("undated") for one in now_is.facts["deadlines"])
    facts = rules.as_before(now_is.facts)
    content = rules.hash_of(facts, JUDGED, CHANGE)
    session.add(ReviewSignature(case_id=case.id, words_number=1, content_hash=content, by_id=people.responder.id,
                                person=people.responder.person, decides=False, at=SOON, facts=facts))
    session.commit()

    # When the second person looks, they see exactly that, and with their name it is complete
    seen = review.look(session, case)
    assert (seen.content_hash, seen.facts, len(seen.standing), seen.void) == (content, facts, 1, ())
    review.sign(session, case.id, content, by=people.approver, now=SOON)
    assert review.look(session, case).complete

    # And a version written later says why
    review.save(session, case.id, JUDGED, "Nothing.", version=1, by=people.responder, now=SOON)
    assert review.look(session, case).facts == now_is.facts


def test_who_was_slower_saves_nothing_and_both_fields_are_asked_for(session: Session, people: People) -> None:
    case = a_case(session, people.responder)
    review.save(session, case.id, JUDGED, CHANGE, version=0, by=people.responder, now=SOON)

    with pytest.raises(Stale, match="while you were editing"):
        review.save(session, case.id, "Mine.", CHANGE, version=0, by=people.approver, now=SOON)
    with pytest.raises(Refused) as refused:
        review.save(session, case.id, "", " ", version=1, by=people.approver, now=SOON)
    assert set(refused.value.problems) == {"judgement", "to_change"}
    with pytest.raises(Forbidden):
        review.save(session, case.id, JUDGED, CHANGE, version=1, by=people.auditor, now=SOON)


def test_a_closed_case_shows_the_review_as_it_was_signed(session: Session, people: People) -> None:
    # Given a case that was closed with its review
    case = quieten(session, a_case(session, people.responder, kind="other"))
    content = signed_review(session, case, people, SOON)
    cases.close(session, case.id, "All done.", version=case.version, by=people.approver, now=SOON)

    # When a figure changes later, as a receipt would
    case.detected_at = START - timedelta(days=1)
    session.commit()

    # Then the review is what was signed, and nobody writes into it
    seen = review.look(session, case)
    assert (seen.content_hash, seen.complete, seen.facts["hours"]["signal_to_awareness"], seen.void) == (content, True, 0.0, ())
    with pytest.raises(Conflict, match="closed"):
        review.save(session, case.id, "Another.", CHANGE, version=1, by=people.responder, now=SOON)


def test_the_paper_says_what_the_page_says(session: Session, people: People) -> None:
    # Given a review that one person signed, a decision that differs, and a case closed and opened before
    case = an_owed_case(session, people)
    not_told(session, case.id, "people", BY_PHONE, people.approver, people.second_approver, SOON)
    quieten(session, case)
    cases.close(session, case.id, "All done.", version=case.version, by=people.approver, now=SOON)
    cases.reopen(session, case.id, "The police called.", by=people.approver, now=SOON)
    waits = session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.due_at.is_not(None))).first()
    assert waits is not None
    waits.due_at = waits.anchor_at = None
    waits.anchor, waits.value, waits.unit = "consumer_notice_sent", 15, "calendar_days"
    session.commit()
    content = written_review(session, case, people.responder, SOON)
    review.sign(session, case.id, content, by=people.approver, now=SOON)
    pdf = KeepingPdf()

    # When it is printed
    reports.review_pdf(session, case.id, by=people.auditor, now=SOON, pdf=pdf)

    # Then words, signature, hash, closing and reopening stand in it
    (template, content_of), = pdf.written
    assert template == "review.html"
    assert (content_of["judgement"], content_of["to_change"], content_of["content_hash"]) == (JUDGED, CHANGE, content)
    assert [name for name, _ in content_of["signed"]] == ["Ada Approver"]
    assert content_of["draft"] is True
    assert "not started: 15 days from the notice to people being sent" in [one["due"] for one in content_of["deadlines"]]
    (closed,) = content_of["closings"]
    assert (closed["reason"], closed["reopen_reason"]) == ("All done.", "The police called.")
    assert content_of["differed"][0]["reason"] == BY_PHONE
    with pytest.raises(NotFound):
        reports.review_pdf(session, 999, by=people.auditor, now=SOON, pdf=pdf)


def test_names_under_other_facts_than_a_case_is_closed_with_are_void(session: Session, people: People) -> None:
    # Given a review that two signed, and a figure that changed since
    case = quieten(session, a_case(session, people.responder, kind="other"))
    signed_review(session, case, people, SOON)
    case.detected_at = START - timedelta(days=1)
    session.commit()

    # When the case, which needs no review, is closed
    cases.close(session, case.id, "All done.", version=case.version, by=people.approver, now=SOON)

    # Then nothing says that its review is signed
    (kept,) = closing.of_closings(session, case.id)
    assert (kept.review_hash, kept.state_before, closing.really_done(session, case)) == ("", "decided", frozenset({"logged", "decided", "closed"}))
    assert review.look(session, case).standing == ()
