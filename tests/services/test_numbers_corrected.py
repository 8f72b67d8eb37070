"""The number of people is corrected: duties that hang on it follow, up and down, and nothing is dropped without a word."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.cases import Count
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, EXCUSED, OWED, SUPERSEDED, UNDECIDED, Obligation
from incident_app.services import cases, deliveries, obligations, saying
from incident_app.services.unit import writing
from tests.builders import the_law, the_world
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.duty_steps import a_case, change, duty_of, versions_of
from tests.services.test_everybody_told import duties, sent, the_case, why

KOREA, SINGAPORE, CALIFORNIA = "Art 34(3)", "s 26D", "(f)"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def correct(desk: Desk, case: Case, people: Count) -> None:
    """Correct the number of people of a case."""
    known = cases.facts_of(case)
    cases.edit(desk.session, case.id, replace(known, people=people), version=case.version, by=desk.people.responder, now=desk.now,
               world=the_world())


def said(session: Session, action: str) -> list[dict[str, str]]:
    """Return what the last entry of this kind says of each duty."""
    entry = session.scalars(select(Entry).where(Entry.action == action).order_by(Entry.seq.desc())).first()
    return [dict(one) for one in entry.details["duties"]] if entry is not None else []


def test_a_number_that_is_corrected_down_lets_a_duty_end_as_of_when_the_last_notice_did(desk: Desk) -> None:
    # Given a notice that told everybody of its list, and a case that said there were more
    case = the_case(desk, Count.about(10_000))
    notice = sent(desk, case, csv_of(12))
    assert (duties(desk, case), len(why(desk, case))) == ({"EU-GDPR": "owed"}, 1)

    # When the number is corrected two days later: to more than the list holds first, then to as many
    desk.clock.move(hours=48)
    correct(desk, case, Count.exact(13))
    assert duties(desk, case) == {"EU-GDPR": "owed"}
    correct(desk, case, Count.exact(12))

    # Then they were told when the notice ended, by the same words as if it had been so from the start
    duty = desk.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.state == DISCHARGED,
                                                         Obligation.recipient_type == "data_subjects")).one()
    assert (duty.discharged_at, duty.discharged_how) == (notice.finished_at, "notice")
    assert duty.receipt_reference.startswith("Notice 1: 12 of 12 people, proof ")
    entry = desk.session.scalars(select(Entry).where(Entry.action == "obligation.discharged")).one()
    assert (entry.subject_id, entry.actor_name, entry.at) == (str(duty.id), "incident-app", desk.now)


def test_what_the_last_notice_was_too_late_for_stays_open_for_a_persons_reasons(desk: Desk) -> None:
    case = the_case(desk, Count.about(10_000))
    duty = desk.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "data_subjects")).one()
    duty.due_at = desk.now - timedelta(hours=1)
    desk.session.commit()
    sent(desk, case, csv_of(12))

    with writing(desk.session):
        case.people_count = Count.exact(12).to_json()
        deliveries.look_again(desk.session, case, law=the_law(), now=desk.now)

    assert duties(desk, case) == {"EU-GDPR": "owed"}
    assert "It is past its date, so say why." in why(desk, case).pop()


def test_a_number_that_is_corrected_up_lets_a_duty_that_a_notice_ended_be_owed_again(desk: Desk) -> None:
    # Given people who were all told, as the case had them, and a case that is notified
    case = the_case(desk, Count.exact(12))
    sent(desk, case, csv_of(12))
    case.state = "notified"
    desk.session.commit()
    duty = desk.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "data_subjects")).one()

    # When the number is corrected to one that the list holds, nothing is owed; when to more, the others are
    correct(desk, case, Count.exact(11))
    assert duty.state == DISCHARGED
    correct(desk, case, Count.about(10_000))
    assert (duty.state, duty.discharged_at, duty.receipt_reference, case.state) == (OWED, None, "", "decided")
    (words,) = why(desk, case)
    assert words.startswith("Notice 1 reached 12 of 12 people in its list; the case says about 10\u202f000 are concerned.")

    # Then the record says by what, what it had been done by, and that no person decided it
    entry = desk.session.scalars(select(Entry).where(Entry.action == "obligation.reopened")).one()
    said_why = saying.opened(desk.session, [entry])[entry.seq]
    assert (entry.actor_name, said_why["how"]) == ("incident-app", "notice")
    assert str(said_why["reason"]).endswith("the case says about 10\u202f000 are concerned.")

    # and with the old number it is done once more, as of when they were told
    correct(desk, case, Count.exact(12))
    assert duties(desk, case) == {"EU-GDPR": "discharged"}


def test_what_a_person_said_stays_done_and_what_was_done_by_hand_the_number_does_not_reopen(desk: Desk) -> None:
    # Given a duty of which an approver said that the withdrawn text suffices
    case = the_case(desk, Count.exact(12))
    notice = sent(desk, case, csv_of(12))
    desk.clock.move(hours=1)
    deliveries.judge_text(desk.session, notice.id, "It named the wrong day.", text_wrong=True, by=desk.people.responder, now=desk.now)
    duty = desk.session.scalars(select(Obligation).where(Obligation.case_id == case.id, Obligation.recipient_type == "data_subjects")).one()
    obligations.decide_one(desk.session, case.id, duty.id, owed=False, reason="Only the day.", by=desk.people.approver, now=desk.now)
    desk.clock.move(hours=1)
    deliveries.judge_text(desk.session, notice.id, "The day was right after all.", text_wrong=False, by=desk.people.responder, now=desk.now)

    correct(desk, case, Count.about(10_000))
    assert duty.state == DISCHARGED

    # and one that was marked by hand
    duty.discharged_how = "phone"
    desk.session.commit()
    correct(desk, case, Count.about(20_000))
    assert duty.state == DISCHARGED


def test_before_any_notice_ended_and_for_other_facts_nothing_is_looked_at(desk: Desk) -> None:
    case = the_case(desk, Count.about(10_000))
    correct(desk, case, Count.exact(12))
    change(desk.session, case, desk.people.responder, cause="A lost key.")
    assert duties(desk, case) == {"EU-GDPR": "owed"}
    assert desk.session.scalars(select(Entry).where(Entry.action == "obligation.discharged")).all() == []


def test_where_the_proof_of_a_notice_is_not_there_nothing_ends(desk: Desk) -> None:
    case = the_case(desk, Count.about(10_000))
    notice = sent(desk, case, csv_of(12))
    for proof in deliveries.proofs_of(desk.session, notice.id):
        desk.session.delete(proof)
    desk.session.commit()

    correct(desk, case, Count.exact(12))

    assert duties(desk, case) == {"EU-GDPR": "owed"}


def test_from_its_number_on_a_law_asks_nothing_else_and_below_it_hangs_on_a_decision_again(session: Session, people: People) -> None:
    # Given a law with a term that asks for one of several grounds, or for a thousand people, and a hundred people there
    case = a_case(session, people.responder, countries=("KR",), people=Count.exact(100), data_categories=("contact",))
    before = duty_of(session, case, KOREA)
    assert (before.state, before.always) == (UNDECIDED, False)

    # When they are two thousand, then it is owed, from the same moment and to the same date
    change(session, case, people.responder, people=Count.exact(2_000))
    now_is = duty_of(session, case, KOREA)
    assert (now_is.state, now_is.always, now_is.due_at) == (OWED, True, before.due_at)
    assert now_is.due_at == case.aware_at + timedelta(hours=72)
    assert before.state_reason == "The facts changed: it is owed now, whatever was decided about the risk."
    assert [one["provision"] for one in said(session, "obligation.arisen")] == ["KR-PIPA Art 34(3)"]

    # And when they are a hundred after all, somebody decides
    change(session, case, people.responder, people=Count.exact(100))
    assert [one.state for one in versions_of(session, case, KOREA)] == [SUPERSEDED, SUPERSEDED, UNDECIDED]

    # but what a person decided stays decided
    change(session, case, people.responder, people=Count.exact(2_000))
    obligations.decide_one(session, case.id, duty_of(session, case, KOREA).id, owed=True, reason="So it is.", by=people.approver,
                           now=case.filed_at)
    change(session, case, people.responder, people=Count.exact(100))
    assert (duty_of(session, case, KOREA).state, duty_of(session, case, KOREA).state_reason) == (OWED, "So it is.")


def test_what_was_excused_is_asked_again_once_the_number_leaves_no_room_for_it(session: Session, people: People) -> None:
    case = a_case(session, people.responder, countries=("SG",), people=Count.exact(100))
    duty = duty_of(session, case, SINGAPORE, recipient="PDPC")
    duty.state, duty.state_reason = EXCUSED, "No harm is likely."
    session.commit()
    change(session, case, people.responder, people=Count.exact(499))
    assert duty_of(session, case, SINGAPORE, recipient="PDPC").state == EXCUSED

    change(session, case, people.responder, people=Count.exact(500))

    assert (duty_of(session, case, SINGAPORE, recipient="PDPC").state, duty_of(session, case, SINGAPORE, recipient="PDPC").state_reason) == (UNDECIDED, "")
    assert [one.state for one in versions_of(session, case, SINGAPORE) if one.recipient == "PDPC"] == [SUPERSEDED, UNDECIDED]


def test_a_duty_below_whose_number_nothing_is_owed_falls_away_with_the_number_in_the_record(session: Session, people: People) -> None:
    # Given a law that is told of from 501 residents on
    case = a_case(session, people.responder, countries=("US-CA",), people=Count.exact(100))
    assert versions_of(session, case, CALIFORNIA) == []
    change(session, case, people.responder, people=Count.exact(600))
    (duty,) = versions_of(session, case, CALIFORNIA)
    obligations.decide_one(session, case.id, duty.id, owed=True, reason="600 live there.", by=people.approver, now=case.filed_at)

    # When they are fewer after all
    change(session, case, people.responder, people=Count.exact(100))

    # Then it is no duty any more, its old version says by which number, and so does the record
    words = "The facts changed: this rule no longer applies. Not owed: 100 people, and it begins at 501."
    assert (duty.state, duty.state_reason) == (SUPERSEDED, words)
    assert [(one["id"], one["why"]) for one in said(session, "obligation.fell_away")] == [(str(duty.id), words)]
