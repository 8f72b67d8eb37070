"""Controllers are no people: the statistics do not count them as such, and a review has words of their own for them."""

import pytest
from sqlalchemy.orm import Session

from incident_app.domain import review as rules
from incident_app.models.cases import Case
from incident_app.models.review import ReviewSignature
from incident_app.services import controllers, notices, reports, review, statistics
from incident_app.services.reports.printing_review import review_pdf
from incident_app.services.review.gathering import facts_as_before
from tests.controllers_kit import ENVELOPE, Office
from tests.fakes import FakeClock, KeepingPdf
from tests.letters_kit import Desk
from tests.people import People
from tests.services.closing_steps import CHANGE, JUDGED, signed_review

HARBOUR = "dpo@blueharbour.example"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Office:
    return Office(session, people, clock)


def processed(desk: Office) -> Case:
    """Three controllers are told two hours after awareness, and one of them says that it arrived."""
    case = desk.case()
    desk.clock.move(hours=2)
    desk.told(case=case)
    controllers.acknowledge(desk.session, desk.codes()[HARBOUR], "Priya", now=desk.now)
    return desk.session.get_one(Case, case.id)


def test_a_notice_to_controllers_and_its_reminder_reach_no_people(desk: Office) -> None:
    # Given a notice to three controllers and a reminder to two of them
    case = processed(desk)
    desk.clock.move(hours=25)
    first = notices.of_case(desk.session, case.id)[0]
    desk.out(controllers.remind(desk.session, first.id, 24, by=desk.people.responder, now=desk.now, vault=desk.vault, envelope=ENVELOPE))

    year = statistics.of_year(desk.session, case.aware_at.year, by=desk.people.approver, now=desk.now)

    # Then nobody was written to; "nothing was sent" is no zero
    assert (year.told, year.reached) == (None, None)


def test_the_people_of_other_cases_are_counted_beside_it(desk: Office, session: Session, people: People, clock: FakeClock) -> None:
    case = processed(desk)
    own = Desk(session, people, clock).launched()

    year = statistics.of_year(desk.session, case.aware_at.year, by=desk.people.approver, now=desk.now)

    assert year.told == own.list_count


def test_the_review_of_a_processor_speaks_of_controllers_on_the_page_and_on_paper(desk: Office) -> None:
    case, pdf = processed(desk), KeepingPdf()

    found = review.look(desk.session, case).facts
    review_pdf(desk.session, case.id, by=desk.people.auditor, now=desk.now, pdf=pdf)

    # Then hours, reach and story are of controllers, and nothing is said of people that never was
    assert [label for label, _ in reports.hours_of(found)] == [
        "First sign to awareness", "Awareness to filing", "Awareness to first controller told", "Awareness to last controller told"]
    assert found["controllers"] == {
        "listed": 3, "told": 3, "acknowledged": 1, "awareness_to_first_told": 2.0, "awareness_to_last_told": 2.0}
    steps = [one["words"] for one in found["steps"]]
    assert "The first controller was told" in steps
    assert not [words for words in steps if "person" in words]
    assert pdf.content["whom"] == reports.whom_of(found) == "Controllers told"
    assert pdf.content["reach"].startswith("3 of 3 controllers written to were told, 1 acknowledged that the notice arrived. People con")
    assert ("Awareness to first controller told", "2 h") in pdf.content["hours"]
    assert "No message of ours" not in pdf.content["reach"]


def test_a_processor_that_wrote_to_nobody_yet_is_told_so_and_one_told_by_hand_counts_in_the_hours(desk: Office) -> None:
    case = desk.case()

    found = review.look(desk.session, case).facts

    assert reports.controllers_words(found["controllers"]) == "No message of ours was sent to a controller."
    assert found["controllers"]["awareness_to_first_told"] is None


def test_a_case_in_which_people_were_told_besides_says_both(
    desk: Office, session: Session, people: People, clock: FakeClock,
) -> None:
    # Given a case in which people were written to, and controllers besides
    own = Desk(session, people, clock)
    notice = own.launched()
    own.send_all()
    case = session.get_one(Case, notice.case_id)
    desk.told(case=case)

    pdf = KeepingPdf()
    review_pdf(desk.session, case.id, by=desk.people.auditor, now=desk.now, pdf=pdf)

    assert pdf.content["whom"] == "Controllers and people told"
    assert f"{notice.list_count} people on the lists = " in pdf.content["reach"]
    assert "Awareness to first person told" in dict(pdf.content["hours"])


def test_the_facts_of_a_case_of_our_own_are_written_and_hashed_as_ever(
    session: Session, people: People, clock: FakeClock,
) -> None:
    case = session.get_one(Case, Desk(session, people, clock).launched().case_id)

    found = review.facts(session, case).to_json()

    assert "controllers" not in found
    assert found == facts_as_before(session, case).to_json()
    assert [label for label, _ in reports.hours_of(found)][2:] == ["Awareness to first person told", "Awareness to last person told"]
    assert reports.whom_of(found) == "People reached"


def test_what_was_signed_before_controllers_had_words_of_their_own_stands_and_is_read_as_it_was_signed(desk: Office) -> None:
    # Given a review of a processor that one person signed in the words of that time
    case = processed(desk)
    review.save(desk.session, case.id, JUDGED, CHANGE, version=0, by=desk.people.responder, now=desk.now)
    before = facts_as_before(desk.session, case).to_json()
    content = rules.hash_of(before, JUDGED, CHANGE)
    desk.session.add(ReviewSignature(
        case_id=case.id, words_number=1, content_hash=content, by_id=desk.people.responder.id, person=desk.people.responder.person,
        decides=False, at=desk.now, facts=before))
    desk.session.commit()

    # When it is opened, and the second person signs
    seen = review.look(desk.session, case)
    assert (seen.facts, seen.content_hash, len(seen.standing), seen.void) == (before, content, 1, ())
    review.sign(desk.session, case.id, seen.content_hash, by=desk.people.approver, now=desk.now)

    # Then both stand under the same facts
    assert review.look(desk.session, desk.session.get_one(Case, case.id)).complete
    assert reports.whom_of(before) == "People reached"

    # And once the words change, what is signed anew has the words of controllers
    review.save(desk.session, case.id, JUDGED + " More.", CHANGE, version=1, by=desk.people.responder, now=desk.now)
    assert "controllers" in review.look(desk.session, desk.session.get_one(Case, case.id)).facts


def test_a_signature_under_facts_that_changed_falls_as_ever(desk: Office) -> None:
    case = processed(desk)
    signed_review(desk.session, case, desk.people, desk.now)
    assert review.look(desk.session, desk.session.get_one(Case, case.id)).complete

    controllers.acknowledge(desk.session, desk.codes()["privacy@nordwind.example"], "Ines", now=desk.now)

    seen = review.look(desk.session, desk.session.get_one(Case, case.id))
    assert (len(seen.standing), len(seen.void)) == (0, 2)
