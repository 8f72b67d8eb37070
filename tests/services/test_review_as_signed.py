"""What two people signed stays signed though the story has become richer since: only what was done after that voids it."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from incident_app.domain import review as rules
from incident_app.models.cases import Case
from incident_app.models.publishing import PublicNotice
from incident_app.models.review import ReviewSignature
from incident_app.services import deliveries, notices, publishing, review
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.closing_steps import CHANGE, JUDGED, written_review
from tests.services.test_public_corrections import approve, decide, drafted, told, withdraw

LATER = ("Public notice 1 was withdrawn", "A duty that was done is owed again", "A duty was found to stay done though its public notice was taken away")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def before(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts as they were told before public notices had their numbers and what became of them was a step."""
    steps = [{**one, "words": one["words"].replace("Public notice 1", "A public notice")} for one in facts["steps"] if one["words"] not in LATER]
    return {**facts, "steps": steps}


def signed(desk: Desk, case: Case, facts: dict[str, Any]) -> None:
    """Sign these facts by two people, as the release did that told them so."""
    content = rules.hash_of(facts, JUDGED, CHANGE)
    for who, decides in ((desk.people.responder, False), (desk.people.approver, True)):
        desk.session.add(ReviewSignature(case_id=case.id, words_number=1, content_hash=content, by_id=who.id, person=who.person,
                                         decides=decides, at=desk.now, facts=facts))
    desk.session.commit()


def published(desk: Desk) -> tuple[Case, PublicNotice]:
    """Return a case whose people were told in public, judged in words."""
    notice = approve(desk, drafted(desk))
    case = told(desk, notice).case
    written_review(desk.session, case, desk.people.responder, desk.now)
    return case, notice


@pytest.mark.parametrize("gone", [False, True])
def test_a_review_with_a_public_notice_in_it_stays_signed_by_both(desk: Desk, *, gone: bool) -> None:
    # Given a public notice, taken away and decided about or not, and two names under the story as it was told then
    case, notice = published(desk)
    if gone:
        withdraw(desk, notice)
        desk.clock.move(hours=1)
        decide(desk, publishing.stands_for(desk.session, notice)[0], owed=False)
    now_is = review.look(desk.session, case)
    then = before(now_is.facts)
    assert then != now_is.facts
    signed(desk, case, then)

    # When somebody looks, they see exactly that, and both names stand
    desk.clock.move(hours=24 * 5)
    seen = review.look(desk.session, case)
    assert (seen.facts, seen.complete, seen.void) == (then, True, ())

    # And a version written later tells the whole story
    review.save(desk.session, case.id, JUDGED, "Nothing.", version=1, by=desk.people.responder, now=desk.now)
    assert review.look(desk.session, case).facts == now_is.facts


def test_what_was_taken_away_after_both_had_signed_voids_their_names(desk: Desk) -> None:
    case, notice = published(desk)
    signed(desk, case, before(review.look(desk.session, case).facts))

    withdraw(desk, notice)

    seen = review.look(desk.session, case)
    assert (seen.standing, len(seen.void)) == ((), 2)


def test_a_text_withdrawn_before_is_no_new_fact_and_one_withdrawn_afterwards_is(desk: Desk) -> None:
    # Given a review signed when withdrawing a text was no step of the story yet
    notice = desk.launched(csv_of(3))
    desk.send_all()
    case = desk.session.get_one(Case, notice.case_id)
    written_review(desk.session, case, desk.people.responder, desk.now)
    desk.clock.move(hours=1)
    deliveries.judge_text(desk.session, notice.id, "It named the wrong day.", text_wrong=True, by=desk.people.responder, now=desk.now)
    story = review.look(desk.session, case).facts
    said = [one for one in story["steps"] if one["words"].startswith("The text of a notice was withdrawn")]
    assert len(said) == 1
    signed(desk, case, {**story, "steps": [one for one in story["steps"] if one not in said]})
    assert review.look(desk.session, case).complete

    # When the text is found right after they signed
    desk.clock.move(hours=1)
    deliveries.judge_text(desk.session, notice.id, "The day was right after all.", text_wrong=False, by=desk.people.responder, now=desk.now)

    # Then that is a fact they did not sign
    assert not review.look(desk.session, case).complete


def test_a_review_signed_when_two_notices_to_one_list_counted_twice_stays_signed(desk: Desk) -> None:
    # Given a list that got two notices, and a review with the sum of both, signed by two
    notice = desk.launched(csv_of(3))
    desk.send_all()
    case = desk.session.get_one(Case, notice.case_id)
    again = notices.draft(desk.session, case.id, notice.list_id, by=desk.people.responder, now=desk.now)
    notices.ask_approval(desk.session, again.id, by=desk.people.responder, now=desk.now)
    notices.approve(desk.session, again.id, by=desk.people.approver, now=desk.now)
    deliveries.launch(desk.session, again.id, typed_count=3, by=desk.people.responder, now=desk.now)
    desk.send_all()
    written_review(desk.session, case, desk.people.responder, desk.now)
    facts = review.look(desk.session, case).facts
    assert (facts["reach"]["listed"], facts["reach"]["told"]) == (3, 3)
    then = {**facts, "reach": {**facts["reach"], "listed": 6, "told": 6}}
    signed(desk, case, then)

    # When somebody looks, then they see what was signed, and both names stand
    seen = review.look(desk.session, case)
    assert (seen.facts, seen.complete, seen.void) == (then, True, ())
